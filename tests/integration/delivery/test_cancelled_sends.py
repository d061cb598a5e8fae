"""A look at a send that was cancelled while another worker had some of it."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.db.models import F

from newsletter.delivery.cancelling import cancel_send
from newsletter.delivery.ledger import claim_batch
from newsletter.delivery.models import Batch, Send, SendState
from newsletter.delivery.preparing import freeze_audience
from tests.contract.delivery.samples import ISSUE, NOW, TODAY
from tests.integration.delivery.scripted import ScriptedTransport, deliver, open_send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def test_a_send_that_is_being_cancelled_is_not_finished_before_it_is_swept() -> None:
    open_send(5)
    freeze_audience(Send.objects.get().pk, on=TODAY, now=NOW)
    with transaction.atomic():
        assert claim_batch("gone", lease_seconds=60, now=NOW) is not None
    cancel_send(ISSUE, person="ada", note="", now=NOW, system_user="test")
    first = deliver(ScriptedTransport())
    assert (first.finished, first.running) == (False, (ISSUE,))
    Batch.objects.update(leased_at=F("leased_at") - 1_000)
    second = deliver(ScriptedTransport())
    assert (second.finished, second.running) == (True, ())
    assert Send.objects.get().state == SendState.CANCELLED

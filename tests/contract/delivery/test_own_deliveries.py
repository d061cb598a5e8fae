"""What a reader is shown of the ledger."""

from __future__ import annotations

import pytest

from newsletter.delivery.models import Delivery, Event, Handover, Outcome
from newsletter.delivery.own_deliveries import HANDED_OVER, REPORTED
from newsletter.subscribers.own_records import Became, MailedIssue, ReportedEvent, find_issues
from tests.contract.delivery.samples import ISSUE, NOW, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def of(delivery: Delivery) -> MailedIssue:
    assert delivery.subscription_id is not None
    (issue,) = find_issues([delivery.subscription_id], "en")
    return issue


def test_every_state_of_a_delivery_is_told() -> None:
    assert set(HANDED_OVER) == set(Handover)
    assert set(REPORTED) == set(Outcome) - {Outcome.NONE}


def test_a_reader_sees_their_own_deliveries_with_what_was_reported_and_nobody_elses() -> None:
    prepared_send(2)
    mine, other = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk=mine.pk).update(
        handover=Handover.ACCEPTED, outcome=Outcome.DELIVERED, handed_over_at=NOW, reason="later"
    )
    Event.objects.create(dedupe="a", delivery=mine, kind="delivered", reason="250 ok", at=NOW, received_at=NOW)
    Event.objects.create(dedupe="b", delivery=other, kind="bounce", reason="5.1.1", at=NOW, received_at=NOW)
    title = "Mets Matters, December 2026"
    event = ReportedEvent("delivered", NOW, "250 ok")
    assert of(mine) == MailedIssue(ISSUE, title, NOW.date(), Became.ARRIVED, NOW, "later", (event,))
    assert of(other).became is Became.WAITING
    assert find_issues([], "en") == []

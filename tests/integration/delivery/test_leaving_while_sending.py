"""Somebody unsubscribes while a send is on its way: from the answer on, no letter to them is begun any more."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest
from django.db import connection
from django.test import Client

from newsletter.delivery.models import Delivery, Handover, SendState
from newsletter.delivery.sending import deliver_open_sends
from newsletter.settings import SmtpSettings
from newsletter.subscribers.installation import link_signer
from newsletter.subscribers.links import Purpose
from newsletter.subscribers.models import EndReason, Subscription
from tests.contract.delivery.samples import add_readers, begin_send
from tests.integration.delivery.recording_smtp import RecordingSmtp, running
from tests.integration.delivery.scripted import HeldClock, config

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

READERS = 150

LEAVERS = 30

AT_ONCE = 4

BEGUN_ALREADY = {Handover.SENDING, Handover.ACCEPTED}


def post_one_click(subscription_id: int) -> tuple[int, str]:
    """Post as a mail program does; give for whom, and where their delivery stood when the answer had come."""
    public_id = bytes(Subscription.objects.get(pk=subscription_id).public_id)
    token = link_signer().token(public_id, Purpose.UNSUBSCRIBE)
    answer = Client().post(f"/u/{token}", "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")
    assert answer.status_code == 200
    stood = Delivery.objects.get(subscription_id=subscription_id).handover
    connection.close()
    return subscription_id, stood


def test_a_one_click_is_effective_at_once_also_for_a_send_under_way() -> None:
    subscriptions = add_readers(READERS, languages=("en",))
    begin_send(transport="smtp")
    with running(RecordingSmtp(slowness=0.02)) as server:
        smtp = SmtpSettings(port=server.port, connections=2)
        finished = threading.Event()

        def send() -> None:
            try:
                deliver_open_sends(config(transport="smtp", smtp=smtp), HeldClock(), worker="test")
            finally:
                finished.set()
                connection.close()

        sending = threading.Thread(target=send)
        sending.start()
        while len(server.mails) < AT_ONCE:
            time.sleep(0.01)
        leavers = islice(reversed(subscriptions), LEAVERS)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            left = list(threads.map(post_one_click, leavers))
        assert not finished.is_set(), "the send was under way all the time"
        sending.join()
        mailed = {recipient for mail in server.mails for recipient in mail.recipients}
    for subscription_id, stood in left:
        delivery = Delivery.objects.get(subscription_id=subscription_id)
        if stood not in BEGUN_ALREADY:
            assert (delivery.handover, delivery.reason) == (Handover.EXCLUDED, "ended")
    excluded = Delivery.objects.filter(handover=Handover.EXCLUDED).count()
    assert excluded > LEAVERS // 2
    assert len(mailed) == READERS - excluded
    assert Subscription.objects.filter(end_reason=EndReason.UNSUBSCRIBED).count() == LEAVERS
    assert Delivery.objects.values_list("send__state", flat=True).distinct().get() == SendState.DONE

"""While a send runs, other processes erase its readers and purge an older one: the sums hold, and all of it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections

from newsletter.delivery.handovers import Record
from newsletter.delivery.ledger import claim_batch, leave_batch, take_step
from newsletter.delivery.models import Delivery, Handover, KeptCounts, Send, SendState
from newsletter.delivery.preparing import freeze_audience
from newsletter.delivery.reporting import find_sends
from newsletter.subscribers.erasing import ask_erasure
from newsletter.subscribers.erasure_steps import TAKEN_FOR, run_erasures
from newsletter.subscribers.models import ErasureReason, Subscriber, Subscription
from tests.contract.delivery.samples import TODAY, begin_send
from tests.contract.delivery.test_purging import MUCH_LATER, finished_send
from tests.contract.project.test_killed_forgetting import act_purge

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

READERS = 80


def in_another_process(act: Callable[[], object]) -> int:
    connections.close_all()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)  # whatever happened: the test itself goes on in its parent only
    return child


def deliver_everything() -> set[int]:
    """Take all steps of the running send, as a worker does, and give the subscriptions that were begun."""
    begun: set[int] = set()
    claim = claim_batch("one", lease_seconds=60, now=MUCH_LATER)
    assert claim is not None
    records: list[Record] = []
    while True:
        step = take_step(claim, records=records, room=5, on=TODAY, now=MUCH_LATER)
        begun.update(one.addressee.subscription_id for one in step.marked)
        records = [Record(one.delivery_id, Handover.ACCEPTED) for one in step.marked]
        if not step.marked and step.exhausted:
            assert leave_batch(claim, now=MUCH_LATER)
            return begun
        time.sleep(0.005)


def test_a_send_goes_on_beside_a_purge_and_erasures() -> None:
    finished_send(READERS)
    Send.objects.get().batches.update(done=True)
    running = begin_send(issue="2028-02")
    Subscriber.objects.update(language="en")
    freeze_audience(running, on=TODAY, now=MUCH_LATER)
    erased = list(Subscription.objects.order_by("-pk").filter(ended_at=None).values_list("pk", "subscriber")[:25])

    def erase() -> None:
        for _, person in erased:
            ask_erasure(person, reason=ErasureReason.ASKED, now=MUCH_LATER)
            run_erasures(now=MUCH_LATER)

    children = [in_another_process(erase), in_another_process(lambda: act_purge(MUCH_LATER))]
    begun = deliver_everything()
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]

    run_erasures(now=MUCH_LATER + TAKEN_FOR)
    act_purge(MUCH_LATER + timedelta(days=1))
    found = {one.issue: one for one in find_sends()}
    assert all(one.sum_holds for one in found.values())
    assert found["2028-02"].state == SendState.DONE
    assert found["2028-02"].handovers[Handover.ACCEPTED] == len(begun)
    assert not Subscription.objects.filter(pk__in=[pk for pk, _ in erased]).exists()
    assert not Delivery.objects.exclude(send=running).exists()
    assert KeptCounts.objects.count() == 1
    nobodys = Delivery.objects.filter(send=running, subscription=None)
    assert nobodys.count() == len(erased)
    assert set(nobodys.values_list("handover", flat=True)) <= {Handover.ACCEPTED, Handover.EXCLUDED}

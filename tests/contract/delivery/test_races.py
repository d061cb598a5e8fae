"""Two workers at one moment: threads with a connection each, the first of which is slow to commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Event
from time import sleep
from typing import TypeVar

import pytest
from django.db import connection, transaction

from newsletter.delivery.handovers import Record, put_back, settle_by_evidence
from newsletter.delivery.lease import LeaseTime
from newsletter.delivery.ledger import Claim, FenceLost, claim_batch, leave_batch, take_step
from newsletter.delivery.models import Batch, Delivery, Handover, Send, SendState
from newsletter.delivery.pausing import pause_send
from newsletter.subscribers.audience import Addressee, addressees
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

T = TypeVar("T")


def worked_off(worker: str) -> Claim:
    """Claim a batch and record all of it as accepted."""
    claim = claim_batch(worker, lease_seconds=10, now=NOW)
    assert claim is not None
    step = take_step(claim, records=[], room=20, on=TODAY, now=NOW)
    records = [Record(one.delivery_id, Handover.ACCEPTED) for one in step.marked]
    take_step(claim, records=records, room=20, on=TODAY, now=NOW)
    return claim


def test_of_two_workers_who_close_the_last_two_batches_at_once_one_finishes_the_send() -> None:
    prepared_send(4, languages=("en", "es"))
    first, second = worked_off("one"), worked_off("two")
    closed = Event()

    def leave_slowly() -> bool:
        try:
            with transaction.atomic():
                left = leave_batch(first, now=NOW)
                closed.set()
                sleep(0.3)  # time enough for the other to overtake, if nothing made it wait
            return left
        finally:
            connection.close()

    def leave() -> bool:
        try:
            closed.wait(timeout=10)
            return leave_batch(second, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert [done.result() for done in (pool.submit(leave_slowly), pool.submit(leave))] == [True, True]
    assert not Batch.objects.filter(done=False).exists()
    assert Send.objects.get().state == SendState.DONE


def in_two_threads(slow: Callable[[Event], T], quick: Callable[[], T]) -> list[T]:
    """Run two acts; ``slow`` says that it is in the middle of its transaction, and ``quick`` begins then."""
    begun = Event()

    def closing(act: Callable[[], T]) -> T:
        try:
            return act()
        finally:
            connection.close()

    def after_the_other() -> T:
        begun.wait(timeout=10)
        return quick()

    with ThreadPoolExecutor(2) as pool:
        acts = (pool.submit(closing, lambda: slow(begun)), pool.submit(closing, after_the_other))
        return [act.result() for act in acts]


def test_who_is_put_back_while_their_batch_is_being_closed_is_sent_all_the_same() -> None:
    """Closed a moment later, the batch would hold somebody queued whom nobody ever claims."""
    prepared_send(2)
    claim = claim_batch("one", lease_seconds=10, now=NOW)
    assert claim is not None
    ids = [one.delivery_id for one in take_step(claim, records=[], room=20, on=TODAY, now=NOW).marked]
    take_step(claim, records=[Record(one, Handover.FAILED, "550") for one in ids], room=0, on=TODAY, now=NOW)

    def leave_slowly(begun: Event) -> int:
        with transaction.atomic():
            leave_batch(claim, now=NOW)
            begun.set()
            sleep(0.3)
        return 0

    def put_one_back() -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            return put_back(cursor, ids[:1], source=Handover.FAILED)

    assert in_two_threads(leave_slowly, put_one_back) == [0, 1]
    assert Send.objects.get().state == SendState.RUNNING
    worked_off("two")
    assert Batch.objects.filter(done=False).count() == 1


def test_a_batch_is_left_open_when_somebody_in_it_is_put_back_at_that_moment() -> None:
    prepared_send(2)
    claim = claim_batch("one", lease_seconds=10, now=NOW)
    assert claim is not None
    ids = [one.delivery_id for one in take_step(claim, records=[], room=20, on=TODAY, now=NOW).marked]
    take_step(claim, records=[Record(one, Handover.FAILED, "550") for one in ids], room=0, on=TODAY, now=NOW)

    def put_back_slowly(begun: Event) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            moved = put_back(cursor, ids[:1], source=Handover.FAILED)
            begun.set()
            sleep(0.3)
            return moved

    assert in_two_threads(put_back_slowly, lambda: int(leave_batch(claim, now=NOW))) == [1, 0]
    assert Send.objects.get().state == SendState.RUNNING
    assert not Batch.objects.filter(done=True).exists()


def test_once_a_pause_is_committed_nobody_is_marked_any_more() -> None:
    """A step that is under way has looked at the send before: the pause waits for it."""
    prepared_send(4)
    claim = claim_batch("one", lease_seconds=10, now=NOW)
    assert claim is not None

    def step_slowly(begun: Event) -> int:
        with transaction.atomic():
            marked = take_step(claim, records=[], room=2, on=TODAY, now=NOW).marked
            begun.set()
            sleep(0.3)
        return len(marked)

    def pause_and_count() -> int:
        pause_send(ISSUE, person="ada", note="", now=NOW, system_user="test")
        return Delivery.objects.filter(handover=Handover.SENDING).count()

    assert in_two_threads(step_slowly, pause_and_count) == [2, 2]
    assert take_step(claim, records=[], room=2, on=TODAY, now=NOW).halted


def test_who_is_reported_on_between_the_look_and_the_mark_is_not_mailed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report can be about somebody queued: put back by mistake, and taken all the same."""
    prepared_send(4)
    claim = claim_batch("one", lease_seconds=10, now=NOW)
    assert claim is not None
    reported = Delivery.objects.order_by("pk")[1]

    def settled_meanwhile(subscription_ids: Sequence[int], *, on: date, with_topics: bool = False) -> dict[int, Addressee | str]:
        with connection.cursor() as cursor:
            settle_by_evidence(cursor, [reported.pk], target=Handover.ACCEPTED, at=NOW)
        return addressees(subscription_ids, on=on, with_topics=with_topics)

    monkeypatch.setattr("newsletter.delivery.ledger.addressees", settled_meanwhile)
    step = take_step(claim, records=[], room=20, on=TODAY, now=NOW)
    assert {one.delivery_id for one in step.marked} == set(Delivery.objects.exclude(pk=reported.pk).values_list("pk", flat=True))
    reported.refresh_from_db()
    assert (reported.handover, reported.attempts) == (Handover.ACCEPTED, 0)


def test_an_older_claim_of_the_same_worker_has_lost_the_batch_too() -> None:
    """A worker that holds several batches at once, and stood still, may claim one of its own again."""
    prepared_send(4)
    clock = iter([100.0, 100.0, 200.0, 200.0, 200.0])

    def lease() -> LeaseTime:
        return LeaseTime("boot", next(clock))

    older = claim_batch("one", lease_seconds=10, now=NOW, lease_clock=lease)
    assert older is not None
    ids = [one.delivery_id for one in take_step(older, records=[], room=2, on=TODAY, now=NOW, lease_clock=lease).marked]
    newer = claim_batch("one", lease_seconds=10, now=NOW, lease_clock=lease)
    assert newer is not None
    assert (newer.batch_id, newer.left_behind) == (older.batch_id, 2)
    records = [Record(one, Handover.QUEUED) for one in ids]
    with pytest.raises(FenceLost):
        take_step(older, records=records, room=2, on=TODAY, now=NOW, lease_clock=lease)
    with pytest.raises(FenceLost):
        leave_batch(older, now=NOW, lease_clock=lease)
    assert Delivery.objects.filter(handover=Handover.UNKNOWN).count() == 2

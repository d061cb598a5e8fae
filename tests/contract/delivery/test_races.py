"""Two workers at one moment: threads with a connection each, the first of which is slow to commit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep

import pytest
from django.db import connection, transaction

from newsletter.delivery.ledger import Claim, Record, claim_batch, leave_batch, take_step
from newsletter.delivery.models import Batch, Handover, Send, SendState
from tests.contract.delivery.samples import NOW, TODAY, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


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

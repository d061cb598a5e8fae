"""What the progress of a send promises, on every database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from newsletter.delivery import statements
from newsletter.delivery.handovers import Record
from newsletter.delivery.lease import LeaseTime
from newsletter.delivery.ledger import claim_batch, leave_batch, take_step
from newsletter.delivery.models import Batch, Delivery, Handover, PausedFor, Progress, Send, SendState
from newsletter.delivery.preparing import freeze_audience
from newsletter.delivery.progress import count_settled, find_progress, note_progress
from newsletter.delivery.standing import send_standing
from newsletter.delivery.steering import move_send
from newsletter.subscribers.subscribing import snooze
from tests.contract.delivery.samples import NOW, TODAY, add_readers, begin_send, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def deliver(count: int, *, now: datetime = NOW) -> None:
    """Hand over some of the first batch, and give it back."""

    def clock() -> LeaseTime:
        return LeaseTime("boot", 100.0)

    claim = claim_batch("one", lease_seconds=10, now=now, lease_clock=clock)
    assert claim is not None
    step = take_step(claim, records=(), room=count, on=TODAY, now=now, lease_clock=clock)
    records = [Record(one.delivery_id, Handover.ACCEPTED) for one in step.marked]
    take_step(claim, records=records, room=0, on=TODAY, now=now, lease_clock=clock)
    leave_batch(claim, now=now, lease_clock=clock)


def test_settled_counts_closed_batches_open_ones_and_whom_nobody_mails() -> None:
    readers = add_readers(2_400, languages=("en",))
    snooze(readers[2_000], until=TODAY + timedelta(days=9), today=TODAY)
    send_id = begin_send()
    freeze_audience(send_id, on=TODAY, now=NOW)
    assert count_settled(send_id) == 1
    deliver(1_000)
    assert Batch.objects.filter(done=True).count() == 1
    deliver(70)
    settled = Delivery.objects.exclude(handover__in=[Handover.QUEUED, Handover.SENDING]).count()
    assert count_settled(send_id) == settled == 1_071


def test_progress_is_noted_at_most_every_ten_seconds() -> None:
    send_id = prepared_send(3)
    for second in (0, 1, 9, 10, 15, 20):
        note_progress(send_id, now=NOW + timedelta(seconds=second))
    assert [round((one.at - NOW).total_seconds()) for one in Progress.objects.order_by("at")] == [0, 10, 20]


def test_a_clock_that_was_set_back_does_not_stop_the_counting() -> None:
    send_id = prepared_send(3)
    note_progress(send_id, now=NOW)
    note_progress(send_id, now=NOW - timedelta(hours=1))
    assert Progress.objects.count() == 2


def test_rate_and_time_left_are_those_of_the_last_minutes() -> None:
    send_id = prepared_send(1_000)
    note_progress(send_id, now=NOW)
    deliver(100)
    send = Send.objects.get()
    found = find_progress(send, now=NOW + timedelta(seconds=30))
    assert (found.settled, found.rate_per_minute, found.seconds_left, found.since) == (100, 200.0, 270.0, NOW)


def test_a_rest_is_no_part_of_the_rate() -> None:
    send_id = prepared_send(1_000)
    Progress.objects.create(send_id=send_id, at=NOW - timedelta(minutes=4), settled=0)
    deliver(100)
    note_progress(send_id, now=NOW)
    deliver(100)
    found = find_progress(Send.objects.get(), now=NOW + timedelta(seconds=30))
    assert (found.rate_per_minute, found.since) == (200.0, NOW)


def test_a_spread_send_takes_as_long_as_its_window() -> None:
    send_id = prepared_send(1_000)
    Send.objects.update(spread_seconds=7_200)
    note_progress(send_id, now=NOW)
    deliver(900)
    found = find_progress(Send.objects.get(), now=NOW + timedelta(seconds=60))
    assert found.seconds_left == 7_140


def test_what_is_over_or_stands_has_no_rate() -> None:
    send_id = prepared_send(10)
    note_progress(send_id, now=NOW)
    assert find_progress(Send.objects.get(), now=NOW + timedelta(seconds=20)).rate_per_minute is None
    deliver(10)
    found = find_progress(Send.objects.get(), now=NOW + timedelta(seconds=20))
    assert (found.settled, found.rate_per_minute, found.seconds_left) == (10, None, None)


def test_a_paused_send_says_why_and_nothing_else() -> None:
    send_id = prepared_send(10)
    move_send(send_id, expected=[SendState.RUNNING], to=SendState.PAUSED, paused_for=PausedFor.PERSON, reason="wrong picture")
    standing = send_standing(Send.objects.get(), settings.NEWSLETTER, now=NOW)
    assert (standing.paused_for, standing.reason, standing.workers) == (PausedFor.PERSON, "wrong picture", ())


def test_a_running_send_says_who_works_on_it_and_when_the_next_is_due() -> None:
    prepared_send(10)
    Delivery.objects.update(due_at=NOW.timestamp() + 60)
    standing = send_standing(Send.objects.get(), settings.NEWSLETTER, now=NOW)
    assert standing.next_due == NOW + timedelta(seconds=60)
    Delivery.objects.update(due_at=0)
    assert claim_batch("machine:7", lease_seconds=10, now=NOW) is not None
    standing = send_standing(Send.objects.get(), settings.NEWSLETTER, now=NOW)
    assert (standing.workers, standing.next_due) == (("machine:7",), None)


def test_counting_a_send_reads_no_table_from_end_to_end() -> None:
    """On PostgreSQL the planner decides by the tables' sizes, which are small here."""
    prepared_send(10)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {statements.SUM_SETTLED}", [1, 1])
            plan = " ".join(str(row[-1]) for row in cursor.fetchall())
        assert "SCAN" not in plan.replace("SCAN CONSTANT ROW", ""), plan

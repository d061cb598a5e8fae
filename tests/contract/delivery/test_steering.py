"""What people and the program may do to a send that has begun, on every database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from newsletter.delivery.handovers import Record, settle_by_evidence
from newsletter.delivery.ledger import claim_batch, take_step
from newsletter.delivery.models import Batch, Delivery, Handover, PausedFor, Progress, Send, SendState
from newsletter.delivery.pausing import pause_by_itself, pause_what_is_old
from newsletter.delivery.preparing import freeze_audience
from newsletter.delivery.steering import SEND_TRANSITIONS, move_send
from newsletter.delivery.sweeping import Swept
from newsletter.errors import NotAllowedError
from newsletter.subscribers.audience import addressees
from tests.contract.delivery.samples import NOW, TODAY, add_readers, begin_send, handovers, prepared_send
from tests.contract.delivery.steered import (
    LEASE,
    WITHIN,
    acts,
    cancel,
    claimed,
    lease_clock,
    leave,
    pause,
    resume,
    state,
    step,
    swept,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_a_worker_notices_a_pause_at_its_next_step_and_records_what_was_on_the_wire() -> None:
    prepared_send(30)
    held = claimed()
    marked = step(held, room=5)
    paused = pause()
    assert (paused.state, paused.paused_for, paused.reason) == (SendState.PAUSED, PausedFor.PERSON, "by ada: a wrong number")
    records = [Record(one, Handover.ACCEPTED) for one in marked]
    taken = take_step(held, records=records, room=20, on=TODAY, now=NOW, lease_clock=lease_clock)
    assert (taken.marked, taken.halted) == ((), True)
    assert leave(held) is False
    assert handovers() == {"accepted": 5, "queued": 25}
    assert claim_batch("two", lease_seconds=LEASE, now=NOW) is None, "nothing of a paused send is claimed"
    resume()
    assert len(step(claimed("two"))) == 20
    assert acts() == [("pause", "ada"), ("resume", "ada")]


def test_a_pause_while_the_audience_is_frozen_stops_that_too_and_resuming_goes_on_with_it() -> None:
    add_readers(5)
    send_id = begin_send()
    pause()
    freeze_audience(send_id, on=TODAY, now=NOW)
    assert Delivery.objects.count() == 0
    assert resume().state == SendState.PREPARING
    freeze_audience(send_id, on=TODAY, now=NOW)
    assert (state(), Delivery.objects.count()) == (SendState.RUNNING, 5)


def test_a_send_that_is_paused_and_resumed_while_it_is_frozen_does_not_run_half_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause ends the freezing; were it not looked at again after the resume, those not frozen yet would be forgotten."""
    from newsletter.delivery import preparing  # noqa: PLC0415 - the module whose freezing is interrupted

    add_readers(5)
    send_id = begin_send()
    freeze_chunk = preparing._freeze_chunk

    def paused_meanwhile(*args: int, **kwargs: Any) -> bool:
        pause()
        goes_on = freeze_chunk(*args, **kwargs)
        resume()
        return goes_on

    monkeypatch.setattr(preparing, "_freeze_chunk", paused_meanwhile)
    freeze_audience(send_id, on=TODAY, now=NOW)
    assert (state(), Delivery.objects.count()) == (SendState.PREPARING, 0)
    monkeypatch.undo()
    freeze_audience(send_id, on=TODAY, now=NOW)
    assert (state(), Delivery.objects.count()) == (SendState.RUNNING, 5)


def test_what_dead_workers_left_in_a_paused_send_becomes_unknown_when_their_lease_has_run_out() -> None:
    prepared_send(30)
    held = claimed()
    step(held, room=5)
    pause()
    assert swept(at=105.0) == Swept(), "the worker may live"
    assert swept(at=111.0) == Swept(left_behind=5)
    assert handovers() == {"unknown": 5, "queued": 25}
    assert not Batch.objects.filter(leased_at__isnull=False).exists()


def test_what_dead_workers_left_in_a_send_that_is_passed_over_becomes_unknown() -> None:
    send_id = prepared_send(30)
    step(claimed(), room=5)
    assert swept(at=111.0) == Swept(), "whoever claims the batch does it"
    assert swept(at=111.0, passed_over=(send_id,)) == Swept(left_behind=5)


def test_a_send_that_was_settled_while_it_was_paused_is_done_when_it_is_resumed() -> None:
    prepared_send(3)
    held = claimed()
    marked = step(held)
    pause()
    step(held, *[Record(one, Handover.ACCEPTED) for one in marked])
    assert leave(held) is True
    assert state() == SendState.PAUSED
    assert resume().state == SendState.DONE
    assert Send.objects.get().finished_at == NOW


def test_a_send_that_stood_still_for_too_long_is_paused_and_goes_on_only_when_a_person_insists() -> None:
    prepared_send(3)
    pause_what_is_old(within=WITHIN, now=NOW + WITHIN)
    assert state() == SendState.RUNNING
    late = NOW + WITHIN + timedelta(hours=1)
    pause_what_is_old(within=WITHIN, now=late)
    send = Send.objects.get()
    assert (send.state, send.paused_for) == (SendState.PAUSED, PausedFor.AGE)
    assert "3 days" in send.reason
    with pytest.raises(NotAllowedError, match="--although-old"):
        resume(now=late)
    assert resume(now=late, although_old=True).state == SendState.RUNNING
    pause_what_is_old(within=WITHIN, now=late + timedelta(hours=1))
    assert state() == SendState.RUNNING, "a person has looked"
    assert acts() == [("pause", ""), ("resume", "ada")]


def test_only_what_settles_somebody_counts_as_progress() -> None:
    """A mail server that is down for a week is asked every few seconds; the news is old all the same."""
    send_id = prepared_send(3)
    for hours, settled in ((1, 0), (5, 1), (30, 1), (70, 1)):
        Progress.objects.create(send_id=send_id, at=NOW + timedelta(hours=hours), settled=settled)
    pause_what_is_old(within=WITHIN, now=NOW + timedelta(hours=76))
    assert state() == SendState.RUNNING
    pause_what_is_old(within=WITHIN, now=NOW + timedelta(hours=78))
    assert state() == SendState.PAUSED


def test_a_send_that_is_spread_stands_still_by_wish() -> None:
    prepared_send(3)
    Send.objects.update(spread_seconds=6 * 86_400)
    pause_what_is_old(within=WITHIN, now=NOW + timedelta(days=8))
    assert state() == SendState.RUNNING
    pause_what_is_old(within=WITHIN, now=NOW + timedelta(days=10))
    assert state() == SendState.PAUSED


def test_a_send_that_is_held_after_a_restore_goes_on_only_when_a_person_knows_that_nothing_went_out() -> None:
    send_id = prepared_send(3)
    assert pause_by_itself(send_id, paused_for=PausedFor.RESTORE, reason="restored.", now=NOW)
    with pytest.raises(NotAllowedError, match="--although-restored"):
        resume(although_old=True)
    assert resume(although_restored=True).paused_for == PausedFor.RESTORE


def test_a_pause_by_the_program_is_written_once() -> None:
    send_id = prepared_send(3)
    assert pause_by_itself(send_id, paused_for=PausedFor.ERRORS, reason="refused", now=NOW)
    assert not pause_by_itself(send_id, paused_for=PausedFor.ERRORS, reason="refused again", now=NOW)
    assert Send.objects.get().reason == "refused"
    assert acts() == [("pause", "")]


@pytest.mark.parametrize("over", [SendState.DONE, SendState.CANCELLED])
def test_what_is_over_is_neither_paused_nor_resumed_nor_cancelled(over: SendState) -> None:
    prepared_send(1)
    Send.objects.update(state=over)
    for act in (pause, resume, cancel):
        with pytest.raises(NotAllowedError, match=over.value):
            act()
    assert acts() == []


def test_what_has_not_begun_is_said_to_be_held_instead() -> None:
    for act in (pause, resume, cancel):
        with pytest.raises(NotAllowedError, match="newsletter hold 2026-12"):
            act()


def test_a_step_that_the_table_does_not_know_is_refused() -> None:
    send_id = prepared_send(1)
    with pytest.raises(ValueError, match="never goes from running to cancelled"):
        move_send(send_id, expected={SendState.RUNNING}, to=SendState.CANCELLED)
    assert SEND_TRANSITIONS.keys() == set(SendState)


def test_a_report_that_settles_the_last_one_who_was_queued_leaves_no_batch_open() -> None:
    prepared_send(1)
    with transaction.atomic(), connection.cursor() as cursor:
        settle_by_evidence(cursor, [Delivery.objects.get().pk], target=Handover.ACCEPTED, at=NOW)
    held = claimed()
    assert step(held) == []
    assert leave(held) is True
    assert state() == SendState.DONE


def test_who_is_reported_on_between_being_found_and_being_marked_is_not_mailed(monkeypatch: pytest.MonkeyPatch) -> None:
    from newsletter.delivery import ledger  # noqa: PLC0415 - the module that looks readers up in between

    prepared_send(2)
    held = claimed()
    first = Delivery.objects.order_by("pk").first()
    assert first is not None

    def reported_meanwhile(*args: object, **kwargs: object) -> object:
        with connection.cursor() as cursor:
            settle_by_evidence(cursor, [first.pk], target=Handover.ACCEPTED, at=NOW)
        return addressees(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger, "addressees", reported_meanwhile)
    assert step(held) == [first.pk + 1]
    assert handovers() == {"accepted": 1, "sending": 1}

"""Calls that can be cancelled, in the ledger: what was noted before a call decides what its loss means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction

from newsletter.delivery.evidence import take_reports
from newsletter.delivery.handovers import Record, put_back, record
from newsletter.delivery.ledger import Claim, claim_batch, take_step
from newsletter.delivery.models import Delivery, Handover, ProviderCall
from newsletter.delivery.provider_calls import (
    NO_CALL_YET,
    CallNotNotedError,
    begin_to_cancel,
    confirm_cancelled,
    forget_old_calls,
    is_cancelled,
    note_call,
)
from newsletter.delivery.reports import Report
from newsletter.project.backup.holding import hold_everything
from tests.contract.delivery.samples import NOW, TODAY, handovers, prepared_send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

SEND_AT = NOW.timestamp() + 1_800


def marked(count: int = 3) -> tuple[Claim, list[int]]:
    """Give a claim, and its deliveries, marked for a call that will be noted."""
    prepared_send(count)
    claim = claim_batch("one", lease_seconds=10, now=NOW)
    assert claim is not None
    step = take_step(claim, records=[], room=count, on=TODAY, now=NOW, noted=True)
    return claim, [one.delivery_id for one in step.marked]


def in_call(ref: str = "call-1") -> tuple[Claim, list[int]]:
    claim, ids = marked()
    note_call([claim], ids, ref=ref, send_at=SEND_AT)
    return claim, ids


def write(ids: Sequence[int], handover: Handover) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        record(cursor, [Record(one, handover) for one in ids], now=NOW)


def calls_of(ids: Sequence[int]) -> list[str | None]:
    found = Delivery.objects.filter(pk__in=ids).order_by("pk").values_list("call__ref", flat=True)
    return list(found)


def report(delivery_id: int, kind: str, evidence: Handover, *, call: str = "call-1") -> Report:
    key = Delivery.objects.get(pk=delivery_id).key
    return Report(key, kind, NOW, f"{kind} {key}".ljust(64, "0")[:64], evidence=evidence, call=call)


def test_what_is_marked_and_in_no_call_yet_never_left() -> None:
    claim, ids = marked()
    assert calls_of(ids) == [NO_CALL_YET] * 3
    assert is_cancelled(NO_CALL_YET)
    write(ids, Handover.UNKNOWN)
    assert calls_of(ids) == [NO_CALL_YET] * 3
    with pytest.raises(CallNotNotedError):
        note_call([claim], ids, ref="call-1", send_at=SEND_AT)


def test_what_a_backup_says_of_calls_is_no_proof() -> None:
    """What was in no call when the copy was made may have been posted since."""
    _, ids = marked()
    hold_everything("restored", person="ada", note="test", now=NOW, system_user="test")
    assert handovers() == {"unknown": 3}
    assert calls_of(ids) == [None] * 3


def test_a_worker_whose_batch_was_claimed_notes_no_call() -> None:
    claim, ids = marked()
    other = claim_batch("two", lease_seconds=0, now=NOW)
    assert other is not None
    with pytest.raises(CallNotNotedError):
        note_call([claim], ids, ref="call-1", send_at=SEND_AT)
    assert not ProviderCall.objects.filter(ref="call-1").exists()
    assert calls_of(ids) == [NO_CALL_YET] * 3


def test_a_call_is_noted_for_all_or_for_nobody() -> None:
    claim, ids = marked()
    write(ids[:1], Handover.ACCEPTED)
    with pytest.raises(CallNotNotedError):
        note_call([claim], ids, ref="call-1", send_at=SEND_AT)
    assert calls_of(ids[1:]) == [NO_CALL_YET] * 2


def test_who_shared_a_call_is_forgotten_when_its_answer_is_known() -> None:
    _, ids = in_call()
    write(ids[:1], Handover.ACCEPTED)
    assert calls_of(ids) == [None] * 3, "for nobody in it can it be cancelled any more"
    assert not ProviderCall.objects.filter(ref="call-1").exists()
    assert not begin_to_cancel("call-1")


@pytest.mark.parametrize("handover", [Handover.QUEUED, Handover.FAILED])
def test_whoever_was_in_a_refused_call_is_in_none(handover: Handover) -> None:
    _, ids = in_call()
    write(ids, handover)
    assert calls_of(ids) == [None] * 3


def test_a_late_yes_to_a_call_that_is_being_cancelled_proves_nothing() -> None:
    _, ids = in_call()
    assert begin_to_cancel("call-1")
    write(ids, Handover.ACCEPTED)
    assert handovers() == {"unknown": 3}
    assert calls_of(ids) == ["call-1"] * 3


def test_a_call_of_which_somebody_was_reported_is_not_cancelled() -> None:
    _, ids = in_call()
    take_reports([report(ids[0], "processed", Handover.ACCEPTED)], settings.NEWSLETTER.delivery, now=NOW)
    write(ids[1:], Handover.UNKNOWN)
    assert not begin_to_cancel("call-1")
    assert not ProviderCall.objects.get(ref="call-1").cancelling


@pytest.mark.parametrize(("kind", "evidence"), [("processed", Handover.ACCEPTED), ("dropped", Handover.FAILED)])
def test_a_cancelled_call_is_processed_and_dropped_as_well_which_settles_nobody(kind: str, evidence: Handover) -> None:
    _, ids = in_call()
    write(ids, Handover.UNKNOWN)
    assert begin_to_cancel("call-1")
    confirm_cancelled("call-1")
    assert is_cancelled("call-1")
    with transaction.atomic(), connection.cursor() as cursor:
        assert put_back(cursor, ids, source=Handover.UNKNOWN) == 3
    assert calls_of(ids) == [None] * 3
    take_reports([report(one, kind, evidence) for one in ids], settings.NEWSLETTER.delivery, now=NOW)
    assert handovers() == {"queued": 3}
    again = report(ids[0], kind, evidence, call="call-2")
    take_reports(
        [Report(again.key, kind, NOW, "other".ljust(64), evidence=evidence, call="call-2")], settings.NEWSLETTER.delivery, now=NOW
    )
    assert handovers() == {"queued": 2, evidence.value: 1}


def test_whoever_got_the_mail_of_a_call_that_was_to_be_cancelled_is_not_mailed_again() -> None:
    _, ids = in_call()
    write(ids, Handover.UNKNOWN)
    assert begin_to_cancel("call-1")
    with transaction.atomic(), connection.cursor() as cursor:
        put_back(cursor, ids, source=Handover.UNKNOWN)
    take_reports([report(ids[0], "delivered", Handover.ACCEPTED)], settings.NEWSLETTER.delivery, now=NOW)
    assert handovers() == {"accepted": 1, "queued": 2}


def test_a_call_is_confirmed_only_after_it_was_said_that_it_will_be_cancelled() -> None:
    in_call()
    confirm_cancelled("call-1")
    assert not is_cancelled("call-1")


def test_old_calls_are_forgotten_and_the_mark_for_none_stays() -> None:
    _, ids = in_call()
    write(ids, Handover.UNKNOWN)
    forget_old_calls(NOW + timedelta(days=6))
    assert calls_of(ids) == ["call-1"] * 3
    forget_old_calls(NOW + timedelta(days=8))
    assert calls_of(ids) == [None] * 3
    assert list(ProviderCall.objects.values_list("ref", flat=True)) == [NO_CALL_YET]

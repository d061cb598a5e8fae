"""Two at one moment, each in the middle of a transaction: rows are taken in one order, so that neither is ended by the database.

A worker whose step ends so loses sight of everybody it has on the wire.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError, Event
from time import sleep
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from newsletter.delivery.correcting import lock_corrected_send
from newsletter.delivery.evidence import take_reports
from newsletter.delivery.handovers import Record, put_back, record
from newsletter.delivery.lease import LeaseTime
from newsletter.delivery.ledger import Claim, claim_batch, leave_batch, release_batch, take_step
from newsletter.delivery.models import Batch, BounceKind, Delivery, Handover, Outcome, Send, SendState
from newsletter.delivery.policy_bounces import pause_for_policy
from newsletter.delivery.preparing import start_send
from newsletter.delivery.reports import Report
from newsletter.delivery.sweeping import sweep
from newsletter.publishing.models import Slot, SlotState
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, freeze_candidate, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

SECONDS_TO_MEET = 0.5
"""Whoever waits for the other's lock meanwhile never comes."""


def claimed(worker: str) -> Claim:
    claim = claim_batch(worker, lease_seconds=10, now=NOW)
    assert claim is not None
    return claim


def marked(claim: Claim) -> list[int]:
    return [one.delivery_id for one in take_step(claim, records=[], room=20, on=TODAY, now=NOW).marked]


def meeting(meet: Barrier, act: Callable[..., Any]) -> Callable[..., Any]:
    """Let an act begin once both are there, or soon."""

    def after_meeting(*arguments: Any, **named: Any) -> Any:
        with suppress(BrokenBarrierError):
            meet.wait(timeout=SECONDS_TO_MEET)
        return act(*arguments, **named)

    return after_meeting


def at_once(*acts: Callable[[], object]) -> list[object]:
    def closing(act: Callable[[], object]) -> object:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result() for done in [pool.submit(closing, act) for act in acts]]


def policy_bounce(delivery_id: int) -> Report:
    key = Delivery.objects.values_list("key", flat=True).get(pk=delivery_id)
    return Report(
        key, "bounce", NOW, f"{delivery_id:064x}", outcome=Outcome.BOUNCED, evidence=Handover.ACCEPTED, bounce=BounceKind.POLICY
    )


def test_two_workers_who_have_both_looked_at_the_send_close_its_last_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared_send(4, languages=("en", "es"))
    claims = [claimed("one"), claimed("two")]
    for claim in claims:
        take_step(claim, records=[Record(one, Handover.ACCEPTED) for one in marked(claim)], room=0, on=TODAY, now=NOW)
    monkeypatch.setattr("newsletter.delivery.ledger.release_batch", meeting(Barrier(2), release_batch))
    assert at_once(*(partial(leave_batch, claim, now=NOW) for claim in claims)) == [True, True]
    assert Send.objects.get().state == SendState.DONE


def pause_at_the_first(monkeypatch: pytest.MonkeyPatch, meet: Barrier) -> None:
    monkeypatch.setattr("newsletter.delivery.policy_bounces.FEWEST", 1)
    monkeypatch.setattr("newsletter.delivery.evidence.pause_for_policy", meeting(meet, pause_for_policy))


def test_a_report_that_pauses_a_send_and_a_step_about_the_same_mail_both_end(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared_send(4)
    claim = claimed("one")
    ids = marked(claim)
    meet = Barrier(2)
    pause_at_the_first(monkeypatch, meet)
    monkeypatch.setattr("newsletter.delivery.ledger.record", meeting(meet, record))
    records = [Record(one, Handover.ACCEPTED) for one in ids]
    at_once(
        partial(take_reports, [policy_bounce(ids[0])], settings.NEWSLETTER.delivery, now=NOW),
        partial(take_step, claim, records=records, room=0, on=TODAY, now=NOW),
    )
    assert Send.objects.get().state == SendState.PAUSED
    assert Delivery.objects.filter(handover=Handover.ACCEPTED).count() == len(ids)


def test_a_report_that_pauses_a_send_and_a_sweep_of_the_same_mail_both_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep settles what a dead worker left behind, and looks whether the send is finished with it."""
    prepared_send(4, languages=("en", "es"))
    ids = marked(claimed("one"))
    meet = Barrier(2)
    pause_at_the_first(monkeypatch, meet)
    monkeypatch.setattr("newsletter.delivery.sweeping.release_batch", meeting(meet, release_batch))
    at_once(
        partial(take_reports, [policy_bounce(ids[0])], settings.NEWSLETTER.delivery, now=NOW),
        partial(
            sweep,
            lease_seconds=10,
            now=NOW,
            passed_over=[Send.objects.get().pk],
            lease_clock=lambda: LeaseTime("another boot", 5.0),
        ),
    )
    assert Send.objects.get().state == SendState.PAUSED
    assert not Delivery.objects.filter(handover=Handover.SENDING).exists()


def test_nobody_is_queued_again_while_a_correction_of_the_issue_begins() -> None:
    """They would be mailed after its audience was frozen, and never get the correction."""
    prepared_send(2)
    Delivery.objects.update(handover=Handover.FAILED)
    Send.objects.update(state=SendState.DONE)
    Batch.objects.update(done=True)
    looked = Event()

    def begin() -> None:
        with transaction.atomic():
            corrected = lock_corrected_send(ISSUE)
            assert corrected is not None
            looked.set()
            sleep(SECONDS_TO_MEET)
            correction = freeze_candidate(issue="2026-12-correction-1")
            slot = Slot.objects.create(at=NOW.replace(day=2), issue=correction.issue, state=SlotState.RELEASED)
            start_send(
                slot_id=slot.pk, issue=slot.issue, candidate_id=correction.pk, transport="outbox", corrects=corrected.pk, now=NOW
            )

    def queue_again() -> int:
        looked.wait(timeout=10)
        ids = list(Delivery.objects.values_list("pk", flat=True))
        with transaction.atomic(), connection.cursor() as cursor:
            return put_back(cursor, ids, source=Handover.FAILED)

    assert at_once(begin, queue_again) == [None, 0]

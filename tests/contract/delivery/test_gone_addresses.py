"""Who leaves since a mail server said that their address does not exist, and when nobody does, on every database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest

from newsletter.delivery import gone_addresses
from newsletter.delivery.gone_addresses import NOBODY, SUPPRESSED, suppress_the_gone
from newsletter.delivery.handovers import Record
from newsletter.delivery.ledger import claim_batch, leave_batch, take_step
from newsletter.delivery.models import BounceKind, Delivery, Handover, Outcome, PausedFor, Send, SendState
from newsletter.delivery.pausing import pause_by_itself, resume_send
from newsletter.delivery.reporting import send_report
from newsletter.delivery.trying_again import LeftOut, try_failed_again
from newsletter.publishing.models import AuditEntry
from newsletter.subscribers.models import Subscriber, Subscription, Suppression
from newsletter.subscribers.reported_ends import end_as_reported
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db]

LATER = NOW + timedelta(minutes=1)


def finished_send(readers: int, *, hard: int = 0, others: Collection[BounceKind] = (), self_paused: bool = False) -> list[int]:
    """Deliver a send of which the first ``hard`` are refused since they do not exist; give the ids of their subscriptions."""
    send_id = prepared_send(readers)
    if self_paused:
        pause_by_itself(send_id, paused_for=PausedFor.ERRORS, reason="25 mails, one after the other, were refused", now=NOW)
        resume_send(ISSUE, person="ada", now=NOW, system_user="test", within=timedelta(hours=72))
    kinds = dict(enumerate([*[BounceKind.HARD] * hard, *others]))
    held = claim_batch("one", lease_seconds=10, now=NOW)
    assert held is not None
    marked = take_step(held, records=[], room=1_000, on=TODAY, now=NOW).marked
    records = [
        Record(one.delivery_id, Handover.FAILED, "550 5.1.1 (address)", bounce=kinds[place])
        if place in kinds
        else Record(one.delivery_id, Handover.ACCEPTED)
        for place, one in enumerate(marked)
    ]
    take_step(held, records=records, room=0, on=TODAY, now=NOW)
    assert suppress_the_gone(percent=5, now=NOW) == 0, "nobody leaves before the send is over"
    assert leave_batch(held, now=NOW)
    assert Send.objects.get().state == SendState.DONE
    return [one.addressee.subscription_id for one in marked[:hard]]


def look(percent: float = 5) -> int:
    return suppress_the_gone(percent=percent, now=LATER)


def ended() -> set[int]:
    return set(Subscription.objects.filter(ended_at__isnull=False, end_reason="bounced").values_list("pk", flat=True))


def acts() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.exclude(act__in=["pause", "resume", "retry"]).order_by("pk").values_list("act", "note"))


def test_who_does_not_exist_is_suppressed_once_the_send_is_over_and_it_is_told_in_counts() -> None:
    gone = finished_send(60, hard=2, others=[BounceKind.SOFT, BounceKind.POLICY, BounceKind.NONE])
    assert look() == 2
    assert ended() == set(gone)
    assert Suppression.objects.count() == 2
    assert acts() == [(SUPPRESSED, "2 readers whose address does not exist")]
    assert send_report(ISSUE).gone.suppressed == 2
    assert look() == 0
    assert len(acts()) == 1


@pytest.mark.parametrize(("hard", "percent", "leaving"), [(3, 5, 0), (2, 5, 2), (2, 3, 0), (60, 5, 0), (60, 100, 0)])
def test_where_too_many_are_said_not_to_exist_the_server_is_doubted_and_nobody_leaves(
    hard: int, percent: float, leaving: int
) -> None:
    finished_send(60, hard=hard)
    assert look(percent) == leaving
    assert (len(ended()), Suppression.objects.count()) == (leaving, leaving)
    assert [act for act, _ in acts()] == [SUPPRESSED if leaving else NOBODY]
    assert bool(send_report(ISSUE).gone.why_nobody) is not bool(leaving)


def test_of_a_send_that_paused_itself_nobody_leaves() -> None:
    """A relay that went wrong for a while refused a few among very many."""
    finished_send(60, hard=2, self_paused=True)
    assert look() == 0
    assert [act for act, _ in acts()] == [NOBODY]


def test_a_cancelled_send_is_looked_at_as_well() -> None:
    finished_send(60, hard=1)
    Send.objects.update(state=SendState.CANCELLED)
    assert look() == 1


def test_a_look_that_was_cut_short_is_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = finished_send(100, hard=4)
    monkeypatch.setattr(gone_addresses, "AT_A_TIME", 1)
    calls: list[Any] = []

    def end_twice(ends: Any, **values: Any) -> None:
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(ends)
        end_as_reported(ends, **values)

    monkeypatch.setattr(gone_addresses, "end_as_reported", end_twice)
    with pytest.raises(KeyboardInterrupt):
        look()
    assert (len(ended()), acts()) == (2, [])
    monkeypatch.setattr(gone_addresses, "end_as_reported", end_as_reported)
    assert look() == 2
    assert ended() == set(gone)
    assert len(acts()) == 1


def test_who_left_came_back_or_was_erased_meanwhile_is_left_alone() -> None:
    left, back, erased = finished_send(100, hard=3)
    Subscription.objects.filter(pk__in=[left, back]).update(ended_at=NOW, end_reason="unsubscribed")
    reader = Subscription.objects.get(pk=back).subscriber
    again = Subscription.objects.create(subscriber=reader, public_id=b"x" * 8, consent_at=LATER, started_at=LATER)
    Subscription.objects.get(pk=erased).subscriber.delete()
    assert look() == 0
    again.refresh_from_db()
    assert again.ended_at is None
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("outcome", [Outcome.DELIVERED, Outcome.BOUNCED])
def test_where_something_was_reported_of_a_mail_the_report_decides(outcome: Outcome) -> None:
    finished_send(60, hard=1)
    Delivery.objects.filter(bounce=BounceKind.HARD).update(outcome=outcome)
    assert look() == 0


def test_who_is_tried_again_is_no_longer_said_not_to_exist() -> None:
    finished_send(60, hard=1, others=[BounceKind.POLICY])
    look()
    values: dict[str, Any] = {"person": "ada", "now": LATER, "system_user": "test", "within": timedelta(hours=72)}
    Delivery.objects.filter(bounce=BounceKind.POLICY).update(reason="550 5.7.1 (policy)")
    assert try_failed_again(ISSUE, **values).left_out == {LeftOut.UNKNOWN_USER: 1}
    assert not Delivery.objects.filter(bounce=BounceKind.POLICY).exists()
    Send.objects.update(state=SendState.DONE)
    assert try_failed_again(ISSUE, **values, also_unknown_users=True).queued == 1
    assert not Delivery.objects.exclude(bounce="").exists()


def test_a_send_that_ends_again_is_looked_at_again() -> None:
    gone = finished_send(100, hard=1)
    look()
    other = Delivery.objects.exclude(subscription__in=gone).order_by("pk").first()
    assert other is not None
    Delivery.objects.filter(pk=other.pk).update(handover=Handover.FAILED, bounce=BounceKind.HARD)
    assert look() == 0
    Send.objects.update(finished_at=LATER + timedelta(seconds=1))
    assert suppress_the_gone(percent=5, now=LATER) == 1
    assert suppress_the_gone(percent=5, now=LATER) == 0
    assert ended() == {*gone, other.subscription_id}


def test_who_moved_since_stays_with_their_new_address() -> None:
    moved, gone = finished_send(60, hard=2)
    Subscriber.objects.filter(subscriptions=moved).update(address_since=LATER)
    assert look() == 1
    assert ended() == {gone}
    assert Suppression.objects.count() == 1

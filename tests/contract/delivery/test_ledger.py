"""What the ledger promises, on every database."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import DjangoAssertNumQueries

from newsletter.delivery.handovers import (
    HANDOVER_TRANSITIONS,
    Record,
    put_back,
    raise_outcome,
    settle_by_evidence,
)
from newsletter.delivery.lease import LeaseTime, read_lease_clock
from newsletter.delivery.ledger import Claim, FenceLost, claim_batch, leave_batch, take_step
from newsletter.delivery.models import Batch, Delivery, Handover, Outcome, Send, SendState
from newsletter.delivery.preparing import freeze_audience
from newsletter.delivery.reporting import find_sends, send_report
from newsletter.errors import NotAllowedError
from newsletter.subscribers.models import EndReason, Subscription, SuppressionReason
from newsletter.subscribers.subscribing import end_subscription, snooze
from newsletter.subscribers.suppressing import suppress
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, add_readers, begin_send, handovers, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db]

LEASE = 10.0


def claim(worker: str = "one", *, at: float = 100.0, epoch: str = "boot") -> Claim | None:
    return claim_batch(worker, lease_seconds=LEASE, now=NOW, lease_clock=lambda: LeaseTime(epoch, at))


def claimed(worker: str = "one", *, at: float = 100.0) -> Claim:
    found = claim(worker, at=at)
    assert found is not None
    return found


def step(held: Claim, *records: Record, room: int = 20, now: datetime = NOW, at: float = 100.0, on: date = TODAY) -> list[int]:
    taken = take_step(held, records=records, room=room, on=on, now=now, lease_clock=lambda: LeaseTime("boot", at))
    return [one.delivery_id for one in taken.marked]


def leave(held: Claim) -> bool:
    return leave_batch(held, now=NOW, lease_clock=lambda: LeaseTime("boot", 100.0))


def accept(*delivery_ids: int) -> list[Record]:
    return [Record(delivery_id, Handover.ACCEPTED) for delivery_id in delivery_ids]


def test_a_batch_in_a_workers_hands_is_not_claimed_by_another() -> None:
    prepared_send(3)
    assert claim("one") is not None
    assert claim("two", at=100.0 + LEASE - 1) is None


def test_a_batch_whose_lease_ran_out_is_claimed_and_what_was_marked_is_unknown() -> None:
    prepared_send(30)
    first = claimed("one")
    marked = step(first, room=5)
    second = claimed("two", at=100.0 + LEASE + 1)
    assert (second.batch_id, second.fence, second.left_behind) == (first.batch_id, first.fence + 1, 5)
    assert set(Delivery.objects.filter(handover=Handover.UNKNOWN).values_list("pk", flat=True)) == set(marked)
    assert not set(step(second, at=112.0)) & set(marked), "the unknown are never marked again"


@pytest.mark.parametrize(("epoch", "at"), [("another boot", 100.0), ("boot", 20.0)])
def test_a_lease_of_another_boot_or_from_the_future_counts_as_run_out(epoch: str, at: float) -> None:
    prepared_send(3)
    assert claim("one") is not None
    assert claim("two", epoch=epoch, at=at) is not None


def test_a_step_renews_the_lease() -> None:
    prepared_send(3)
    held = claimed("one")
    step(held, room=0, at=109.0)
    assert claim("two", at=118.0) is None


def test_a_worker_whose_fence_moved_on_does_nothing() -> None:
    prepared_send(30)
    slow = claimed("slow")
    marked = step(slow, room=5)
    quick = claimed("quick", at=200.0)
    for act in (lambda: step(slow, *accept(*marked)), lambda: leave(slow)):
        with pytest.raises(FenceLost):
            act()
    assert handovers() == {"unknown": 5, "queued": 25}
    assert Batch.objects.get().fence == quick.fence


def test_a_batch_given_back_cannot_be_worked_on_by_its_former_holder() -> None:
    prepared_send(3)
    held = claimed()
    assert leave(held) is False
    with pytest.raises(FenceLost):
        step(held)


def test_a_step_marks_in_the_order_of_the_audience_and_no_more_than_there_is_room() -> None:
    prepared_send(30)
    held = claimed()
    assert step(held, room=7) == list(Delivery.objects.order_by("pk").values_list("pk", flat=True)[:7])
    assert step(held, room=0) == []


def test_who_left_since_the_freeze_is_excluded_and_not_marked() -> None:
    prepared_send(5)
    people = list(Subscription.objects.order_by("pk"))
    end_subscription(people[0].pk, reason=EndReason.UNSUBSCRIBED, now=NOW)
    suppress(people[1].subscriber, reason=SuppressionReason.COMPLAINED, now=NOW)
    snooze(people[2].pk, until=TODAY + timedelta(days=9), today=TODAY)
    Delivery.objects.filter(subscription=people[3].pk).update(subscription=None)
    held = claimed()
    marked = step(held)
    assert list(Delivery.objects.filter(pk__in=marked).values_list("subscription", flat=True)) == [people[4].pk]
    assert send_report(ISSUE).excluded == {"ended": 1, "suppressed": 1, "snoozed": 1, "erased": 1}


@pytest.mark.parametrize(("with_topics", "known"), [(True, [{"quince"}, set()]), (False, [set(), set()])])
def test_a_step_tells_topics_only_when_it_is_asked_to(*, with_topics: bool, known: list[set[str]]) -> None:
    add_readers(2, languages=("en",), choices=[(), ("quince",)])
    freeze_audience(begin_send(), on=TODAY, now=NOW)
    held = claimed()
    lease = LeaseTime("boot", 100.0)
    taken = take_step(held, records=[], room=20, on=TODAY, now=NOW, with_topics=with_topics, lease_clock=lambda: lease)
    assert [one.addressee.topics for one in taken.marked] == known


def test_a_send_that_is_passed_over_is_not_claimed() -> None:
    first = prepared_send(3)
    second = begin_send(issue="2027-02")
    freeze_audience(second, on=TODAY, now=NOW)
    claims = [
        claim_batch("one", lease_seconds=LEASE, now=NOW, passing_over=passed_over, lease_clock=lambda: LeaseTime("boot", 100.0))
        for passed_over in ([first, second], [first])
    ]
    assert claims[0] is None
    assert claims[1] is not None
    assert claims[1].send_id == second


def test_a_retry_waits_until_it_is_due_and_attempts_are_counted() -> None:
    prepared_send(1)
    held = claimed()
    [delivery_id] = step(held)
    assert step(held, Record(delivery_id, Handover.QUEUED, "451", due_at=NOW.timestamp() + 60)) == []
    assert leave(held) is False
    assert claim("two") is None, "nothing in it is due"
    later = NOW + timedelta(seconds=61)
    found = claim_batch("two", lease_seconds=LEASE, now=later, lease_clock=lambda: LeaseTime("boot", 161.0))
    assert found is not None
    taken = take_step(found, records=[], room=20, on=TODAY, now=later, lease_clock=lambda: LeaseTime("boot", 161.0))
    assert [one.attempts for one in taken.marked] == [2]


def test_what_never_reached_the_wire_does_not_count_as_an_attempt() -> None:
    prepared_send(1)
    held = claimed()
    [delivery_id] = step(held)
    assert step(held, Record(delivery_id, Handover.QUEUED, counted=False)) == [delivery_id]
    assert Delivery.objects.get().attempts == 1


def test_a_send_is_done_only_when_its_last_batch_is_closed_and_the_sum_holds() -> None:
    prepared_send(4, languages=("en", "es"))
    first, second = claimed("one"), claimed("two")
    for held in (first, second):
        assert Send.objects.get().state == SendState.RUNNING
        ids = step(held)
        step(held, Record(ids[0], Handover.UNKNOWN, "lost"), Record(ids[1], Handover.FAILED, "550 5.1.1"), room=0)
        assert leave(held) is True
    report = send_report(ISSUE)
    assert report.status.state == SendState.DONE
    assert report.sum_holds
    assert report.the_sum == "4 = 0 accepted + 2 failed + 2 unknown + 0 excluded"
    assert report.failed == {"550 5.1.1": 2}
    assert len(report.unknown_keys) == 2


def test_a_send_is_not_done_while_its_sum_does_not_hold() -> None:
    prepared_send(1)
    Send.objects.update(frozen=2)
    held = claimed()
    step(held, *accept(*step(held)), room=0)
    assert leave(held) is True
    assert Send.objects.get().state == SendState.RUNNING
    assert not send_report(ISSUE).sum_holds


def test_evidence_settles_all_that_is_not_settled_for_good() -> None:
    prepared_send(6)
    held = claimed()
    unknown, sending, accepted, failed = step(held, room=4)
    step(held, Record(unknown, Handover.UNKNOWN), *accept(accepted), Record(failed, Handover.FAILED, "550"), room=0)
    everybody = list(Delivery.objects.values_list("pk", flat=True))
    with transaction.atomic(), connection.cursor() as cursor:
        settle_by_evidence(cursor, everybody, target=Handover.ACCEPTED, at=NOW)
    assert handovers() == {"accepted": 5, "failed": 1}, "what was put back and is reported as taken is not sent again"
    step(held, Record(sending, Handover.UNKNOWN, "lost"), room=0)
    assert Delivery.objects.get(pk=sending).handover == Handover.ACCEPTED, "a lost answer does not undo the evidence"


def test_what_is_put_back_opens_its_batch_and_its_send_again() -> None:
    prepared_send(3)
    held = claimed()
    failed, unknown, accepted = step(held)
    step(held, Record(failed, Handover.FAILED, "550"), Record(unknown, Handover.UNKNOWN), *accept(accepted), room=0)
    leave(held)
    assert Send.objects.get().state == SendState.DONE
    everybody = [failed, unknown, accepted]
    with transaction.atomic(), connection.cursor() as cursor:
        assert put_back(cursor, everybody, source=Handover.FAILED) == 1
    assert handovers() == {"accepted": 1, "queued": 1, "unknown": 1}
    assert Send.objects.get().state == SendState.RUNNING
    again = claimed()
    assert step(again) == [failed]
    assert Delivery.objects.get(pk=failed).attempts == 1


def test_nothing_of_a_cancelled_send_is_put_back() -> None:
    prepared_send(1)
    held = claimed()
    (failed,) = step(held)
    step(held, Record(failed, Handover.FAILED, "550"), room=0)
    leave(held)
    Send.objects.update(state=SendState.CANCELLED)
    with transaction.atomic(), connection.cursor() as cursor:
        assert put_back(cursor, [failed], source=Handover.FAILED) == 0
    assert handovers() == {"failed": 1}


def test_an_outcome_is_only_replaced_by_one_of_a_higher_rank() -> None:
    prepared_send(1)
    delivery = Delivery.objects.get()
    reported = [Outcome.DELIVERED, Outcome.DEFERRED, Outcome.COMPLAINED, Outcome.BOUNCED]
    seen = []
    for outcome in reported:
        with connection.cursor() as cursor:
            raise_outcome(cursor, [delivery.pk], outcome=outcome)
        delivery.refresh_from_db()
        seen.append(delivery.outcome)
    assert seen == [Outcome.DELIVERED, Outcome.DELIVERED, Outcome.COMPLAINED, Outcome.COMPLAINED]


def test_a_transition_that_the_table_does_not_know_is_refused() -> None:
    prepared_send(1)
    held = claimed()
    [delivery_id] = step(held)
    with pytest.raises(ValueError, match="never goes from sending to excluded"):
        step(held, Record(delivery_id, Handover.EXCLUDED))
    assert HANDOVER_TRANSITIONS.keys() == set(Handover)


def test_the_lease_clock_goes_forward_and_names_its_epoch() -> None:
    first, second = read_lease_clock(), read_lease_clock()
    assert first.epoch == second.epoch != ""
    assert first.seconds <= second.seconds


def test_status_says_how_far_a_send_is() -> None:
    prepared_send(3, languages=("en", "es"))
    held = claimed()
    step(held, room=1)
    status = send_report(ISSUE).status
    assert (status.handovers[Handover.QUEUED], status.handovers[Handover.SENDING], status.sum_holds) == (2, 1, True)
    assert send_report(ISSUE).by_language[held.language][Handover.SENDING] == 1
    assert [one.issue for one in find_sends()] == [ISSUE]
    with pytest.raises(NotAllowedError, match="was not sent"):
        send_report("2027-02")


@pytest.mark.parametrize("sends", [0, 1, 4])
def test_the_status_of_all_sends_takes_three_queries_however_many(
    sends: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add_readers(3, languages=("en",))
    for number in range(sends):
        freeze_audience(begin_send(issue=f"202{number}-12"), on=TODAY, now=NOW)
    Delivery.objects.filter(send__issue="2020-12").update(handover=Handover.ACCEPTED)
    with django_assert_num_queries(3):
        found = find_sends()
    assert found == [send_report(f"202{number}-12").status for number in reversed(range(sends))]

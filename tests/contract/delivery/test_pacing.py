"""What the rate promises, on every database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from newsletter.delivery.lease import LeaseTime
from newsletter.delivery.ledger import Claim, Step, claim_batch, take_step
from newsletter.delivery.models import Delivery, Handover, Pace
from newsletter.delivery.pacing import Allowance, Rate, allow, pay
from newsletter.subscribers.models import EndReason, Subscription
from newsletter.subscribers.subscribing import end_subscription
from tests.contract.delivery.samples import NOW, TODAY, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db]

SIX_HUNDRED = Rate("smtp", 600)
"""Ten a second; the bucket holds thirty."""


def take(wanted: int, *, at: float, rate: Rate = SIX_HUNDRED, epoch: str = "boot") -> Allowance:
    lease = LeaseTime(epoch, at)
    with transaction.atomic(), connection.cursor() as cursor:
        allowance = allow(cursor, rate, wanted, lease=lease)
        pay(cursor, rate, allowance, marked=allowance.count)
    return allowance


def claimed() -> Claim:
    found = claim_batch("one", lease_seconds=10, now=NOW, lease_clock=lambda: LeaseTime("boot", 100.0))
    assert found is not None
    return found


def step(claim: Claim, *, at: float, rate: Rate | None = SIX_HUNDRED, room: int = 20) -> Step:
    return take_step(claim, records=(), room=room, on=TODAY, now=NOW, rate=rate, lease_clock=lambda: LeaseTime("boot", at))


def test_a_new_bucket_is_empty_and_says_how_long_to_wait() -> None:
    first = take(15, at=100.0)
    assert (first.count, first.wait) == (0, 1.5)
    assert take(15, at=101.5).count == 15
    assert take(1, at=101.5).count == 0


def test_over_ten_minutes_as_many_go_as_the_rate_says() -> None:
    sent, at = 0, 0.0
    while at < 600:
        allowance = take(20, at=at)
        sent += allowance.count
        at += max(allowance.wait, 0.01)
    assert 5_970 <= sent <= 6_000


def test_after_a_rest_no_more_than_a_twentieth_of_a_minute_goes_at_once() -> None:
    take(1, at=0.0)
    assert take(1_000, at=10_000.0).count == 30


def test_a_few_tokens_are_left_until_a_group_is_worth_a_commit_but_the_last_mails_do_not_wait() -> None:
    take(1, at=0.0)
    assert take(20, at=0.5).count == 0
    assert take(3, at=0.5).count == 3


def test_one_a_minute_goes_every_minute() -> None:
    slow = Rate("smtp", 1)
    assert take(20, at=0.0, rate=slow).wait == pytest.approx(60)
    assert [take(20, at=at, rate=slow).count for at in (60.0, 90.0, 120.0)] == [1, 0, 1]


@pytest.mark.parametrize(("epoch", "at"), [("another boot", 5.0), ("another boot", 99_999.0), ("boot", -500.0)])
def test_another_boot_or_a_clock_that_was_set_back_begins_with_an_empty_bucket(epoch: str, at: float) -> None:
    take(1, at=0.0)
    take(1, at=1_000.0)
    assert take(15, at=at, epoch=epoch).count == 0
    assert take(15, at=at + 1.5, epoch=epoch).count == 15


def test_a_clock_read_before_anothers_gives_no_token_twice() -> None:
    take(1, at=0.0)
    assert take(15, at=1.5).count == 15
    assert take(15, at=1.4).count == 0
    assert take(15, at=2.9).count == 0
    assert take(15, at=3.0).count == 15


def test_transports_have_a_bucket_each() -> None:
    take(1, at=0.0)
    assert take(15, at=1.5).count == 15
    assert take(15, at=1.5, rate=Rate("sendgrid", 600)).count == 0


def test_what_is_marked_is_what_was_paid_for() -> None:
    prepared_send(40)
    held = claimed()
    assert step(held, at=100.0).wait == pytest.approx(1.5)
    taken = step(held, at=101.7)
    assert len(taken.marked) == 17
    assert not taken.exhausted
    assert Pace.objects.get().tokens == pytest.approx(0, abs=1e-6)
    assert Delivery.objects.filter(handover=Handover.SENDING).count() == 17


def test_who_is_left_out_costs_nothing() -> None:
    prepared_send(20)
    for subscription in Subscription.objects.order_by("pk")[:5]:
        end_subscription(subscription.pk, reason=EndReason.UNSUBSCRIBED, now=datetime(2026, 12, 1, tzinfo=UTC))
    held = claimed()
    step(held, at=100.0)
    assert len(step(held, at=102.0).marked) == 15
    assert Pace.objects.get().tokens == pytest.approx(5)


def test_what_a_transaction_took_back_is_not_paid() -> None:
    take(1, at=0.0)
    with transaction.atomic(), connection.cursor() as cursor:
        allowance = allow(cursor, SIX_HUNDRED, 15, lease=LeaseTime("boot", 1.5))
        pay(cursor, SIX_HUNDRED, allowance, marked=allowance.count)
        transaction.set_rollback(True)
    assert take(15, at=1.5).count == 15


def test_without_a_rate_a_step_costs_no_statement_more() -> None:
    prepared_send(20)
    held = claimed()
    with CaptureQueriesContext(connection) as asked:
        step(held, at=100.0, rate=None, room=5)
    assert not [query for query in asked.captured_queries if "delivery_pace" in query["sql"]]

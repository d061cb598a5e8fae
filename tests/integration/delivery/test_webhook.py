"""SendGrid's events, posted as it posts them: signed, repeated, out of order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from newsletter.delivery.models import Delivery, Event, Handover, Outcome
from newsletter.subscribers.models import EndReason, Subscription, Suppression
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import SubscribeKind, end_subscription, subscribe
from tests.contract.delivery.samples import NOW
from tests.integration.delivery.sendgrid_posts import configured, event, in_flight, public_key, tell
from tests.readers import CONSENT

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _with_a_key() -> Iterator[None]:
    with override_settings(NEWSLETTER=configured(public_key())):
        yield


def test_delivered_settles_the_unknown_and_is_the_outcome() -> None:
    [delivery] = in_flight()
    tell(event(delivery, "delivered"))
    delivery.refresh_from_db()
    assert (delivery.handover, delivery.outcome) == (Handover.ACCEPTED, Outcome.DELIVERED)
    assert delivery.handed_over_at is not None
    assert Event.objects.get().kind == "delivered"


@pytest.mark.parametrize(
    ("kinds", "handover", "outcome"),
    [
        (["processed", "deferred", "delivered"], Handover.ACCEPTED, Outcome.DELIVERED),
        (["processed", "delivered", "spamreport"], Handover.ACCEPTED, Outcome.COMPLAINED),
        (["processed", "deferred", "bounce"], Handover.ACCEPTED, Outcome.BOUNCED),
        (["processed", "dropped"], Handover.FAILED, Outcome.NONE),
    ],
)
def test_events_in_any_order_and_any_number_of_times_come_to_the_same(
    kinds: list[str], handover: Handover, outcome: Outcome
) -> None:
    deliveries = in_flight(6)
    for number, delivery in enumerate(deliveries):
        events = [event(delivery, kind, at=1_796_137_300 + number) for kind in kinds] * 2
        random.Random(number).shuffle(events)  # noqa: S311 - any order
        for one in events:
            tell({**one, "sg_event_id": f"changed{random.random()}"})  # noqa: S311 - as SendGrid's repeats do
        delivery.refresh_from_db()
        assert (delivery.handover, delivery.outcome) == (handover, outcome)
    assert Event.objects.count() == 6 * len(kinds)


@pytest.mark.parametrize(
    ("kind", "more", "reason", "suppressed"),
    [
        ("bounce", {"type": "bounce", "status": "5.1.1", "bounce_classification": "Invalid Address"}, "bounced", "bounced"),
        ("bounce", {"type": "bounce", "status": "5.1.1"}, "bounced", "bounced"),
        ("bounce", {"type": "bounce", "status": "5.2.2", "bounce_classification": "Mailbox Unavailable"}, "", None),
        ("bounce", {"type": "bounce", "status": "5.7.1"}, "", None),
        ("bounce", {"type": "blocked", "status": "5.1.1", "bounce_classification": "Invalid Address"}, "", None),
        ("spamreport", {}, "complained", "complained"),
        ("unsubscribe", {}, "unsubscribed", None),
        ("group_unsubscribe", {"asm_group_id": 1}, "unsubscribed", None),
        ("dropped", {"reason": "Bounced Address"}, "bounced", "bounced"),
        ("dropped", {"reason": "Spam Reporting Address"}, "complained", "complained"),
        ("dropped", {"reason": "Recipient List over Package Quota"}, "", None),
    ],
)
def test_what_an_event_means_for_its_reader(kind: str, more: dict[str, Any], reason: str, suppressed: str | None) -> None:
    first, second = in_flight(2)
    tell(event(first, kind, **more))
    assert first.subscription is not None
    first.subscription.refresh_from_db()
    assert first.subscription.end_reason == reason
    assert list(Suppression.objects.values_list("reason", flat=True)) == ([suppressed] if suppressed else [])
    assert Subscription.objects.filter(delivery=second, ended_at__isnull=True).exists()


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"type": "bounce", "status": "5.1.1"}, "hard"),
        ({"type": "bounce", "bounce_classification": "Invalid Address"}, "hard"),
        ({"type": "bounce", "status": "5.2.2", "bounce_classification": "Mailbox Unavailable"}, "soft"),
        ({"type": "bounce", "status": "5.0.0", "reason": "550 no such user here"}, "hard"),
        ({"type": "bounce", "status": "5.7.1", "bounce_classification": "Unclassified"}, "policy"),
        ({"type": "bounce", "bounce_classification": "Reputation"}, "policy"),
        ({"type": "blocked", "status": "5.1.1", "bounce_classification": "Invalid Address"}, "policy"),
    ],
)
def test_a_bounce_is_hard_soft_or_for_policy(more: dict[str, Any], kind: str) -> None:
    [delivery] = in_flight()
    tell(event(delivery, "bounce", **more))
    delivery.refresh_from_db()
    assert delivery.bounce == kind


def test_of_several_farewells_in_one_post_the_weightiest_counts() -> None:
    """An unsubscribe that comes with a spam report must not hide it."""
    deliveries = in_flight(8)
    for delivery in deliveries:
        kinds = ["unsubscribe", "spamreport", "group_unsubscribe"]
        tell(*(event(delivery, kind) for kind in kinds))
    assert set(Subscription.objects.values_list("end_reason", flat=True)) == {"complained"}
    assert Suppression.objects.count() == 8


@pytest.mark.parametrize(("later", "open_ones"), [(60, 0), (-60, 1)])
def test_who_says_goodbye_by_an_old_mail_after_they_came_back_means_all_mail(later: int, open_ones: int) -> None:
    [delivery] = in_flight()
    assert delivery.subscription_id is not None
    end_subscription(delivery.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOW)
    back = subscribe(Contact("reader1@example.org"), language="en", topics=(), consent=CONSENT, now=NOW)
    assert back.kind is SubscribeKind.RETURNED
    tell(event(delivery, "unsubscribe", at=int(NOW.timestamp()) + later))
    assert Subscription.objects.filter(ended_at=None).count() == open_ones


def test_an_unknown_kind_is_kept_and_changes_nothing_else() -> None:
    [delivery] = in_flight()
    tell(event(delivery, "account_status_change"))
    delivery.refresh_from_db()
    assert (delivery.handover, delivery.outcome) == (Handover.UNKNOWN, Outcome.NONE)
    assert Event.objects.get().kind == "account_status_change"


def test_opens_clicks_and_what_is_not_ours_is_not_kept() -> None:
    [delivery] = in_flight()
    foreign = {**event(delivery, "delivered"), "delivery": "0" * 32}
    shapeless = [{}, 7, {"delivery": delivery.key, "event": "delivered", "timestamp": "soon"}, {"delivery": [1]}]
    tell(event(delivery, "open"), event(delivery, "click"), foreign, *shapeless)  # type: ignore[arg-type]
    assert Event.objects.count() == 0


def test_no_address_is_kept_of_an_event() -> None:
    [delivery] = in_flight()
    tell(event(delivery, "bounce", status="5.1.1", reason="550 5.1.1 <reader@example.org> unknown", type="bounce"))
    assert Event.objects.get().reason == "5.1.1"


def test_many_events_need_no_more_queries_than_a_few() -> None:
    deliveries = in_flight(500)
    few = [event(one, kind) for one in deliveries[:5] for kind in ("processed", "delivered")]
    many = [event(one, kind) for one in deliveries[5:] for kind in ("processed", "delivered")]
    with CaptureQueriesContext(connection) as for_few:
        tell(*few)
    with CaptureQueriesContext(connection) as for_many:
        tell(*many)
    assert len(for_many) == len(for_few)
    assert Delivery.objects.filter(outcome=Outcome.DELIVERED).count() == 500

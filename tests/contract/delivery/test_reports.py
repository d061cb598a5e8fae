"""What is reported comes in any order and any number of times, and always comes to the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.delivery.evidence import take_reports
from newsletter.delivery.models import BounceKind, Delivery, Event, Handover, Outcome, PausedFor, Send, SendState
from newsletter.delivery.preparing import freeze_audience
from newsletter.delivery.reports import Farewell, Report
from newsletter.postbox.models import PostState, ServiceMail
from newsletter.publishing.models import AuditEntry
from newsletter.settings import BounceSettings, DeliverySettings
from newsletter.subscribers.models import EndReason, Subscriber, Subscription, Suppression, SuppressionReason
from tests.contract.delivery.samples import NOW, TODAY, add_readers, begin_send

pytestmark = [pytest.mark.database, pytest.mark.django_db]

SETTINGS = DeliverySettings(bounces=BounceSettings(soft_in_a_row=2))

MEANINGS: dict[str, dict[str, Any]] = {
    "processed": {"evidence": Handover.ACCEPTED},
    "deferred": {"evidence": Handover.ACCEPTED, "outcome": Outcome.DEFERRED},
    "delivered": {"evidence": Handover.ACCEPTED, "outcome": Outcome.DELIVERED},
    "hard": {
        "evidence": Handover.ACCEPTED,
        "outcome": Outcome.BOUNCED,
        "bounce": BounceKind.HARD,
        "farewell": Farewell.BOUNCED,
        "reason": "5.1.1",
    },
    "soft": {"evidence": Handover.ACCEPTED, "outcome": Outcome.BOUNCED, "bounce": BounceKind.SOFT, "reason": "5.2.2"},
    "policy": {"evidence": Handover.ACCEPTED, "outcome": Outcome.BOUNCED, "bounce": BounceKind.POLICY, "reason": "5.7.1"},
    "dropped": {"evidence": Handover.FAILED, "reason": "Bounced Address", "farewell": Farewell.BOUNCED},
    "dropped for us": {"evidence": Handover.FAILED, "reason": "dropped by SendGrid"},
    "spamreport": {"evidence": Handover.ACCEPTED, "outcome": Outcome.COMPLAINED, "farewell": Farewell.COMPLAINED},
    "unsubscribe": {"farewell": Farewell.UNSUBSCRIBED},
    "something new": {},
}


def report(key: str, meaning: str, *, hours: int = 0) -> Report:
    dedupe = hashlib.sha256(f"{key}{meaning}{hours}".encode()).hexdigest()
    kind = "dropped" if meaning.startswith("dropped") else meaning
    return Report(key, kind, NOW + timedelta(hours=hours, minutes=7), dedupe, **MEANINGS[meaning])


def issues(count: int, *, readers: int) -> list[list[Delivery]]:
    """Freeze so many issues for so many readers; the deliveries of each issue, by reader."""
    add_readers(readers, languages=("en",))
    for number in range(count):
        freeze_audience(begin_send(issue=f"2026-{number + 1:02}"), on=TODAY, now=NOW)
    return [list(send.deliveries.order_by("subscription_id")) for send in Send.objects.order_by("pk")]


def take(reports: Sequence[Report]) -> None:
    take_reports(reports, SETTINGS, now=NOW)


def everything() -> dict[str, Any]:
    """All that reports may change."""
    fields = ("key", "handover", "outcome", "bounce", "reason", "handed_over_at")
    return {
        "deliveries": list(Delivery.objects.order_by("pk").values_list(*fields)),
        "events": sorted(Event.objects.values_list("dedupe", "kind", "reason", "at")),
        "suppressed": {bytes(one.lookup): one.reason for one in Suppression.objects.all()},
        "ended": list(Subscription.objects.order_by("pk").values_list("ended_at", "end_reason")),
    }


def come_back() -> None:
    """Let the second reader have left and returned: mails of both subscriptions may still be reported on."""
    person = Subscriber.objects.order_by("pk").last()
    assert person is not None
    person.subscriptions.update(ended_at=NOW, end_reason=EndReason.UNSUBSCRIBED)
    consent = {"consent_wording": "v1", "consent_language": "en", "consent_source": "form", "consent_at": NOW}
    person.subscriptions.create(public_id=b"returned", started_at=NOW + timedelta(hours=2), **consent)


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def _any_order_comes_to_the_same(data: st.DataObject, deliveries: Sequence[Delivery]) -> None:
    handovers = data.draw(st.lists(st.sampled_from(Handover.values), min_size=len(deliveries), max_size=len(deliveries)))
    one = st.builds(
        lambda delivery, meaning, hours: report(delivery.key, meaning, hours=hours),
        st.sampled_from(data.draw(st.lists(st.sampled_from(deliveries), min_size=1, max_size=3))),
        st.sampled_from(sorted(MEANINGS)),
        st.integers(0, 3),
    )
    reports = data.draw(st.lists(one, min_size=1, max_size=8))
    shuffled = data.draw(st.permutations(reports + data.draw(st.lists(st.sampled_from(reports), max_size=4))))
    size = data.draw(st.integers(1, len(shuffled)))
    found = []
    for posts in ([reports], [shuffled[start : start + size] for start in range(0, len(shuffled), size)]):
        with transaction.atomic():
            for delivery, handover in zip(deliveries, handovers, strict=True):
                at = NOW + timedelta(hours=1) if handover == Handover.ACCEPTED else None
                Delivery.objects.filter(pk=delivery.pk).update(handover=handover, handed_over_at=at)
            for post in posts:
                take(post)
            found.append(everything())
            transaction.set_rollback(True)
    assert found[0] == found[1]


def test_any_order_and_any_number_of_times_come_to_the_same() -> None:
    deliveries = [delivery for issue in issues(3, readers=2) for delivery in issue]
    come_back()
    _any_order_comes_to_the_same(deliveries=deliveries)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("together", [True, False])
def test_the_last_of_several_drops_gives_the_reason(order: int, *, together: bool) -> None:
    [[one]] = issues(1, readers=1)
    drops = [report(one.key, "dropped", hours=0), report(one.key, "dropped for us", hours=2)][::order]
    for post in [drops] if together else [[drop] for drop in drops]:
        take(post)
    one.refresh_from_db()
    assert (one.handover, one.reason) == (Handover.FAILED, "dropped by SendGrid")


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("together", [True, False])
def test_a_complaint_outranks_a_bounce_as_the_reason_of_a_suppression(order: int, *, together: bool) -> None:
    [[one]] = issues(1, readers=1)
    both = [report(one.key, "hard"), report(one.key, "spamreport")][::order]
    for post in [both] if together else [[single] for single in both]:
        take(post)
    assert Suppression.objects.get().reason == SuppressionReason.COMPLAINED
    assert Subscription.objects.get().end_reason == EndReason.COMPLAINED


def test_each_acceptance_gets_its_own_hour() -> None:
    [[first, second]] = issues(1, readers=2)
    Delivery.objects.update(handover=Handover.UNKNOWN)
    take(
        [
            report(first.key, "processed", hours=2),
            report(second.key, "processed", hours=0),
            report(first.key, "delivered", hours=1),
        ]
    )
    hours = list(Delivery.objects.order_by("pk").values_list("handed_over_at", flat=True))
    assert hours == [NOW + timedelta(hours=1), NOW]


def test_so_many_soft_bounces_in_a_row_suppress_and_end() -> None:
    sent = issues(2, readers=2)
    take([report(sent[0][0].key, "soft"), report(sent[0][1].key, "soft")])
    assert not Suppression.objects.exists()
    take([report(sent[1][0].key, "soft"), report(sent[1][1].key, "delivered")])
    assert Suppression.objects.count() == 1
    assert list(Subscription.objects.order_by("pk").values_list("end_reason", flat=True)) == ["bounced", ""]


@pytest.mark.parametrize("between", ["delivered", "policy", None])
def test_a_mail_that_did_not_bounce_softly_begins_the_count_anew(between: str | None) -> None:
    """Also one of which nothing was reported: servers that take a mail seldom say so."""
    sent = issues(3, readers=1)
    take([report(sent[0][0].key, "soft"), report(sent[2][0].key, "soft")])
    if between:
        take([report(sent[1][0].key, between)])
    assert not Suppression.objects.exists()


def test_an_issue_that_a_reader_was_left_out_of_does_not_break_the_row() -> None:
    sent = issues(3, readers=1)
    Delivery.objects.filter(pk=sent[1][0].pk).update(handover=Handover.EXCLUDED)
    take([report(sent[0][0].key, "soft"), report(sent[2][0].key, "soft")])
    assert Suppression.objects.count() == 1


def test_a_row_that_is_known_late_says_the_same_whichever_bounce_came_last() -> None:
    """Found by the test of all orders: the last to be reported decided whether a later subscription ended too."""
    sent = issues(2, readers=1)
    come_back()
    soft = [report(sent[0][0].key, "soft", hours=0), report(sent[1][0].key, "soft", hours=3)]
    found = []
    for order in (soft, soft[::-1]):
        with transaction.atomic():
            for one in order:
                take([one])
            found.append(everything()["ended"])
            transaction.set_rollback(True)
    assert found[0] == found[1]


def test_a_correction_is_no_issue() -> None:
    """A full mailbox bounces the issue and its correction in one day."""
    sent = issues(2, readers=1)
    Send.objects.filter(pk=sent[1][0].send_id).update(corrects=sent[0][0].send_id)
    take([report(sent[0][0].key, "soft"), report(sent[1][0].key, "soft")])
    assert not Suppression.objects.exists()


def test_an_old_row_is_not_counted_again_by_a_new_bounce() -> None:
    """Also when the setting became stricter meanwhile."""
    sent = issues(4, readers=1)
    lenient = DeliverySettings(bounces=BounceSettings(soft_in_a_row=3))
    take_reports([report(sent[number][0].key, "soft") for number in (0, 1)], lenient, now=NOW)
    take([report(sent[3][0].key, "soft")])
    assert not Suppression.objects.exists()


def test_many_policy_bounces_pause_a_running_send_once_and_suppress_nobody() -> None:
    [sent] = issues(1, readers=120)
    Delivery.objects.update(handover=Handover.ACCEPTED)
    take([report(delivery.key, "policy") for delivery in sent[:49]])
    assert Send.objects.get().state == SendState.RUNNING
    found = take_reports([report(sent[49].key, "policy")], SETTINGS, now=NOW)
    send = Send.objects.get()
    assert found.paused == ("2026-01",)
    assert (send.state, send.paused_for) == (SendState.PAUSED, PausedFor.ERRORS)
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.person, entry.note) == ("pause", "", send.reason)
    assert not Suppression.objects.exists()
    Send.objects.update(state=SendState.RUNNING)
    take([report(delivery.key, "policy") for delivery in sent[50:99]])
    assert Send.objects.get().state == SendState.RUNNING, "a person resumed it: as many again are let through"
    take([report(sent[99].key, "policy")])
    assert Send.objects.get().state == SendState.PAUSED


def test_few_policy_bounces_among_many_mails_pause_nothing() -> None:
    [sent] = issues(1, readers=1_100)
    Delivery.objects.update(handover=Handover.ACCEPTED)
    take([report(delivery.key, "policy") for delivery in sent[:54]])
    assert Send.objects.get().state == SendState.RUNNING
    take([report(sent[54].key, "policy")])
    assert Send.objects.get().state == SendState.PAUSED


@pytest.mark.parametrize(
    ("before", "meaning", "after"),
    [
        (PostState.UNKNOWN, "delivered", PostState.ACCEPTED),
        (PostState.SENDING, "processed", PostState.ACCEPTED),
        (PostState.UNKNOWN, "dropped for us", PostState.FAILED),
        (PostState.ACCEPTED, "hard", PostState.FAILED),
        (PostState.ACCEPTED, "soft", PostState.ACCEPTED),
        (PostState.FAILED, "delivered", PostState.FAILED),
        (PostState.QUEUED, "delivered", PostState.ACCEPTED),
        (PostState.QUEUED, "dropped for us", PostState.QUEUED),
        (PostState.UNKNOWN, "something new", PostState.UNKNOWN),
    ],
)
def test_a_service_mail_is_settled_by_what_is_reported(before: PostState, meaning: str, after: PostState) -> None:
    mail = ServiceMail.objects.create(
        key="a" * 32, kind="review", content=b"sealed", created_at=NOW, due_at=NOW, expires_at=NOW, state=before
    )
    found = take_reports([report(mail.key, meaning)], SETTINGS, now=NOW)
    mail.refresh_from_db()
    assert mail.state == after
    assert not Event.objects.exists()
    assert found.foreign == (1 if meaning == "something new" else 0)

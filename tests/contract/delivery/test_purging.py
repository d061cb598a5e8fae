"""What is kept no longer is forgotten, and everything that was counted stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from newsletter.delivery.bounces.counting import count_bounces
from newsletter.delivery.correcting import correction_obstacle
from newsletter.delivery.evidence import take_reports
from newsletter.delivery.forgetting_sends import sends_in_doubt, sends_to_forget
from newsletter.delivery.ledger import finish_send
from newsletter.delivery.models import Delivery, Event, Handover, KeptCounts, Progress, ProviderCall, Send, SendState
from newsletter.delivery.report.aftermath import full_report
from newsletter.delivery.report.recipients import find_recipients
from newsletter.delivery.reporting import find_sends
from newsletter.delivery.trying_again import try_failed_again
from newsletter.errors import NotAllowedError
from newsletter.postbox.models import Notice
from newsletter.project.retention.keeping import what_is_kept
from newsletter.project.retention.purging import is_purge_due, look_what_is_to_go, purge
from newsletter.publishing.audit import record_act
from newsletter.publishing.models import AuditEntry
from newsletter.settings import Person, RetentionSettings
from newsletter.subscribers.erasing import ask_erasure
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.mailed_links import make_link
from newsletter.subscribers.models import (
    EndReason,
    Erasure,
    ErasureReason,
    LinkPurpose,
    MailedLink,
    ReaderRequest,
    RequestKind,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from newsletter.subscribers.subscribing import end_subscription
from newsletter.subscribers.suppressing import suppress
from tests.contract.delivery.samples import ISSUE, NOW, prepared_send
from tests.contract.delivery.service_samples import posted
from tests.contract.delivery.test_reports import SETTINGS, report

pytestmark = [pytest.mark.database, pytest.mark.django_db]

RETENTION = RetentionSettings()
MUCH_LATER = NOW + timedelta(days=RETENTION.deliveries + 1)
PUBLISHER = Person(name="Pat", address="pat@example.org", roles=("publisher",))


def forget(*, now: datetime = MUCH_LATER, retention: RetentionSettings = RETENTION) -> dict[str, int]:
    found = purge(what_is_kept(retention, sealer(), now=now), now=now, rest=lambda _: None)
    return {one.what: one.number for one in found if one.number}


def to_go(*, now: datetime = MUCH_LATER) -> dict[str, int]:
    return {one.what: one.number for one in look_what_is_to_go(what_is_kept(RETENTION, sealer(), now=now)) if one.number}


def finished_send(readers: int = 12) -> int:
    """Make a send that is over: most accepted, some failed, some left out, some come back, one in another language."""
    send_id = prepared_send(readers, languages=("en", "en", "es"))
    everybody = list(Delivery.objects.order_by("pk"))
    for number, delivery in enumerate(everybody):
        handover, reason = [
            (Handover.ACCEPTED, ""),
            (Handover.ACCEPTED, ""),
            (Handover.FAILED, "550 5.1.1 (address)"),
            (Handover.EXCLUDED, "ended"),
        ][number % 4]
        hour = NOW if handover is Handover.ACCEPTED else None
        Delivery.objects.filter(pk=delivery.pk).update(handover=handover, reason=reason, handed_over_at=hour)
    accepted = list(Delivery.objects.filter(handover=Handover.ACCEPTED).order_by("pk").values_list("key", flat=True))
    for key, meaning in zip(accepted, ("delivered", "soft", "hard", "spamreport"), strict=False):
        kind = "bounce" if meaning in {"soft", "hard"} else meaning
        take_reports([report(key, meaning)._replace(kind=kind)], SETTINGS, now=NOW)
    Send.objects.get().batches.update(done=True)
    Progress.objects.create(send_id=send_id, at=NOW, settled=readers)
    with connection.cursor() as cursor:
        finish_send(cursor, send_id, now=NOW)
    assert Send.objects.get().state == SendState.DONE
    return send_id


def everything_said(*, now: datetime) -> tuple[Any, ...]:
    return full_report(ISSUE, sealer(), now=now), find_sends(), count_bounces(issues=3)


def test_report_status_and_sums_are_the_same_when_nobody_knows_any_more_who_got_it() -> None:
    finished_send()
    before = everything_said(now=MUCH_LATER)
    assert before[0].summary.sum_holds
    forget()
    assert not Delivery.objects.exists()
    assert not Progress.objects.exists()
    assert everything_said(now=MUCH_LATER) == before
    assert everything_said(now=MUCH_LATER + timedelta(days=100)) == before


def test_a_dry_run_says_the_same_numbers_and_changes_nothing() -> None:
    finished_send()
    promised = to_go()
    assert Delivery.objects.count() == promised["deliveries"] == 12
    assert not KeptCounts.objects.exists()
    assert forget() == promised | {"events": promised["events"]}
    assert to_go() == {}


def test_purging_twice_forgets_nothing_more() -> None:
    finished_send()
    assert forget()
    assert forget() == {}


@pytest.mark.parametrize("handover", [Handover.UNKNOWN, Handover.QUEUED])
def test_a_send_in_which_something_is_open_is_kept(handover: Handover) -> None:
    send_id = finished_send()
    Delivery.objects.filter(pk=Delivery.objects.order_by("pk")[0].pk).update(handover=handover)
    if handover is Handover.QUEUED:
        Send.objects.filter(pk=send_id).update(state=SendState.RUNNING)
    assert "deliveries" not in forget()
    assert Delivery.objects.count() == 12
    assert sends_in_doubt(MUCH_LATER) == ([ISSUE] if handover is Handover.UNKNOWN else [])


def test_a_send_that_was_over_a_day_too_late_is_kept() -> None:
    finished_send()
    assert not sends_to_forget(NOW).exists()
    assert sends_to_forget(NOW + timedelta(seconds=1)).exists()


def test_what_needs_the_list_says_that_it_is_gone() -> None:
    finished_send()
    forget()
    said = f"Who got {ISSUE} was forgotten"
    assert said in correction_obstacle(ISSUE)
    with pytest.raises(NotAllowedError, match=said):
        try_failed_again(ISSUE, person="ada", now=MUCH_LATER, system_user="x", within=timedelta(days=9999))
    with pytest.raises(NotAllowedError, match=said):
        find_recipients(ISSUE, sealer(), person_key="pat", person=PUBLISHER, now=MUCH_LATER, system_user="x")


def test_events_go_earlier_and_the_report_stays_the_same() -> None:
    finished_send()
    later = NOW + timedelta(days=RETENTION.events + 1)
    before = everything_said(now=later)
    assert forget(now=later)["events"] == 2
    assert everything_said(now=later) == before
    assert set(Event.objects.values_list("kind", flat=True)) == {"bounce"}
    assert {one.reason for one in before[0].bounces} == {"5.1.1", "5.2.2"}


def left(number: int, *, days: int) -> Subscriber:
    subscription = Subscription.objects.order_by("pk")[number]
    end_subscription(subscription.pk, reason=EndReason.UNSUBSCRIBED, now=MUCH_LATER - timedelta(days=days))
    return subscription.subscriber


def test_who_left_long_ago_is_erased_and_kept_from_being_taken_in_again() -> None:
    prepared_send(4)
    long_ago, known_to_have_complained, lately = left(0, days=731), left(1, days=731), left(2, days=729)
    Subscriber.objects.update(created_at=MUCH_LATER - timedelta(days=900))
    suppress(known_to_have_complained, reason=SuppressionReason.COMPLAINED, now=NOW)
    assert forget()["people who left"] == 2
    assert Subscriber.objects.filter(pk=lately.pk).exists()
    assert Subscriber.objects.count() == 2
    reasons = {bytes(one.lookup): one.reason for one in Suppression.objects.all()}
    assert reasons == {
        bytes(long_ago.lookup): SuppressionReason.ERASED,
        bytes(known_to_have_complained.lookup): SuppressionReason.COMPLAINED,
    }


def test_everything_else_goes_when_its_time_is_over_and_not_a_day_before() -> None:
    make_link(LinkPurpose.CONFIRM, lookup=b"l" * 32, content=["a"], language="en", now=NOW)
    ReaderRequest.objects.create(
        key="a" * 32, kind=RequestKind.SIGN_UP, lookup=b"l" * 32, network=b"n", content=b"", language="en", asked_at=NOW
    )
    mail = posted()
    type(mail).objects.update(state="accepted", settled_at=NOW)
    record_act("pause", ISSUE, person="ada", note="", now=NOW, system_user="x")
    Notice.objects.create(key="a", at=NOW)
    ProviderCall.objects.create(ref="a", send_at=NOW.timestamp())
    Erasure.objects.create(lookup=b"", reason=ErasureReason.ASKED, asked_at=NOW, due_at=NOW, done_at=NOW)
    expected = {
        "requests from public forms": 2,
        "mailed links": 8,
        "service mails": 30,
        "calls to providers": 7,
        "notices": 400,
        "audit entries": 1_825,
        "erasures that are done": 1_825,
    }
    for days in sorted(set(expected.values())):
        due = {what for what, after in expected.items() if after == days}
        assert not due & set(to_go(now=NOW + timedelta(days=days)))
        assert set(forget(now=NOW + timedelta(days=days, seconds=1))) == due
    assert not MailedLink.objects.exists()
    assert not AuditEntry.objects.exists()


def test_an_erasure_that_waits_is_never_forgotten() -> None:
    prepared_send(1)
    ask_erasure(Subscriber.objects.get().pk, reason=ErasureReason.DIED, now=NOW, due_at=NOW + timedelta(days=9_999))
    forget(now=NOW + timedelta(days=5_000))
    assert Erasure.objects.filter(done_at=None).count() == 1


def test_a_purge_is_due_once_a_day() -> None:
    assert is_purge_due(NOW)
    forget(now=NOW)
    assert not is_purge_due(NOW + timedelta(hours=22))
    assert is_purge_due(NOW + timedelta(hours=23))


def test_a_purge_that_is_stopped_says_what_it_did_and_is_due_again() -> None:
    finished_send()
    found = purge(what_is_kept(RETENTION, sealer(), now=MUCH_LATER), now=MUCH_LATER, stopping=lambda: True)
    assert any(one.number for one in found)
    assert is_purge_due(MUCH_LATER)
    before = everything_said(now=MUCH_LATER)
    forget()
    assert everything_said(now=MUCH_LATER) == before

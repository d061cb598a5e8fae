"""The full report: counts by reason, domain and language, what came later, and the rows for a person who may see them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.delivery.models import BounceKind, Delivery, Event, Handover, Outcome, Progress, Send, SendState
from newsletter.delivery.report.aftermath import full_report
from newsletter.delivery.report.domains import ERASED, OTHER_DOMAINS, count_domains
from newsletter.delivery.report.recipients import Recipient, as_csv, as_json, as_text, find_recipients
from newsletter.errors import NotAllowedError
from newsletter.publishing.models import AuditEntry, FrozenEdition
from newsletter.settings import Person
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import EndReason, Subscriber, Subscription
from newsletter.subscribers.sealing import Contact
from tests.contract.delivery.samples import ISSUE, NOW, TOPICS, begin_send, prepared_send

pytestmark = [pytest.mark.django_db, pytest.mark.database]

LATER = NOW + timedelta(days=10)
PUBLISHER = Person(name="Ada Example", address="ada@metsmatters.example", roles=("editor", "publisher"))
REVIEWER = Person(name="Maria Example", address="maria@metsmatters.example", roles=("medical",))


def settle(number: int, **values: object) -> list[int]:
    """Give the next ``number`` queued deliveries these values, and their ids."""
    ids = list(Delivery.objects.filter(handover=Handover.QUEUED).order_by("pk").values_list("pk", flat=True)[:number])
    Delivery.objects.filter(pk__in=ids).update(**values)
    return ids


def accept_the_rest() -> None:
    Delivery.objects.filter(handover=Handover.QUEUED).update(
        handover=Handover.ACCEPTED, attempts=1, handed_over_at=NOW.replace(minute=0)
    )


def move_to_domain(delivery_ids: list[int], domain: str) -> None:
    for delivery in Delivery.objects.filter(pk__in=delivery_ids).select_related("subscription__subscriber"):
        assert delivery.subscription is not None
        person = delivery.subscription.subscriber
        address = f"somebody{person.pk}@{domain}"
        person.lookup = sealer().lookup(address)
        person.contact = sealer().seal_contact(Contact(address, ""), lookup=person.lookup)
        person.save()


def end_subscriptions(delivery_ids: list[int], reason: EndReason, at: datetime) -> None:
    of_them = Delivery.objects.filter(pk__in=delivery_ids).values("subscription_id")
    Subscription.objects.filter(pk__in=of_them).update(ended_at=at, end_reason=reason)


def test_what_came_back_is_counted_by_kind_and_latest_reason() -> None:
    prepared_send(10)
    hard = settle(3, handover=Handover.ACCEPTED, outcome=Outcome.BOUNCED, bounce=BounceKind.HARD)
    settle(1, handover=Handover.ACCEPTED, outcome=Outcome.BOUNCED, bounce=BounceKind.SOFT)
    for number, delivery_id in enumerate([*hard, hard[0]]):
        reason = "4.2.2" if number == 0 else "5.1.1"
        Event.objects.create(dedupe=str(number), delivery_id=delivery_id, kind="bounce", reason=reason, at=NOW, received_at=NOW)
    found = [(one.kind, one.reason, one.mails) for one in full_report(ISSUE, sealer(), now=LATER).bounces]
    assert found == [("hard", "5.1.1", 3), ("soft", "", 1)]


def test_a_domain_of_few_people_is_not_named() -> None:
    prepared_send(30)
    bounced = settle(6, handover=Handover.ACCEPTED, outcome=Outcome.BOUNCED, bounce=BounceKind.POLICY)
    family = settle(4, handover=Handover.FAILED, reason="550 5.1.1 (address)")
    move_to_domain(bounced, "big.example")
    move_to_domain(family, "family.example")
    named, others = count_domains(Send.objects.get().pk, sealer())
    assert (named.domain, named.policy, named.people) == ("big.example", 6, 6)
    assert (others.domain, others.failed, others.people) == (OTHER_DOMAINS, 4, 4)


def test_only_addresses_that_mail_did_not_reach_are_opened() -> None:
    prepared_send(20)
    settle(2, handover=Handover.FAILED, reason="550 5.1.1 (address)")
    accept_the_rest()
    opened = []
    real = sealer().open_contact

    class Counting:
        def open_contact(self, sealed: bytes, *, lookup: bytes) -> Contact:
            opened.append(lookup)
            return real(sealed, lookup=lookup)

    count_domains(Send.objects.get().pk, Counting())  # type: ignore[arg-type]
    assert len(opened) == 2


def test_people_who_were_erased_since_are_counted_as_such() -> None:
    prepared_send(6)
    failed = settle(6, handover=Handover.FAILED, reason="550 5.1.1 (address)")
    Subscriber.objects.filter(subscriptions__in=Delivery.objects.filter(pk__in=failed[:2]).values("subscription_id")).delete()
    assert {one.domain: one.people for one in count_domains(Send.objects.get().pk, sealer())} == {OTHER_DOMAINS: 4, ERASED: 2}


def test_goodbyes_count_from_its_mails_to_the_next_issue() -> None:
    prepared_send(12)
    excluded = settle(1, handover=Handover.EXCLUDED, reason="ended")
    accept_the_rest()
    rest = list(Delivery.objects.filter(handover=Handover.ACCEPTED).order_by("pk").values_list("pk", flat=True))
    end_subscriptions(excluded, EndReason.UNSUBSCRIBED, NOW + timedelta(hours=1))
    end_subscriptions(rest[:3], EndReason.UNSUBSCRIBED, NOW + timedelta(days=1))
    end_subscriptions(rest[3:4], EndReason.DIED, NOW + timedelta(days=2))
    end_subscriptions(rest[4:5], EndReason.UNSUBSCRIBED, NOW + timedelta(days=40))
    end_subscriptions(rest[5:6], EndReason.UNSUBSCRIBED, NOW + timedelta(days=70))

    sixty_days = full_report(ISSUE, sealer(), now=NOW + timedelta(days=100)).endings
    assert sixty_days.by_reason == {"died": 1, "unsubscribed": 4}
    assert sixty_days.until == NOW + timedelta(days=60)

    begin_send(issue="2027-02")
    Send.objects.filter(issue="2027-02").update(created_at=NOW + timedelta(days=30))
    assert full_report(ISSUE, sealer(), now=NOW + timedelta(days=100)).endings.by_reason == {"died": 1, "unsubscribed": 3}


def test_a_correction_is_linked_both_ways_and_ends_no_aftermath() -> None:
    prepared_send(4)
    accept_the_rest()
    begin_send(issue="2026-12-correction")
    Send.objects.filter(issue="2026-12-correction").update(
        created_at=NOW + timedelta(days=1), corrects=Send.objects.get(issue=ISSUE)
    )
    report = full_report(ISSUE, sealer(), now=LATER)
    assert report.corrections == ("2026-12-correction",)
    assert report.endings.until == LATER
    assert full_report("2026-12-correction", sealer(), now=LATER).corrects == ISSUE


def test_readers_who_got_another_languages_edition_are_counted() -> None:
    prepared_send(10, languages=("en", "es"))
    accept_the_rest()
    FrozenEdition.objects.filter(language="es").update(written_in="en")
    found = full_report(ISSUE, sealer(), now=LATER).elsewhere
    assert [(one.language, one.written_in, one.people) for one in found] == [("es", "en", 5)]


def test_time_line_and_rate_come_from_what_was_written_down() -> None:
    prepared_send(60)
    accept_the_rest()
    send = Send.objects.get()
    for minute in range(600):
        Progress.objects.create(send=send, at=NOW + timedelta(minutes=minute), settled=minute)
    Send.objects.update(state=SendState.DONE, prepared_at=NOW, finished_at=NOW + timedelta(minutes=2))
    report = full_report(ISSUE, sealer(), now=LATER)
    assert (report.seconds, report.per_minute) == (120, 30)
    assert report.by_hour == {NOW.astimezone(UTC): 60}
    assert len(report.time_line) <= 241
    assert (report.time_line[0].settled, report.time_line[-1].settled) == (0, 599)


def test_a_report_asks_as_often_for_many_as_for_few() -> None:
    prepared_send(300, languages=("en", "es"))
    settle(100, handover=Handover.FAILED, reason="550 5.1.1 (address)")
    accept_the_rest()
    with CaptureQueriesContext(connection) as asked:
        full_report(ISSUE, sealer(), now=LATER)
    assert len(asked) <= 16


@pytest.fixture
def rows() -> Iterator[Recipient]:
    prepared_send(3)
    settle(1, handover=Handover.FAILED, reason="550 5.1.1 (address)", attempts=2, handed_over_at=NOW)
    accept_the_rest()
    return find_recipients(ISSUE, sealer(), person_key="ada", person=PUBLISHER, now=NOW, system_user="somebody")


def test_who_looks_at_addresses_is_written_down_before_the_first_row(rows: Iterator[Recipient]) -> None:
    entry = AuditEntry.objects.get(act="see recipients")
    assert (entry.subject, entry.person, entry.system_user) == (ISSUE, "ada", "somebody")
    assert len(list(rows)) == 3


def test_rows_say_handover_and_outcome_apart_and_nothing_of_topics(rows: Iterator[Recipient]) -> None:
    lines = list(csv.reader(io.StringIO("".join(as_csv(rows)))))
    assert lines[0] == ["address", "language", "handover", "outcome", "bounce", "reason", "hour", "attempts"]
    assert lines[1] == [
        "reader1@example.org",
        "en",
        "failed",
        "",
        "",
        "550 5.1.1 (address)",
        "2026-12-01T15:00Z",
        "2",
    ]
    assert not any(topic in str(lines) for topic in TOPICS)


def test_rows_as_json_are_one_list(rows: Iterator[Recipient]) -> None:
    assert [one["handover"] for one in json.loads("".join(as_json(rows)))] == ["failed", "accepted", "accepted"]
    assert json.loads("".join(as_json([]))) == []


def test_rows_as_text_are_lines(rows: Iterator[Recipient]) -> None:
    assert len("".join(as_text(rows)).splitlines()) == 4


def test_a_cell_is_never_a_formula() -> None:
    prepared_send(1)
    move_to_domain(settle(1, handover=Handover.ACCEPTED), "example.org")
    person = Subscriber.objects.get()
    person.lookup = sealer().lookup("=cmd@example.org")
    person.contact = sealer().seal_contact(Contact("=cmd@example.org", ""), lookup=person.lookup)
    person.save()
    found = find_recipients(ISSUE, sealer(), person_key="ada", person=PUBLISHER, now=NOW, system_user="x")
    assert "'=cmd@example.org" in "".join(as_csv(found))


def test_whoever_may_not_see_addresses_sees_none_and_leaves_no_entry() -> None:
    prepared_send(1)
    with pytest.raises(NotAllowedError, match="Maria Example may not see"):
        find_recipients(ISSUE, sealer(), person_key="maria", person=REVIEWER, now=NOW, system_user="x")
    assert not AuditEntry.objects.filter(act="see recipients").exists()


def test_an_address_is_in_no_repr() -> None:
    prepared_send(1)
    found = find_recipients(ISSUE, sealer(), person_key="ada", person=PUBLISHER, now=NOW, system_user="x")
    assert "reader1" not in repr(next(found))

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries
from structlog.testing import capture_logs

from newsletter.errors import KeyMissingError
from newsletter.subscribers.audience import (
    Addressee,
    AudienceMember,
    addressees,
    audience_page,
    count_audience,
    last_subscription_id,
)
from newsletter.subscribers.models import EndReason, Subscriber, SuppressionReason
from newsletter.subscribers.subscribing import end_subscription, snooze
from newsletter.subscribers.suppressing import suppress
from tests.readers import NOVEMBER, SignedUp, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]

SEND_DAY = date(2026, 12, 1)


@pytest.fixture
def people() -> dict[str, SignedUp]:
    """One reader for each thing that may be true of one; `back` is somebody who left and came back."""
    names = {"here": "en", "aquí": "es", "paused": "en", "returns": "en", "barred": "es", "left": "en", "back": "en"}
    found = {name: sign_up(f"reader{number}@example.org", language=names[name]) for number, name in enumerate(names)}
    snooze(found["paused"].subscription_id, until=date(2026, 12, 2), today=NOVEMBER.date())
    snooze(found["returns"].subscription_id, until=SEND_DAY, today=NOVEMBER.date())
    suppress(found["barred"].subscriber(), reason=SuppressionReason.COMPLAINED, now=NOVEMBER)
    end_subscription(found["left"].subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    end_subscription(found["back"].subscription_id, reason=EndReason.STAFF, now=NOVEMBER)
    found["back"] = sign_up("reader6@example.org", language="es")
    return found


def page(*, after: int = 0, limit: int = 100) -> list[AudienceMember]:
    return audience_page(after=after, last=last_subscription_id(), limit=limit, on=SEND_DAY)


def test_an_audience_is_every_open_subscription_with_the_reason_of_those_left_out(people: dict[str, SignedUp]) -> None:
    assert page() == [
        AudienceMember(people["here"].subscription_id, "en", ""),
        AudienceMember(people["aquí"].subscription_id, "es", ""),
        AudienceMember(people["paused"].subscription_id, "en", "snoozed"),
        AudienceMember(people["returns"].subscription_id, "en", ""),
        AudienceMember(people["barred"].subscription_id, "es", "suppressed"),
        AudienceMember(people["back"].subscription_id, "es", ""),
    ]


def test_pages_follow_each_other_without_gap_or_overlap(people: dict[str, SignedUp]) -> None:
    members: list[AudienceMember] = []
    while more := page(after=members[-1].subscription_id if members else 0, limit=2):
        members += more
    assert members == page()


def test_whoever_comes_after_the_last_is_not_in_the_audience(people: dict[str, SignedUp]) -> None:
    last = last_subscription_id()
    sign_up("late@example.org")
    assert audience_page(after=0, last=last, limit=100, on=SEND_DAY) == audience_page(after=0, last=last, limit=6, on=SEND_DAY)


def test_without_anybody_there_is_no_last_subscription() -> None:
    assert (last_subscription_id(), page()) == (0, [])


def test_addressees_are_asked_for_in_one_query_and_say_why_somebody_must_not_be_mailed(
    people: dict[str, SignedUp], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [reader.subscription_id for reader in people.values()]
    gone = max(ids) + 1
    with django_assert_num_queries(1):
        found = addressees([*ids, gone], on=SEND_DAY)
    here = people["here"]
    assert found[here.subscription_id] == Addressee(
        here.subscription_id, bytes(here.subscription().public_id), "reader0@example.org", "Ana"
    )
    reasons = {name: found[people[name].subscription_id] for name in ("paused", "barred", "left")}
    assert reasons == {"paused": "snoozed", "barred": "suppressed", "left": "ended"}
    assert isinstance(found[people["returns"].subscription_id], Addressee)
    assert found[gone] == "erased"
    assert list(found) == [*ids, gone]


def test_nobody_asked_for_is_nobody_found() -> None:
    assert addressees([], on=SEND_DAY) == {}


def test_one_row_that_was_tampered_with_holds_nobody_else_up(people: dict[str, SignedUp]) -> None:
    here, there = people["here"], people["aquí"]
    Subscriber.objects.filter(pk=here.subscriber().pk).update(contact=there.subscriber().contact)
    found = addressees([here.subscription_id, there.subscription_id], on=SEND_DAY)
    assert found[here.subscription_id] == "unreadable"
    assert isinstance(found[there.subscription_id], Addressee)


def test_a_missing_key_stops_everything(people: dict[str, SignedUp]) -> None:
    subscriber = people["here"].subscriber()
    Subscriber.objects.filter(pk=subscriber.pk).update(contact=b"\x09" + bytes(subscriber.contact)[1:])
    with pytest.raises(KeyMissingError, match="key 9"):
        addressees([people["here"].subscription_id], on=SEND_DAY)


def test_an_addressee_shows_nothing_of_itself() -> None:
    assert "example" not in repr(Addressee(1, b"12345678", "ana@example.org", "Ana"))


def test_topics_are_given_only_where_they_are_asked_for(people: dict[str, SignedUp]) -> None:
    reader = people["here"].subscription_id
    without, with_them = (addressees([reader], on=SEND_DAY, with_topics=asked)[reader] for asked in (False, True))
    assert isinstance(without, Addressee)
    assert isinstance(with_them, Addressee)
    assert (without.topics, with_them.topics) == (frozenset(), frozenset({"tnbc"}))
    assert "tnbc" not in repr(with_them)


def test_who_must_not_be_mailed_is_not_looked_into(people: dict[str, SignedUp]) -> None:
    left = people["left"]
    Subscriber.objects.filter(pk=left.subscriber().pk).update(topics=b"\x09" + bytes(left.subscriber().topics)[1:])
    assert addressees([left.subscription_id], on=SEND_DAY, with_topics=True) == {left.subscription_id: "ended"}


def test_topics_that_were_tampered_with_cost_nobody_their_mail_and_are_counted(people: dict[str, SignedUp]) -> None:
    here, there = people["here"], people["aquí"]
    Subscriber.objects.filter(pk=here.subscriber().pk).update(topics=there.subscriber().topics)
    ids = [here.subscription_id, there.subscription_id]
    with capture_logs() as lines:
        found = addressees(ids, on=SEND_DAY, with_topics=True)
    told = [one.topics for one in found.values() if isinstance(one, Addressee)]
    assert told == [frozenset(), frozenset({"tnbc"})]
    assert lines == [{"event": "topics unreadable", "log_level": "warning", "readers": 1}]


def test_a_missing_key_of_topics_stops_everything(people: dict[str, SignedUp]) -> None:
    subscriber = people["here"].subscriber()
    Subscriber.objects.filter(pk=subscriber.pk).update(topics=b"\x09" + bytes(subscriber.topics)[1:])
    with pytest.raises(KeyMissingError, match="key 9"):
        addressees([people["here"].subscription_id], on=SEND_DAY, with_topics=True)
    assert isinstance(addressees([people["here"].subscription_id], on=SEND_DAY)[people["here"].subscription_id], Addressee)


def test_the_count_equals_what_the_pages_yield(people: dict[str, SignedUp]) -> None:
    count, members = count_audience(SEND_DAY), page()
    assert count.by_language == Counter(member.language for member in members if not member.exclusion)
    assert count.excluded == Counter(member.exclusion for member in members if member.exclusion)
    assert count.ended == {"unsubscribed": 1, "staff": 1}
    assert count.to_be_mailed == 4

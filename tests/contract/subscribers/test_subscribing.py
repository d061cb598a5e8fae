from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from newsletter.errors import NotAllowedError
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import EndReason, Subscriber, Subscription, Suppression, SuppressionReason
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import (
    ChoicesChange,
    Consent,
    SubscribeKind,
    SubscribeResult,
    change_choices,
    end_subscription,
    snooze,
    subscribe,
    unsnooze,
)
from newsletter.subscribers.suppressing import LIFTED, suppress
from tests.readers import CONSENT, NOVEMBER, is_suppressed, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]

LATER = NOVEMBER + timedelta(days=30)
TODAY = NOVEMBER.date()
NOBODY = 10**9


def say_yes(address: str = "ana.perez@example.org", *, language: str = "en", now: datetime = NOVEMBER) -> SubscribeResult:
    return subscribe(Contact(address, "Ana"), language=language, topics={"tnbc"}, consent=CONSENT, now=now)


def test_a_yes_is_stored_with_its_consent_and_nothing_personal_in_clear() -> None:
    result = say_yes()
    assert result.subscription_id is not None
    stored = Subscription.objects.get(pk=result.subscription_id)
    assert result.kind is SubscribeKind.NEW
    assert (stored.consent_wording, stored.consent_language, stored.consent_source) == ("2026-11", "en", "form")
    assert (stored.consent_at, stored.started_at, stored.ended_at) == (NOVEMBER, NOVEMBER, None)
    row = Subscriber.objects.values_list("lookup", "contact", "topics").get()
    assert not any(word in bytes(cell) for cell in row for word in (b"ana", b"Ana", b"example", b"tnbc"))
    assert sealer().open_contact(stored.subscriber.contact, lookup=bytes(stored.subscriber.lookup)).first_name == "Ana"


def test_the_same_person_written_otherwise_is_known_and_stays_as_they_are() -> None:
    first = say_yes()
    again = say_yes("ANA.Perez@Example.ORG", language="es", now=LATER)
    assert again == SubscribeResult(SubscribeKind.KNOWN, first.subscription_id)
    assert Subscriber.objects.get().language == "en"
    assert Subscription.objects.count() == 1


def test_somebody_who_left_comes_back_with_a_new_subscription_and_the_old_one_stays() -> None:
    first = say_yes()
    assert first.subscription_id is not None
    snooze(first.subscription_id, until=date(2027, 1, 1), today=TODAY)
    end_subscription(first.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    again = say_yes(language="es", now=LATER)
    old, new = Subscription.objects.order_by("pk")
    assert (again.kind, again.subscription_id) == (SubscribeKind.RETURNED, new.pk)
    assert (old.end_reason, old.ended_at, new.ended_at) == (EndReason.UNSUBSCRIBED, NOVEMBER, None)
    assert bytes(old.public_id) != bytes(new.public_id)
    assert (new.subscriber.language, new.subscriber.snoozed_until) == ("es", None)


def test_an_address_that_must_not_be_mailed_is_refused_and_not_stored() -> None:
    suppress(sealer().lookup("ana.perez@example.org"), reason=SuppressionReason.COMPLAINED, now=NOVEMBER)
    assert say_yes() == SubscribeResult(SubscribeKind.SUPPRESSED, None)
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("part", ["wording", "language", "source"])
def test_a_consent_without_one_of_its_parts_cannot_be_made(part: str) -> None:
    parts = {"wording": "2026-11", "language": "en", "source": "form"} | {part: ""}
    with pytest.raises(ValueError, match="a consent names"):
        Consent(**parts, at=NOVEMBER)


def test_a_consent_without_a_time_zone_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="aware"):
        Consent("2026-11", "en", "form", NOVEMBER.replace(tzinfo=None))


def test_an_end_happens_once_and_is_never_rewritten() -> None:
    reader = sign_up()
    assert end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    assert not end_subscription(reader.subscription_id, reason=EndReason.COMPLAINED, now=LATER)
    assert (reader.subscription().end_reason, reader.subscription().ended_at) == (EndReason.UNSUBSCRIBED, NOVEMBER)


def test_ending_what_does_not_exist_changes_nothing() -> None:
    assert not end_subscription(NOBODY, reason=EndReason.STAFF, now=NOVEMBER)


@pytest.mark.parametrize(
    ("topics", "language", "change"),
    [
        (["tnbc"], "en", ChoicesChange(topics=False, language=False)),
        (["tnbc", "trials"], "en", ChoicesChange(topics=True, language=False)),
        (["tnbc"], "es", ChoicesChange(topics=False, language=True)),
        ([], "es", ChoicesChange(topics=True, language=True)),
    ],
)
def test_a_change_of_choices_says_what_is_different(topics: list[str], language: str, change: ChoicesChange) -> None:
    reader = sign_up(topics=["tnbc"], language="en")
    assert change_choices(reader.subscription_id, topics=topics, language=language) == change
    stored = reader.subscriber()
    assert sealer().open_topics(stored.topics, lookup=bytes(stored.lookup)) == frozenset(topics)
    assert stored.language == language


def test_a_snooze_can_be_set_moved_and_ended() -> None:
    reader = sign_up()
    days = [date(2027, 1, 1), date(2027, 1, 1), date(2027, 3, 1)]
    assert [snooze(reader.subscription_id, until=day, today=TODAY) for day in days] == [True, False, True]
    assert reader.subscriber().snoozed_until == date(2027, 3, 1)
    assert [unsnooze(reader.subscription_id), unsnooze(reader.subscription_id)] == [True, False]
    assert reader.subscriber().snoozed_until is None


@pytest.mark.parametrize("until", [TODAY, TODAY - timedelta(days=1)])
def test_a_snooze_ends_on_a_day_to_come(until: date) -> None:
    reader = sign_up()
    with pytest.raises(NotAllowedError, match="a day to come"):
        snooze(reader.subscription_id, until=until, today=TODAY)


@pytest.mark.parametrize(
    "act",
    [
        lambda subscription_id: change_choices(subscription_id, topics=[], language="es"),
        lambda subscription_id: snooze(subscription_id, until=date(2027, 1, 1), today=TODAY),
        unsnooze,
    ],
    ids=["choices", "snooze", "unsnooze"],
)
def test_nothing_about_an_ended_subscription_can_be_changed(act: Callable[[int], object]) -> None:
    reader = sign_up()
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    before = list(Subscriber.objects.values_list())
    with pytest.raises(NotAllowedError, match="has ended"):
        act(reader.subscription_id)
    assert list(Subscriber.objects.values_list()) == before


def test_who_moves_away_while_somebody_signs_up_with_their_address_keeps_what_they_have(monkeypatch: pytest.MonkeyPatch) -> None:
    mover = sign_up("ana@example.org").subscriber()
    find = Subscriber.objects.get_or_create

    def move_away(**values: Any) -> tuple[Subscriber, bool]:
        found = find(**values)
        Subscriber.objects.filter(pk=mover.pk).update(lookup=sealer().lookup("ana@example.net"))
        return found

    monkeypatch.setattr(Subscriber.objects, "get_or_create", move_away)
    newcomer = sign_up("ana@example.org").subscriber()
    assert newcomer.pk != mover.pk
    assert mover.subscriptions.filter(ended_at__isnull=True).exists()


@pytest.mark.parametrize("first", LIFTED)
def test_what_an_owner_would_lift_is_replaced_by_what_they_would_not(first: SuppressionReason) -> None:
    subscriber = sign_up().subscriber()
    suppress(subscriber, reason=first, now=NOVEMBER)
    suppress(subscriber, reason=SuppressionReason.STAFF, now=LATER)
    assert Suppression.objects.get().reason == SuppressionReason.STAFF


def test_a_suppression_happens_once_and_keeps_its_first_reason() -> None:
    reader = sign_up()
    subscriber = reader.subscriber()
    assert suppress(subscriber, reason=SuppressionReason.BOUNCED, now=NOVEMBER)
    assert not suppress(bytes(subscriber.lookup), reason=SuppressionReason.COMPLAINED, now=LATER)
    assert is_suppressed(sealer().lookup("ana.perez@example.org"))
    assert not is_suppressed(sealer().lookup("eva@example.org"))
    assert reader.subscription().ended_at is None

"""Every change of a subscription and of what its reader chose: one function each, in a transaction of its own.

A subscription starts with a consent and ends with a reason; it is never rewritten. Whoever comes back gets a new one.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import connection, transaction

from newsletter.errors import NotAllowedError
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.links import PUBLIC_ID_LENGTH
from newsletter.subscribers.models import EndReason, Subscriber, Subscription, Suppression
from newsletter.subscribers.sealing import Contact

END_SUBSCRIPTION = """
UPDATE subscribers_subscription SET ended_at = %s, end_reason = %s WHERE id = %s AND ended_at IS NULL"""


@dataclass(frozen=True, slots=True)
class Consent:
    """That a person said yes: to which version of the wording, in which language, how it came (form, import, paper), when."""

    wording: str
    language: str
    source: str
    at: datetime

    def __post_init__(self) -> None:
        if not (self.wording and self.language and self.source):
            raise ValueError("a consent names its wording, language and source")
        if self.at.tzinfo is None:
            raise ValueError("a consent's moment is an aware datetime")


class SubscribeKind(StrEnum):
    """What became of a wish to subscribe."""

    NEW = "new"
    """A person whom we did not know."""
    RETURNED = "returned"
    """A person who had left and came back: a new subscription."""
    KNOWN = "known"
    """A person who is subscribed already; nothing was changed."""
    SUPPRESSED = "suppressed"
    """The address must not be mailed; nothing was stored."""


@dataclass(frozen=True, slots=True)
class SubscribeResult:
    """``subscription_id`` is that of the open subscription; None where there is none."""

    kind: SubscribeKind
    subscription_id: int | None


@dataclass(frozen=True, slots=True)
class ChoicesChange:
    """What ``change_choices`` changed."""

    topics: bool
    language: bool


def subscribe(contact: Contact, *, language: str, topics: Collection[str], consent: Consent, now: datetime) -> SubscribeResult:
    """Open a subscription for a person who said yes.

    ``contact.address`` is as ``parse_address`` gives it. An address that must not be mailed is refused, and somebody who
    is subscribed stays as they are: neither is an error.
    """
    lookup = sealer().lookup(contact.address)
    chosen = {
        "contact": sealer().seal_contact(contact, lookup=lookup),
        "topics": sealer().seal_topics(topics, lookup=lookup),
        "language": language,
    }
    with transaction.atomic():
        if Suppression.objects.filter(lookup=lookup).exists():
            return SubscribeResult(SubscribeKind.SUPPRESSED, None)
        subscriber, made = _find_or_make(lookup, {**chosen, "created_at": now})
        already = subscriber.subscriptions.filter(ended_at__isnull=True).first()
        if already is not None:
            return SubscribeResult(SubscribeKind.KNOWN, already.pk)
        if not made:
            Subscriber.objects.filter(pk=subscriber.pk).update(**chosen, snoozed_until=None)
        subscription = Subscription.objects.create(
            subscriber=subscriber,
            public_id=secrets.token_bytes(PUBLIC_ID_LENGTH),
            consent_wording=consent.wording,
            consent_language=consent.language,
            consent_source=consent.source,
            consent_at=consent.at,
            started_at=now,
        )
        return SubscribeResult(SubscribeKind.NEW if made else SubscribeKind.RETURNED, subscription.pk)


def end_subscription(subscription_id: int, *, reason: EndReason, now: datetime) -> bool:
    """End a subscription; says whether it was open. The first reason and moment stay whatever comes after."""
    with connection.cursor() as cursor:
        cursor.execute(END_SUBSCRIPTION, [connection.ops.adapt_datetimefield_value(now), reason.value, subscription_id])
        return bool(cursor.rowcount == 1)


def change_choices(subscription_id: int, *, topics: Collection[str], language: str) -> ChoicesChange:
    """Store what a reader chose; says what is different from before. Raises NotAllowedError for an ended subscription."""
    with transaction.atomic():
        subscriber = _subscriber_to_change(subscription_id)
        lookup = bytes(subscriber.lookup)
        change = ChoicesChange(
            topics=sealer().readable_topics(subscriber.topics, lookup=lookup) != frozenset(topics),
            language=subscriber.language != language,
        )
        if change.topics:
            subscriber.topics = sealer().seal_topics(topics, lookup=lookup)
        subscriber.language = language
        subscriber.save(update_fields=["topics", "language"])
        return change


def snooze(subscription_id: int, *, until: date, today: date) -> bool:
    """Pause the newsletter; ``until`` is the first day on which mail goes out again. Says whether that is a change.

    Raises NotAllowedError for an ended subscription and for a day that is not after ``today``.
    """
    if until <= today:
        raise NotAllowedError("A pause ends on a day to come; use unsnooze to end it now.")
    return _set_snooze(subscription_id, until)


def unsnooze(subscription_id: int) -> bool:
    """End a pause now; says whether there was one. Raises NotAllowedError for an ended subscription."""
    return _set_snooze(subscription_id, None)


def _find_or_make(lookup: bytes, values: dict[str, object]) -> tuple[Subscriber, bool]:
    """Give the locked person with this lookup hash, and whether they are new.

    Who is found may have moved away, or been erased, before they are locked; who is made here cannot.
    """
    while True:
        _, made = Subscriber.objects.get_or_create(lookup=lookup, defaults=values)
        locked = Subscriber.objects.select_for_update().filter(lookup=lookup).first()
        if locked is not None:
            return locked, made


def _set_snooze(subscription_id: int, until: date | None) -> bool:
    with transaction.atomic():
        subscriber = _subscriber_to_change(subscription_id)
        changed = subscriber.snoozed_until != until
        subscriber.snoozed_until = until
        subscriber.save(update_fields=["snoozed_until"])
        return changed


def _subscriber_to_change(subscription_id: int) -> Subscriber:
    subscription = (
        Subscription.objects.select_for_update()
        .select_related("subscriber")
        .filter(pk=subscription_id, ended_at__isnull=True)
        .first()
    )
    if subscription is None:
        raise NotAllowedError("This subscription has ended: nothing about it can be changed. The reader may subscribe anew.")
    return subscription.subscriber

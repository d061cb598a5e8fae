"""The SQL by which a list is taken in, a thousand people at a time. What is there already stays as it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection

from newsletter.subscribers.models import EndReason, SuppressionReason
from newsletter.subscribers.subscribing import Consent

KNOWN = "SELECT lookup FROM subscribers_subscriber WHERE lookup IN (?)"

SUBSCRIBED = """
SELECT subscriber.lookup
  FROM subscribers_subscriber subscriber
  JOIN subscribers_subscription subscription ON subscription.subscriber_id = subscriber.id
 WHERE subscription.ended_at IS NULL AND subscriber.lookup IN (?)"""

SUPPRESSED = "SELECT lookup FROM subscribers_suppression WHERE lookup IN (?)"

INSERT_SUBSCRIBER = """
INSERT INTO subscribers_subscriber (lookup, contact, topics, language, snoozed_until, created_at)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (lookup) DO NOTHING"""

INSERT_SUBSCRIPTION = """
INSERT INTO subscribers_subscription (subscriber_id, public_id, consent_wording, consent_language, consent_source,
                                      consent_at, started_at, ended_at, end_reason)
SELECT subscriber.id, %s, %s, %s, %s, %s, %s, %s, %s
  FROM subscribers_subscriber subscriber
 WHERE subscriber.lookup = %s
   AND NOT EXISTS (SELECT 1 FROM subscribers_subscription other WHERE other.subscriber_id = subscriber.id)"""

INSERT_SUPPRESSION = """
INSERT INTO subscribers_suppression (lookup, reason, created_at) VALUES (%s, %s, %s) ON CONFLICT (lookup) DO NOTHING"""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person as they are stored, sealed, with their one subscription; ``ended`` says why it is over, if it is."""

    lookup: bytes
    contact: bytes = field(repr=False)
    topics: bytes = field(repr=False)
    language: str
    snoozed_until: date | None
    public_id: bytes
    consent: Consent
    ended: EndReason | None


def known(lookups: Collection[bytes]) -> set[bytes]:
    """Give those of the lookup hashes whose people we have."""
    return _found(KNOWN, lookups)


def subscribed(lookups: Collection[bytes]) -> set[bytes]:
    """Give those of the lookup hashes whose people are subscribed; asks nobody about none."""
    return _found(SUBSCRIBED, lookups) if lookups else set()


def suppressed(lookups: Collection[bytes]) -> set[bytes]:
    """Give those of the lookup hashes that must not be mailed."""
    return _found(SUPPRESSED, lookups)


def insert_people(people: Sequence[NewPerson], *, now: datetime) -> None:
    """Store people and their subscriptions; somebody who came in by another way meanwhile keeps what they have."""
    moment, day = connection.ops.adapt_datetimefield_value, connection.ops.adapt_datefield_value
    subscribers = [(new.lookup, new.contact, new.topics, new.language, day(new.snoozed_until), moment(now)) for new in people]
    subscriptions = [
        (
            new.public_id,
            new.consent.wording,
            new.consent.language,
            new.consent.source,
            moment(new.consent.at),
            moment(now),
            moment(now) if new.ended else None,
            str(new.ended or ""),
            new.lookup,
        )
        for new in people
    ]
    with connection.cursor() as cursor:
        cursor.executemany(INSERT_SUBSCRIBER, subscribers)
        cursor.executemany(INSERT_SUBSCRIPTION, subscriptions)


def insert_suppressions(suppressions: Sequence[tuple[bytes, SuppressionReason]], *, now: datetime) -> None:
    """Store addresses that must not be mailed; the first reason of an address stays."""
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.executemany(INSERT_SUPPRESSION, [(lookup, str(reason), at) for lookup, reason in suppressions])


def _found(statement: str, lookups: Collection[bytes]) -> set[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("?", ", ".join(["%s"] * len(lookups))), list(lookups))
        return {bytes(row[0]) for row in cursor.fetchall()}

"""The SQL by which a list is taken in, some thousand people at a time. What is there already stays as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from django.db import connection

from newsletter.subscribers.models import EndReason, SuppressionReason
from newsletter.subscribers.subscribing import Consent
from newsletter.subscribers.suppressing import LIFTED

KNOWN: Final = "SELECT lookup FROM subscribers_subscriber WHERE lookup IN (?)"

SUBSCRIBED: Final = """
SELECT subscriber.lookup
  FROM subscribers_subscriber subscriber
  JOIN subscribers_subscription subscription ON subscription.subscriber_id = subscriber.id
 WHERE subscription.ended_at IS NULL AND subscriber.lookup IN (?)"""

SUPPRESSED: Final = "SELECT lookup FROM subscribers_suppression WHERE lookup IN (?)"

LIFTABLE: Final = SUPPRESSED + " AND reason IN (!)"

ASKED: Final = "SELECT lookup FROM subscribers_mailedlink WHERE purpose = 'confirm' AND lookup IN (?)"

INSERT_SUBSCRIBERS: Final = """
INSERT INTO subscribers_subscriber (lookup, contact, topics, language, snoozed_until, created_at)
VALUES ?
ON CONFLICT (lookup) DO NOTHING
RETURNING id, lookup"""

INSERT_SUBSCRIPTION: Final = """
INSERT INTO subscribers_subscription (subscriber_id, public_id, consent_wording, consent_language, consent_source,
                                      consent_at, started_at, ended_at, end_reason)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""

QUOTED_LIFTED: Final = ", ".join(f"'{reason}'" for reason in LIFTED)

INSERT_SUPPRESSION: Final = """
INSERT INTO subscribers_suppression (lookup, reason, created_at) VALUES (%s, %s, %s)
ON CONFLICT (lookup) DO UPDATE SET reason = excluded.reason
 WHERE subscribers_suppression.reason IN (?) AND excluded.reason NOT IN (?)"""

ROWS_A_STATEMENT: Final = 500
"""People in one statement: with six values each far below the 32,766 parameters that SQLite takes."""

CACHE: Final = "PRAGMA cache_size = -40960"
"""40 MB of pages: nearly all of the index on the keyed hashes of a million people, of which every chunk touches all."""

ROWS_BETWEEN_CHECKPOINTS: Final = 20_000
"""Pages of the index that change with every chunk are copied from the log into the database once in a while, not each time."""


@dataclass(slots=True)  # not frozen: one is made for each person of a list, in a third of the time
class NewPerson:
    """A person as they are stored, sealed, with their one subscription; ``ended`` says why it is over, if it is."""

    lookup: bytes
    contact: bytes = field(repr=False)
    topics: bytes = field(repr=False)
    language: str
    snoozed_until: date | None
    public_id: bytes
    consent: Consent
    started_at: datetime
    ended_at: datetime | None
    ended: EndReason | None


class Checkpoints:
    """SQLite's log is copied into the database between two transactions, when nobody who writes has to wait for it."""

    def __init__(self, *, needed: bool) -> None:
        self._needed = needed
        self._rows = 0

    def after(self, rows: int) -> None:
        """Copy it now, if so many rows since the last time are enough. Call it outside any transaction."""
        self._rows += rows
        if self._needed and self._rows >= ROWS_BETWEEN_CHECKPOINTS:
            self._rows = 0
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextmanager
def roomy_connection() -> Iterator[Checkpoints]:
    """Give this process's connection to SQLite room for a large list, for as long as it is taken in."""
    if connection.vendor != "sqlite":
        yield Checkpoints(needed=False)
        return
    with connection.cursor() as cursor:
        before = [(name, cursor.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("cache_size", "wal_autocheckpoint")]
        cursor.execute(CACHE)
        cursor.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            # Inside somebody's transaction, as in a test, a checkpoint would fail.
            yield Checkpoints(needed=not connection.in_atomic_block)
        finally:
            for name, value in before:
                cursor.execute(f"PRAGMA {name} = {int(value)}")


def known(lookups: Collection[bytes]) -> set[bytes]:
    """Give those of the lookup hashes whose people we have."""
    return _found(KNOWN, lookups)


def subscribed(lookups: Collection[bytes]) -> set[bytes]:
    """Give those of the lookup hashes whose people are subscribed."""
    return _found(SUBSCRIBED, lookups)


def suppressed(lookups: Collection[bytes]) -> set[bytes]:
    """Give those of the lookup hashes that must not be mailed."""
    return _found(SUPPRESSED, lookups)


def liftable(lookups: Collection[bytes]) -> set[bytes]:
    """Give those of the lookup hashes that must not be mailed, unless their owners sign up themselves."""
    return _found(LIFTABLE.replace("!", QUOTED_LIFTED), lookups)


def asked(lookups: Collection[bytes]) -> set[bytes]:
    """Give those of the lookup hashes whose people were mailed a link to confirm."""
    return _found(ASKED, lookups)


def insert_people(people: Sequence[NewPerson], *, now: datetime) -> set[bytes]:
    """Store people and their subscriptions; give the lookup hashes of those stored.

    Somebody who came in by another way meanwhile keeps what they have. ``people`` come in the order of their lookup hashes.
    """
    stored: dict[bytes, int] = {}
    created = _moment(now)
    with connection.cursor() as cursor:
        for start in range(0, len(people), ROWS_A_STATEMENT):
            few = people[start : start + ROWS_A_STATEMENT]
            values: list[bytes | str | None] = []
            for new in few:
                values += (new.lookup, new.contact, new.topics, new.language, _day(new.snoozed_until), created)
            cursor.execute(INSERT_SUBSCRIBERS.replace("?", _rows_of_six(len(few))), values)
            stored.update((bytes(lookup), row_id) for row_id, lookup in cursor.fetchall())
        cursor.executemany(
            INSERT_SUBSCRIPTION,
            [
                (
                    stored[new.lookup],
                    new.public_id,
                    new.consent.wording,
                    new.consent.language,
                    new.consent.source,
                    _moment(new.consent.at),
                    _moment(new.started_at),
                    _moment(new.ended_at) if new.ended_at else None,
                    str(new.ended or ""),
                )
                for new in people
                if new.lookup in stored
            ],
        )
    return set(stored)


def insert_suppressions(suppressions: Sequence[tuple[bytes, SuppressionReason]], *, now: datetime) -> None:
    """Store addresses that must not be mailed; the first reason of an address stays, unless it is one that its owner lifts."""
    at = _moment(now)
    with connection.cursor() as cursor:
        statement = INSERT_SUPPRESSION.replace("?", QUOTED_LIFTED)
        cursor.executemany(statement, [(lookup, str(reason), at) for lookup, reason in suppressions])


def _found(statement: str, lookups: Collection[bytes]) -> set[bytes]:
    if not lookups:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("?", ", ".join(["%s"] * len(lookups))), list(lookups))
        return {bytes(row[0]) for row in cursor.fetchall()}


@lru_cache(maxsize=4)
def _rows_of_six(number: int) -> str:
    return ", ".join(["(%s, %s, %s, %s, %s, %s)"] * number)


@lru_cache(maxsize=4096)
def _moment(moment: datetime) -> str | None:
    return connection.ops.adapt_datetimefield_value(moment)


@lru_cache(maxsize=4096)
def _day(day: date | None) -> str | None:
    return connection.ops.adapt_datefield_value(day)

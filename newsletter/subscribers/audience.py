"""Who is to be mailed: the only place that answers it, for freezing an audience, for a batch on its way out, and for a count.

A pause counts on the day ``on``: ``snoozed_until`` is the first day on which mail goes out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import NamedTuple

import structlog
from django.db import connection

from newsletter.errors import KeyMissingError, SealError
from newsletter.subscribers.installation import sealer

log = structlog.get_logger()

_EXCLUSION = """
CASE WHEN suppression.id IS NOT NULL THEN 'suppressed' WHEN subscriber.snoozed_until > %s THEN 'snoozed' ELSE '' END"""

_SUBSCRIPTIONS = """
  FROM subscribers_subscription subscription
  JOIN subscribers_subscriber subscriber ON subscriber.id = subscription.subscriber_id
  LEFT JOIN subscribers_suppression suppression ON suppression.lookup = subscriber.lookup"""

LAST_SUBSCRIPTION_ID = "SELECT COALESCE(MAX(id), 0) FROM subscribers_subscription"

AUDIENCE_PAGE = f"""
SELECT subscription.id, subscriber.language, {_EXCLUSION} {_SUBSCRIPTIONS}
 WHERE subscription.ended_at IS NULL AND subscription.id > %s AND subscription.id <= %s
 ORDER BY subscription.id
 LIMIT %s"""

MEMBERS_AMONG = f"""
SELECT subscription.id, subscriber.language,
       CASE WHEN subscription.ended_at IS NOT NULL THEN 'ended' ELSE {_EXCLUSION} END {_SUBSCRIPTIONS}
 WHERE subscription.id IN (?)"""

COUNT_PAGE = f"""
SELECT subscriber.language, {_EXCLUSION} AS exclusion, COUNT(*) {_SUBSCRIPTIONS}
 WHERE subscription.ended_at IS NULL AND subscription.id > %s AND subscription.id <= %s
 GROUP BY subscriber.language, exclusion"""

ADDRESSEES = f"""
SELECT subscription.id, subscription.public_id, subscriber.lookup, subscriber.contact, subscriber.topics,
       CASE WHEN subscription.ended_at IS NOT NULL THEN 'ended' ELSE {_EXCLUSION} END {_SUBSCRIPTIONS}
 WHERE subscription.id IN (?)"""

COUNT_OPEN = f"""
SELECT subscriber.language, {_EXCLUSION} AS exclusion, COALESCE(suppression.reason, '') AS because, COUNT(*) {_SUBSCRIPTIONS}
 WHERE subscription.ended_at IS NULL
 GROUP BY subscriber.language, exclusion, because"""

COUNT_ENDED = """
SELECT end_reason, COUNT(*) FROM subscribers_subscription WHERE ended_at IS NOT NULL GROUP BY end_reason"""


class AudienceMember(NamedTuple):
    """One subscription. ``exclusion`` is empty, "snoozed" or "suppressed"; "ended" where those that ended were asked about."""

    subscription_id: int
    language: str
    exclusion: str

    @property
    def position(self) -> int:
        """Where it stands among all subscriptions."""
        return self.subscription_id


_member = partial(tuple.__new__, AudienceMember)
"""``AudienceMember._make`` without a call of Python's for each of a million."""


@dataclass(slots=True)  # not frozen: one is made for every mail, in a quarter of the time
class Addressee:
    """Where one mail goes. ``topics`` are those that the person chose, where they were asked for."""

    subscription_id: int
    public_id: bytes
    address: str = field(repr=False)
    first_name: str = field(repr=False)
    topics: frozenset[str] = field(repr=False, default=frozenset())


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """How many people: to be mailed by language, open but left out by reason, and ended subscriptions by reason.

    ``suppressed`` parts those that ``excluded`` counts as suppressed by the reason of the suppression, where it is known.
    """

    by_language: dict[str, int]
    excluded: dict[str, int]
    ended: dict[str, int]
    suppressed: dict[str, int] = field(default_factory=dict)

    @property
    def to_be_mailed(self) -> int:
        """Everybody who gets the next issue."""
        return sum(self.by_language.values())


def last_subscription_id() -> int:
    """Give the highest subscription id; 0 when there is none. Whoever comes later is not in an audience frozen up to it."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_SUBSCRIPTION_ID)
        return int(cursor.fetchone()[0])


def audience_page(*, after: int, last: int, limit: int, on: date) -> list[AudienceMember]:
    """Give open subscriptions with ``after < id <= last``, by id, at most ``limit``; the excluded ones with their reason."""
    with connection.cursor() as cursor:
        cursor.execute(AUDIENCE_PAGE, [on.isoformat(), after, last, limit])
        return [*map(_member, cursor.fetchall())]


def members_among(subscription_ids: Sequence[int], *, on: date) -> dict[int, AudienceMember]:
    """Give where these subscriptions stand, also the ended ones; one that is no longer there is left out."""
    placeholders = ", ".join(["%s"] * len(subscription_ids))
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS_AMONG.replace("?", placeholders), [on.isoformat(), *subscription_ids])
        return {row[0]: AudienceMember(*row) for row in cursor.fetchall()}


def count_page(*, after: int, last: int, on: date) -> dict[tuple[str, str], int]:
    """Count open subscriptions with ``after < id <= last`` by language and exclusion, without listing them."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_PAGE, [on.isoformat(), after, last])
        return {(language, exclusion): number for language, exclusion, number in cursor.fetchall()}


def addressees(subscription_ids: Sequence[int], *, on: date, with_topics: bool = False) -> dict[int, Addressee | str]:
    """Give where mail for these subscriptions goes at this moment, or why one must not be mailed now.

    The reasons: "ended", "snoozed", "suppressed", "erased" (it is no longer there), "unreadable" (the stored address was
    tampered with). Topics are opened only ``with_topics``; whose topics were tampered with has none, and is mailed. Raises
    KeyMissingError when a key is missing, since that is true of more than one person.
    """
    if not subscription_ids:
        return {}
    placeholders = ", ".join(["%s"] * len(subscription_ids))
    with connection.cursor() as cursor:
        cursor.execute(ADDRESSEES.replace("?", placeholders), [on.isoformat(), *subscription_ids])
        rows = cursor.fetchall()
    found: dict[int, Addressee | str] = dict.fromkeys(subscription_ids, "erased")
    without_topics = 0
    nothing: frozenset[str] = frozenset()
    seal = sealer()
    for subscription_id, public_id, lookup, contact, topics, exclusion in rows:
        if exclusion:
            found[subscription_id] = exclusion
            continue
        row, chosen = bytes(lookup), nothing
        if with_topics:
            readable = seal.readable_topics(topics, lookup=row)
            without_topics += readable is None
            chosen = readable or nothing
        try:
            address, first_name = seal.open_address_and_name(contact, lookup=row)
        except KeyMissingError:
            raise
        except SealError:
            found[subscription_id] = "unreadable"
        else:
            found[subscription_id] = Addressee(subscription_id, bytes(public_id), address, first_name, chosen)
    if without_topics:
        log.warning("topics unreadable", readers=without_topics)
    return found


def count_audience(on: date) -> AudienceCount:
    """Count what ``audience_page`` would yield over all its pages, and the ended subscriptions."""
    count = AudienceCount({}, {}, {})
    with connection.cursor() as cursor:
        cursor.execute(COUNT_OPEN, [on.isoformat()])
        for language, exclusion, because, number in cursor.fetchall():
            counted, key = (count.excluded, exclusion) if exclusion else (count.by_language, language)
            counted[key] = counted.get(key, 0) + number
            if because:
                count.suppressed[because] = count.suppressed.get(because, 0) + number
        cursor.execute(COUNT_ENDED)
        count.ended.update(cursor.fetchall())
    return count

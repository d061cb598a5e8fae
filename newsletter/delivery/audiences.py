"""Whom a send goes to: every open subscription, or, for a correction, whoever got or may have got the issue that it corrects.

Both are read page by page. ``Send.through`` and ``Send.last`` count subscriptions of an ordinary send, and deliveries of the
corrected send of a correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection

from newsletter.delivery import statements
from newsletter.delivery.models import Send
from newsletter.subscribers.audience import AudienceMember, audience_page, count_page, last_subscription_id, members_among

MOST_AT_ONCE: Final = 1_000
"""Subscriptions asked about in one statement."""

GONE: Final = "erased"
"""Why somebody is left out whose subscription is not stored any more."""


@dataclass(frozen=True, slots=True)
class CorrectedReader:
    """One who got an issue that is corrected, or may have got it; ``position`` is the id of that delivery."""

    position: int
    subscription_id: int | None
    language: str
    exclusion: str


FreezingMember = AudienceMember | CorrectedReader
"""One person of an audience at the moment of freezing; ``exclusion`` says why they are left out, empty when they are not."""


def last_position(corrects: int | None) -> int:
    """Give the last position of an audience that is frozen from now on: of everybody, or of the readers of send ``corrects``."""
    if corrects is None:
        return last_subscription_id()
    with connection.cursor() as cursor:
        cursor.execute(statements.LAST_DELIVERY, [corrects])
        return int(cursor.fetchone()[0])


def next_page(send: Send, *, limit: int, on: date) -> Sequence[FreezingMember]:
    """Give the members of a send's audience that are to be frozen next, at most ``limit``, in their order."""
    if send.corrects_id is None:
        return audience_page(after=send.through, last=send.last, limit=limit, on=on)
    with connection.cursor() as cursor:
        cursor.execute(statements.CORRECTED_PAGE, [send.corrects_id, send.through, send.last, limit])
        rows: list[tuple[int, int | None, str]] = cursor.fetchall()
    asked = [subscription_id for _, subscription_id, _ in rows if subscription_id is not None]
    known: dict[int, AudienceMember] = {}
    for start in range(0, len(asked), MOST_AT_ONCE):
        known |= members_among(asked[start : start + MOST_AT_ONCE], on=on)
    members = []
    for delivery_id, subscription_id, language in rows:
        member = known.get(subscription_id or 0)
        members.append(
            CorrectedReader(delivery_id, subscription_id, member.language, member.exclusion)
            if member
            else CorrectedReader(delivery_id, None, language, GONE)
        )
    return members


def count_until(send: Send, *, through: int, on: date) -> dict[tuple[str, str], int]:
    """Count the members after ``send.through`` up to ``through`` by language and exclusion, without listing them."""
    if send.corrects_id is None:
        return count_page(after=send.through, last=through, on=on)
    with connection.cursor() as cursor:
        cursor.execute(statements.COUNT_CORRECTED, [on.isoformat(), send.corrects_id, send.through, through])
        return {(language, exclusion): number for language, exclusion, number in cursor.fetchall()}

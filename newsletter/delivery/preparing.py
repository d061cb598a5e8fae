"""Starting a send and freezing its audience: who it goes to is decided once, in writing, before the first mail leaves."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from newsletter.delivery import statements
from newsletter.delivery.ledger import finish_send, moment
from newsletter.delivery.models import Handover, SendState
from newsletter.errors import NewsletterError
from newsletter.subscribers.audience import AudienceMember, audience_page, last_subscription_id

MOST_IN_A_BATCH: Final = 1_000
"""SendGrid takes as many in one call."""

CHUNK: Final = 5_000
"""Subscriptions frozen in one transaction: SQLite's one writer is held for some tens of milliseconds."""


class AudienceMismatchError(NewsletterError):
    """The frozen audience and its deliveries are not equally many, so nothing is sent."""


def start_send(*, slot_id: int, issue: str, candidate_id: int, transport: str, now: datetime) -> int | None:
    """Open the one send of a slot and issue, in the caller's transaction; None when there is one already.

    Everybody whose subscription exists now belongs to its audience; who subscribes later gets the next issue.
    """
    with connection.cursor() as cursor:
        values: list[Any] = [slot_id, issue, candidate_id, transport, last_subscription_id(), moment(now)]
        cursor.execute(statements.INSERT_SEND, values)
        row = cursor.fetchone()
        return None if row is None else int(row[0])


def find_preparing_sends() -> list[int]:
    """Give the sends whose audience is not yet frozen to its end."""
    with connection.cursor() as cursor:
        cursor.execute(statements.FIND_PREPARING_SENDS)
        return [row[0] for row in cursor.fetchall()]


def freeze_audience(send_id: int, *, on: date, now: datetime, chunk: int = CHUNK) -> None:
    """Freeze the audience of a send, going on from where an earlier attempt ended, and set the send running.

    Each chunk is one transaction; a conditional update decides between two who prepare the same send. Raises
    AudienceMismatchError when the ledger does not hold as many deliveries as were frozen.
    """
    while _freeze_chunk(send_id, on=on, now=now, chunk=chunk):
        pass


def _freeze_chunk(send_id: int, *, on: date, now: datetime, chunk: int) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements.GET_PREPARATION, [send_id])
        state, through, last, frozen = cursor.fetchone()
        if state != SendState.PREPARING:
            return False
        page = audience_page(after=through, last=last, limit=chunk, on=on)
        if not page:
            _set_running(cursor, send_id, frozen=frozen, now=now)
            return False
        cursor.execute(statements.TAKE_CHUNK, [page[-1].subscription_id, len(page), send_id, through])
        if cursor.rowcount == 1:
            for language, members in _batches(page):
                _insert_batch(cursor, send_id, language, members)
        return True


def _set_running(cursor: CursorWrapper, send_id: int, *, frozen: int, now: datetime) -> None:
    cursor.execute(statements.COUNT_DELIVERIES, [send_id])
    counted = cursor.fetchone()[0]
    if counted != frozen:
        raise AudienceMismatchError(
            f"Send {send_id} froze {frozen} subscribers but holds {counted} deliveries. Nothing was sent. "
            "Keep the database as it is and ask whoever looks after this installation."
        )
    cursor.execute(statements.START_RUNNING, [moment(now), send_id])
    finish_send(cursor, send_id, now=now)


def _batches(page: Sequence[AudienceMember]) -> Iterator[tuple[str, Sequence[AudienceMember]]]:
    by_language: dict[str, list[AudienceMember]] = defaultdict(list)
    for member in page:
        by_language[member.language].append(member)
    for language, members in sorted(by_language.items()):
        for start in range(0, len(members), MOST_IN_A_BATCH):
            yield language, members[start : start + MOST_IN_A_BATCH]


def _insert_batch(cursor: CursorWrapper, send_id: int, language: str, members: Sequence[AudienceMember]) -> None:
    cursor.execute(statements.INSERT_BATCH, [send_id, language, len(members), all(member.exclusion for member in members)])
    batch_id = cursor.fetchone()[0]
    rows = []
    for member in members:
        handover = Handover.EXCLUDED if member.exclusion else Handover.QUEUED
        key = secrets.token_hex(16)
        rows.append([key, send_id, batch_id, member.subscription_id, handover.value, member.exclusion])
    cursor.executemany(statements.INSERT_DELIVERY, rows)

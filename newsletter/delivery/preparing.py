"""Starting a send and freezing its audience: who it goes to is decided once, in writing, before the first mail leaves."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import orjson
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from newsletter.delivery import freezing_statements, statements
from newsletter.delivery.audiences import FreezingMember, count_until, last_position, next_page
from newsletter.delivery.handovers import moment
from newsletter.delivery.ledger import finish_send
from newsletter.delivery.models import Handover, Send, SendState
from newsletter.delivery.spreading import Spread
from newsletter.delivery.statements import among
from newsletter.errors import NewsletterError

MOST_IN_A_BATCH: Final = 1_000
"""SendGrid takes as many in one call."""

CHUNK: Final = 5_000
"""Subscriptions frozen in one transaction: SQLite's one writer is held for some tens of milliseconds."""

KEY_BYTES: Final = 16

KEY_HEAD_BYTES: Final = 4
"""Random bytes that the keys of a chunk share, so that an index of a million is written in few places: two thirds faster. The
others are random for each. That two mails were frozen together says nothing about anybody."""

LOOKS_AT_A_CHUNK: Final = 3
"""Somebody may leave between the list of a chunk and its count (PostgreSQL, READ COMMITTED); hardly three times."""


class AudienceMismatchError(NewsletterError):
    """The frozen audience is not the one that it should be, so nothing is sent."""


class _CountsDifferError(Exception):
    """What a chunk holds is not what counting gives; nothing of it was stored."""


def start_send(
    *,
    slot_id: int,
    issue: str,
    candidate_id: int,
    transport: str,
    now: datetime,
    spread_seconds: float = 0,
    corrects: int | None = None,
) -> int | None:
    """Open the one send of a slot and issue, in the caller's transaction; None when there is one already.

    Everybody whose subscription exists now belongs to its audience; who subscribes later gets the next issue. Their mails
    become due one after the other over ``spread_seconds``. With ``corrects``, the id of a send, the audience is whoever got that
    one, or may have got it.
    """
    with connection.cursor() as cursor:
        last = last_position(corrects)
        values: list[Any] = [slot_id, issue, candidate_id, transport, corrects, spread_seconds, last, moment(now)]
        cursor.execute(statements.INSERT_SEND, values)
        row = cursor.fetchone()
        return None if row is None else int(row[0])


def find_preparing_sends() -> list[int]:
    """Give the sends whose audience is not yet frozen to its end."""
    with connection.cursor() as cursor:
        cursor.execute(statements.FIND_PREPARING_SENDS)
        return [row[0] for row in cursor.fetchall()]


def freeze_audience(send_id: int, *, on: date, now: datetime, chunk: int = CHUNK) -> None:
    """Freeze the audience of a send, going on from where an earlier attempt ended, verify it, and set the send running.

    Each chunk is one transaction; a conditional update decides between two who prepare the same send. Raises
    AudienceMismatchError when a chunk's deliveries are not those that counting the audience gives, by language and reason for
    being left out; when the ledger does not hold as many as were frozen; or when somebody is in it twice.
    """
    while _freeze_chunk_as_counted(send_id, on=on, chunk=chunk):
        pass
    _set_running(send_id, on=on, now=now)


def _freeze_chunk_as_counted(send_id: int, *, on: date, chunk: int) -> bool:
    for _ in range(LOOKS_AT_A_CHUNK):
        try:
            return _freeze_chunk(send_id, on=on, chunk=chunk)
        except _CountsDifferError as error:
            difference = str(error)
    raise _mismatch(f"Send {send_id} would freeze others than counting its audience gives ({difference}).")


def _freeze_chunk(send_id: int, *, on: date, chunk: int) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        send = Send.objects.get(pk=send_id)
        if send.state != SendState.PREPARING:
            return False
        page = next_page(send, limit=chunk, on=on)
        if not page:
            return False
        through = page[-1].position
        cursor.execute(statements.TAKE_CHUNK, [through, len(page), send_id, send.through])
        if cursor.rowcount == 1:
            spread = _spread(cursor, send, first=page[0].position)
            head = secrets.token_hex(KEY_HEAD_BYTES)
            batch_ids = [_insert_batch(cursor, send_id, batch, spread=spread, key_head=head) for batch in _batches(page)]
            _verify_chunk(cursor, batch_ids, expected=count_until(send, through=through, on=on))
        return True


def _spread(cursor: CursorWrapper, send: Send, *, first: int) -> Spread:
    """Give the window of a send; ``first`` is the position that begins it where nobody is frozen yet."""
    if send.spread_seconds > 0 and send.through > 0:
        cursor.execute(statements.FIND_FIRST_FROZEN, [send.pk])
        reader = cursor.fetchone()[0]
        if reader is not None and send.corrects_id is not None:
            cursor.execute(statements.FIND_DELIVERY_OF_READER, [send.corrects_id, reader])
            row = cursor.fetchone()
            reader = row and row[0]
        first = reader or first
    return Spread(send.created_at.timestamp(), send.spread_seconds, first, send.last)


def _verify_chunk(cursor: CursorWrapper, batch_ids: Sequence[int], *, expected: dict[tuple[str, str], int]) -> None:
    """Hold what was stored against an independent count of whom it should hold."""
    cursor.execute(statements.COUNT_FROZEN.format(ids=among(len(batch_ids))), list(batch_ids))
    stored: Counter[tuple[str, str]] = Counter()
    for language, handover, reason, number in cursor.fetchall():
        # Nobody who is left out may be queued, whatever their reason says.
        stored[language, reason if handover == Handover.EXCLUDED else ""] += number
    if dict(stored) != expected:
        raise _CountsDifferError(f"frozen {_in_words(stored)}; counted {_in_words(expected)}")


def _in_words(counts: dict[tuple[str, str], int]) -> str:
    return ", ".join(f"{number} {' '.join(filter(None, key))}" for key, number in sorted(counts.items())) or "nobody"


def _set_running(send_id: int, *, on: date, now: datetime) -> None:
    """Verify the whole of a frozen audience, then let it go.

    A half-frozen one stays: freezing ends early when the send is paused, and it may be resumed a moment later.
    """
    with connection.cursor() as cursor:
        send = Send.objects.get(pk=send_id)
        if send.state != SendState.PREPARING or next_page(send, limit=1, on=on):
            return
        cursor.execute(statements.COUNT_DELIVERIES, [send_id])
        counted = cursor.fetchone()[0]
        if counted != send.frozen:
            raise _mismatch(f"Send {send_id} froze {send.frozen} subscribers but holds {counted} deliveries.")
        cursor.execute(statements.FIND_FROZEN_TWICE, [send_id])
        if (twice := cursor.fetchone()) is not None:
            raise _mismatch(f"Send {send_id} holds subscription {twice[0]} more than once.")
        with transaction.atomic():
            cursor.execute(statements.START_RUNNING, [moment(now), send_id, counted])
            finish_send(cursor, send_id, now=now)


def _mismatch(what: str) -> AudienceMismatchError:
    return AudienceMismatchError(
        f"{what} Nothing was sent. Keep the database as it is and ask whoever looks after this installation."
    )


def _batches(page: Sequence[FreezingMember]) -> Iterator[tuple[str, Sequence[FreezingMember]]]:
    for language in sorted({member.language for member in page}):
        members = [member for member in page if member.language == language]
        for start in range(0, len(members), MOST_IN_A_BATCH):
            yield language, members[start : start + MOST_IN_A_BATCH]


def _insert_batch(
    cursor: CursorWrapper, send_id: int, batch: tuple[str, Sequence[FreezingMember]], *, spread: Spread, key_head: str
) -> int:
    language, members = batch
    cursor.execute(
        freezing_statements.INSERT_BATCH, [send_id, language, len(members), all(member.exclusion for member in members)]
    )
    batch_id: int = cursor.fetchone()[0]
    insert = freezing_statements.INSERT_DELIVERIES[connection.vendor]
    for (exclusion, due_at), readers in _alike(members, spread).items():
        noise = secrets.token_bytes((KEY_BYTES - KEY_HEAD_BYTES) * len(readers))
        handover = Handover.EXCLUDED if exclusion else Handover.QUEUED
        values: list[Any] = [
            key_head,
            noise,
            send_id,
            batch_id,
            handover.value,
            exclusion,
            due_at,
            orjson.dumps(readers).decode(),
        ]
        cursor.execute(insert, values)
    return batch_id


def _alike(members: Sequence[FreezingMember], spread: Spread) -> dict[tuple[str, float], list[int | None]]:
    """Give the subscriptions of members by what they share: why they are left out, and when they are due."""
    if not spread.seconds:
        exclusions = sorted({member.exclusion for member in members})
        return {(one, 0.0): [member.subscription_id for member in members if member.exclusion == one] for one in exclusions}
    alike: dict[tuple[str, float], list[int | None]] = defaultdict(list)
    for member in members:
        alike[member.exclusion, spread.due_at(member.position)].append(member.subscription_id)
    return alike

"""Handovers and outcomes: the tables of what may follow what, and the only functions that change them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from newsletter.delivery import statements
from newsletter.delivery.models import BounceKind, Handover, Outcome, Send, SendState
from newsletter.delivery.provider_calls import forget_calls, lock_calls_of
from newsletter.delivery.statements import among
from newsletter.delivery.steering import move_send

HANDOVER_TRANSITIONS: Mapping[Handover, frozenset[Handover]] = {
    # Reports can come late: what was put back and is reported as taken, or as dropped, must not be sent again by itself.
    Handover.QUEUED: frozenset({Handover.SENDING, Handover.EXCLUDED, Handover.ACCEPTED, Handover.FAILED}),
    Handover.SENDING: frozenset({Handover.QUEUED, Handover.ACCEPTED, Handover.FAILED, Handover.UNKNOWN}),
    # Back to queued goes only what evidence shows not to have left: see ``put_back``.
    Handover.UNKNOWN: frozenset({Handover.ACCEPTED, Handover.FAILED, Handover.QUEUED}),
    # A provider may take a message and say later that it dropped it.
    Handover.ACCEPTED: frozenset({Handover.FAILED}),
    # A person may have the failed tried again: they were certainly not taken.
    Handover.FAILED: frozenset({Handover.QUEUED}),
    Handover.EXCLUDED: frozenset(),
}
"""What may follow what. From ``sending`` back to ``queued`` goes only what certainly was not taken."""

OUTCOME_RANK: Mapping[Outcome, int] = {
    Outcome.NONE: 0,
    Outcome.DEFERRED: 1,
    Outcome.DELIVERED: 2,
    Outcome.BOUNCED: 3,
    Outcome.COMPLAINED: 4,
}
"""Reports come in any order; an outcome is only ever replaced by one of a higher rank."""

BOUNCE_RANK: Final = (BounceKind.NONE, BounceKind.POLICY, BounceKind.SOFT, BounceKind.HARD)
"""A mail may come back more than once: what says most about the address is kept."""

SHARED: Final = attrgetter("handover", "reason", "due_at", "counted", "bounce")
"""What deliveries share that are recorded by one statement."""

CALLED_BACK: Final = "its call is being cancelled"

PUT_BACK_AT_ONCE: Final = 1_000
"""Deliveries put back by one set of statements."""

MAY_BE_PUT_BACK_INTO: Final = frozenset({SendState.RUNNING, SendState.PAUSED, SendState.DONE})
"""States of a send whose deliveries may be queued again."""


@dataclass(slots=True)  # not frozen: one is made for every mail, in a quarter of the time
class Record:
    """What is to be written down about a delivery that was marked ``sending``.

    ``due_at`` (Unix seconds) holds a retry back; ``counted`` says whether this attempt counts against the limit. ``bounce`` is
    what the refusal of a failed one says about its address.
    """

    delivery_id: int
    handover: Handover
    reason: str = ""
    due_at: float = 0
    counted: bool = True
    bounce: BounceKind = BounceKind.NONE


def record(cursor: CursorWrapper, records: Iterable[Record], *, now: datetime) -> None:
    """Write down what became of deliveries marked ``sending``; one that evidence has settled meanwhile stays settled."""
    records = list(records)
    in_calls = lock_calls_of(cursor, [one.delivery_id for one in records])
    if in_calls:
        records = [_doubted(one) if in_calls.get(one.delivery_id) else one for one in records]
    lock_deliveries(cursor, [one.delivery_id for one in records])
    alike: dict[tuple[Handover, str, float, bool, BounceKind], list[int]] = {}
    for shared, group in groupby(records, key=SHARED):
        alike.setdefault(shared, []).extend([one.delivery_id for one in group])
    for (handover, reason, due_at, counted, bounce), delivery_ids in alike.items():
        moved = move_deliveries(
            cursor,
            delivery_ids,
            source=Handover.SENDING,
            target=handover,
            reason=reason,
            due_at=_end_of_minute(now) if handover is Handover.UNKNOWN else due_at,
            attempts=0 if counted else -1,
            handed_over_at=now if handover is Handover.ACCEPTED else None,
            say_who=bounce is not BounceKind.NONE,
        )
        if bounce is not BounceKind.NONE:
            raise_bounce(cursor, moved, bounce=bounce)
    if in_calls:
        known = {handover: [one.delivery_id for one in records if one.handover is handover] for handover in Handover}
        others = known[Handover.FAILED] + known[Handover.QUEUED]
        forget_calls(cursor, taken=known[Handover.ACCEPTED], others=others)


def _end_of_minute(now: datetime) -> float:
    """Give by when a delivery was lost sight of; the second would tell which ones were in one call."""
    return math.ceil(now.timestamp() / 60) * 60.0


def _doubted(one: Record) -> Record:
    """SendGrid said yes to a call that we are cancelling: whether it left is settled by what becomes of that."""
    return Record(one.delivery_id, Handover.UNKNOWN, CALLED_BACK) if one.handover is Handover.ACCEPTED else one


def lock_deliveries(cursor: CursorWrapper, delivery_ids: Sequence[int]) -> None:
    """Take rows in the order of their ids before several statements change them; SQLite has one writer anyway."""
    if delivery_ids and connection.vendor == "postgresql":
        cursor.execute(statements.LOCK_DELIVERIES.format(ids=among(len(delivery_ids))), list(delivery_ids))


def settle_by_evidence(
    cursor: CursorWrapper, delivery_ids: Sequence[int], *, target: Handover, reason: str = "", at: datetime | None = None
) -> None:
    """Settle deliveries that somebody outside has reported on, from every state that may become ``target``.

    A report can overtake the transport's own answer, so ``sending`` is settled too.
    """
    for source, targets in HANDOVER_TRANSITIONS.items():
        if target in targets:
            move_deliveries(cursor, delivery_ids, source=source, target=target, reason=reason, handed_over_at=at)


def put_back(cursor: CursorWrapper, delivery_ids: Sequence[int], *, source: Handover) -> int:
    """Queue deliveries again that were certainly not taken, and open their batches and sends for it; give how many.

    ``source`` is FAILED (a person asked) or UNKNOWN (evidence shows that no copy left). Attempts begin anew. A cancelled send
    stays as it is, with all that is in it, and so does one that was corrected: whoever got it now would get the mistake last.
    Call it in a transaction that has not locked any of these deliveries yet: batches,
    sends and deliveries are taken in this order, as a worker's step does.
    """
    moved = 0
    for start in range(0, len(delivery_ids), PUT_BACK_AT_ONCE):
        ids = list(delivery_ids[start : start + PUT_BACK_AT_ONCE])
        cursor.execute(statements.FIND_PUT_BACK.format(ids=among(len(ids))), [source.value, *ids])
        found = cursor.fetchall()
        _lock(cursor, statements.LOCK_BATCHES, {batch_id for _, batch_id, _ in found})
        states = _lock(cursor, statements.LOCK_SENDS, {send_id for _, _, send_id in found})
        corrected = set(Send.objects.filter(corrects__in=states).values_list("corrects", flat=True))
        free = sorted(
            delivery_id
            for delivery_id, _, send_id in found
            if states[send_id] in MAY_BE_PUT_BACK_INTO and send_id not in corrected
        )
        lock_deliveries(cursor, free)
        put = set(move_deliveries(cursor, free, source=source, target=Handover.QUEUED))
        if put:
            moved += len(put)
            cursor.execute(statements.REOPEN_BATCHES.format(ids=among(len(put))), sorted(put))
            cursor.execute(statements.FORGET_ATTEMPTS.format(ids=among(len(put))), sorted(put))
        for send_id in sorted({send_id for delivery_id, _, send_id in found if delivery_id in put}):
            if states[send_id] == SendState.DONE:
                move_send(send_id, expected={SendState.DONE}, to=SendState.RUNNING)
    return moved


def _lock(cursor: CursorWrapper, select: str, ids: Collection[int]) -> dict[int, str]:
    """Take rows in the order of their ids, and give of each what ``select`` asks for as it is from now on."""
    if not ids:
        return {}
    locking = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    cursor.execute(select.format(ids=among(len(ids))) + locking, sorted(ids))
    return dict(cursor.fetchall())


def raise_outcome(cursor: CursorWrapper, delivery_ids: Sequence[int], *, outcome: Outcome) -> None:
    """Note a reported outcome where none of the same or a higher rank is noted."""
    lower = [known.value for known, rank in OUTCOME_RANK.items() if rank < OUTCOME_RANK[outcome]]
    if delivery_ids and lower:
        statement = statements.RAISE_OUTCOME.format(lower=among(len(lower)), ids=among(len(delivery_ids)))
        cursor.execute(statement, [outcome.value, *lower, *delivery_ids])


def raise_bounce(cursor: CursorWrapper, delivery_ids: Sequence[int], *, bounce: BounceKind) -> None:
    """Note of which kind a bounce was where none of the same or a higher rank is noted."""
    lower = [known.value for known in BOUNCE_RANK[: BOUNCE_RANK.index(bounce)]]
    if delivery_ids and lower:
        statement = statements.RAISE_BOUNCE.format(lower=among(len(lower)), ids=among(len(delivery_ids)))
        cursor.execute(statement, [bounce.value, *lower, *delivery_ids])


def date_back(cursor: CursorWrapper, delivery_ids: Sequence[int], *, at: datetime) -> None:
    """Note of accepted deliveries that they were taken as early as ``at``, where a later hour is noted."""
    if delivery_ids:
        hour = moment(to_the_hour(at))
        cursor.execute(statements.DATE_BACK.format(ids=among(len(delivery_ids))), [hour, hour, *delivery_ids])


def explain_dropped(cursor: CursorWrapper, delivery_ids: Sequence[int]) -> None:
    """Give failed deliveries the reason of the last event that says that they were dropped."""
    if delivery_ids:
        cursor.execute(statements.EXPLAIN_DROPPED.format(ids=among(len(delivery_ids))), ["dropped", *delivery_ids])


def moment(at: datetime | None) -> str | datetime | None:
    """Give an aware datetime as the database in use stores it."""
    stored: str | datetime | None = connection.ops.adapt_datetimefield_value(at)
    return stored


def to_the_hour(at: datetime) -> datetime:
    """Keep no more of a moment than its hour: mails of one variant go together, and the second would tell whose are alike."""
    return at.replace(minute=0, second=0, microsecond=0)


def move_deliveries(
    cursor: CursorWrapper,
    delivery_ids: Sequence[int],
    *,
    source: Handover,
    target: Handover,
    reason: str = "",
    due_at: float = 0,
    attempts: int = 0,
    handed_over_at: datetime | None = None,
    say_who: bool = True,
) -> list[int]:
    """Take deliveries from one handover to another; those that are no longer in ``source`` stay. Give the ids of who moved.

    Without ``say_who`` it takes half the time: how many moved is the cursor's row count.
    """
    if target not in HANDOVER_TRANSITIONS[source]:
        raise ValueError(f"a delivery never goes from {source} to {target}")
    if not delivery_ids:
        return []
    statement = (statements.MOVE_AND_SAY_WHO if say_who else statements.MOVE).format(ids=among(len(delivery_ids)))
    hour = moment(handed_over_at and to_the_hour(handed_over_at))
    values: list[Any] = [target.value, reason[:200], due_at, attempts, hour, source.value]
    cursor.execute(statement, [*values, *delivery_ids])
    return [row[0] for row in cursor.fetchall()] if say_who else []

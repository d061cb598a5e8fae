"""The ledger: the only place where handovers change.

A worker claims a batch, marks a few of its deliveries ``sending``, commits, and only then touches the wire. Each claim raises
the batch's fence; a worker whose fence has moved on finds out before it records or marks anything, and what it had marked is
``unknown``: never sent again without evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from newsletter.delivery import statements
from newsletter.delivery.lease import LeaseClock, LeaseTime, read_lease_clock
from newsletter.delivery.models import Handover, Outcome
from newsletter.delivery.pacing import Rate, allow, pay
from newsletter.delivery.statements import among
from newsletter.errors import NewsletterError
from newsletter.subscribers.audience import Addressee, addressees

HANDOVER_TRANSITIONS: Mapping[Handover, frozenset[Handover]] = {
    # Reports can come late: what was put back and is reported as taken must not be sent again.
    Handover.QUEUED: frozenset({Handover.SENDING, Handover.EXCLUDED, Handover.ACCEPTED}),
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

PUT_BACK_AT_ONCE: Final = 1_000
"""Deliveries put back by one set of statements."""

LEFT_BEHIND = "its worker was lost sight of"


class FenceLost(NewsletterError):  # noqa: N818 - the ledger's own word for it
    """Somebody else has claimed this batch since; nothing of what was asked was done."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch in a worker's hands. ``left_behind`` deliveries of an earlier holder became ``unknown`` with this claim."""

    batch_id: int
    fence: int
    worker: str
    language: str
    send_id: int
    candidate_id: int
    issue: str
    left_behind: int


@dataclass(frozen=True, slots=True)
class Record:
    """What is to be written down about a delivery that was marked ``sending``.

    ``due_at`` (Unix seconds) holds a retry back; ``counted`` says whether this attempt counts against the limit.
    """

    delivery_id: int
    handover: Handover
    reason: str = ""
    due_at: float = 0
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Marked:
    """A delivery that may now go on the wire; ``attempts`` includes this one."""

    delivery_id: int
    key: str
    attempts: int
    addressee: Addressee


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did. ``exhausted``: nothing that is due was left unmarked.

    ``wait``: the rate has nothing left; in so many seconds it has.
    """

    marked: tuple[Marked, ...]
    exhausted: bool
    wait: float = 0.0


def claim_batch(
    worker: str,
    *,
    lease_seconds: float,
    now: datetime,
    passing_over: Collection[int] = (),
    lease_clock: LeaseClock = read_lease_clock,
) -> Claim | None:
    """Claim the first batch that nobody holds and in which there is something to do; None when there is none.

    The batches of the sends ``passing_over`` are left alone.
    """
    # No send has the id 0, and a list of none is no SQL.
    others = [0, *passing_over]
    find = statements.FIND_CLAIMABLE.format(ids=among(len(others)))
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            lease = lease_clock()
            free: list[str | float] = [lease.epoch, lease.seconds - lease_seconds, lease.seconds + lease_seconds]
            cursor.execute(find, [*others, *free, now.timestamp()])
            row = cursor.fetchone()
            if row is None:
                return None
            batch_id, fence, language, send_id, candidate_id, issue = row
            cursor.execute(statements.CLAIM, [worker, lease.seconds, lease.epoch, batch_id, fence, *free])
            if cursor.rowcount == 1:
                cursor.execute(statements.FIND_LEFT_BEHIND, [batch_id])
                lost = [Record(found[0], Handover.UNKNOWN, LEFT_BEHIND) for found in cursor.fetchall()]
                record(cursor, lost, now=now)
                return Claim(batch_id, fence + 1, worker, language, send_id, candidate_id, issue, len(lost))


def take_step(
    claim: Claim,
    *,
    records: Sequence[Record],
    room: int,
    on: date,
    now: datetime,
    with_topics: bool = False,
    rate: Rate | None = None,
    lease_clock: LeaseClock = read_lease_clock,
) -> Step:
    """In one transaction: check the fence, renew the lease, record, look again who may be mailed, mark at most ``room``.

    ``with_topics`` asks for the topics of whom the marked are for; they stay in memory. No more are marked than ``rate`` has
    room for. Raises FenceLost, having done nothing, when somebody else has claimed the batch.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        lease = lease_clock()
        _hold(cursor, claim, lease)
        record(cursor, records, now=now)
        if room <= 0:
            return Step((), exhausted=False)
        cursor.execute(statements.FIND_DUE, [claim.batch_id, now.timestamp(), room])
        due = cursor.fetchall()
        allowance = allow(cursor, rate, len(due), lease=lease)
        rows = due[: allowance.count]
        found = addressees([row[2] for row in rows if row[2] is not None], on=on, with_topics=with_topics)
        marked = []
        for delivery_id, key, subscription_id, attempts in rows:
            addressee = found.get(subscription_id, "erased")
            if isinstance(addressee, str):
                _move(cursor, [delivery_id], source=Handover.QUEUED, target=Handover.EXCLUDED, reason=addressee)
            else:
                marked.append(Marked(delivery_id, key, attempts + 1, addressee))
        ids = [one.delivery_id for one in marked]
        _move(cursor, ids, source=Handover.QUEUED, target=Handover.SENDING, attempts=1)
        pay(cursor, rate, allowance, marked=len(marked))
        return Step(tuple(marked), exhausted=len(rows) == len(due) < room, wait=allowance.wait)


def leave_batch(claim: Claim, *, now: datetime, lease_clock: LeaseClock = read_lease_clock) -> bool:
    """Give a batch back: closed when nothing in it is open, else free for the next claim. Say whether it was closed.

    Raises FenceLost when somebody else has claimed it. Finishes the send with its last batch.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _hold(cursor, claim, lease_clock())
        cursor.execute(statements.FIND_OPEN_DELIVERY, [claim.batch_id])
        closed = cursor.fetchone() is None
        cursor.execute(statements.RELEASE_BATCH, [closed, claim.batch_id, claim.fence])
        if closed:
            finish_send(cursor, claim.send_id, now=now)
        return closed


def finish_send(cursor: CursorWrapper, send_id: int, *, now: datetime) -> None:
    """Finish a send whose batches are all closed and whose sum holds; leave any other as it is."""
    cursor.execute(statements.LOCK_SEND, [send_id])
    cursor.execute(statements.FIND_OPEN_BATCH, [send_id])
    if cursor.fetchone() is None:
        cursor.execute(statements.FINISH_SEND, [moment(now), send_id, send_id])


def record(cursor: CursorWrapper, records: Iterable[Record], *, now: datetime) -> None:
    """Write down what became of deliveries marked ``sending``; one that evidence has settled meanwhile stays settled."""

    def together(one: Record) -> tuple[str, str, float, bool]:
        return one.handover.value, one.reason, one.due_at, one.counted

    records = list(records)
    lock_deliveries(cursor, [one.delivery_id for one in records])
    for (handover, reason, due_at, counted), group in groupby(sorted(records, key=together), key=together):
        _move(
            cursor,
            [one.delivery_id for one in group],
            source=Handover.SENDING,
            target=Handover(handover),
            reason=reason,
            due_at=due_at,
            attempts=0 if counted else -1,
            handed_over_at=now if handover == Handover.ACCEPTED else None,
        )


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
            _move(cursor, delivery_ids, source=source, target=target, reason=reason, handed_over_at=at)


def put_back(cursor: CursorWrapper, delivery_ids: Sequence[int], *, source: Handover) -> int:
    """Queue deliveries again that were certainly not taken, and open their batches and sends for it; give how many.

    ``source`` is FAILED (a person asked) or UNKNOWN (evidence shows that no copy left). Attempts begin anew. A cancelled send
    stays as it is, with all that is in it.
    """
    moved = 0
    for start in range(0, len(delivery_ids), PUT_BACK_AT_ONCE):
        ids = list(delivery_ids[start : start + PUT_BACK_AT_ONCE])
        cursor.execute(statements.REOPEN_SENDS.format(ids=among(len(ids))), ids)
        cursor.execute(statements.FIND_PUT_BACK.format(ids=among(len(ids))), [source.value, *ids])
        free = [row[0] for row in cursor.fetchall()]
        lock_deliveries(cursor, free)
        _move(cursor, free, source=source, target=Handover.QUEUED)
        moved += cursor.rowcount if free else 0
        if free:
            cursor.execute(statements.REOPEN_BATCHES.format(ids=among(len(free))), free)
            cursor.execute(statements.FORGET_ATTEMPTS.format(ids=among(len(free))), free)
    return moved


def raise_outcome(cursor: CursorWrapper, delivery_ids: Sequence[int], *, outcome: Outcome) -> None:
    """Note a reported outcome where none of the same or a higher rank is noted."""
    lower = [known.value for known, rank in OUTCOME_RANK.items() if rank < OUTCOME_RANK[outcome]]
    if delivery_ids and lower:
        statement = statements.RAISE_OUTCOME.format(lower=among(len(lower)), ids=among(len(delivery_ids)))
        cursor.execute(statement, [outcome.value, *lower, *delivery_ids])


def moment(at: datetime | None) -> str | datetime | None:
    """Give an aware datetime as the database in use stores it."""
    stored: str | datetime | None = connection.ops.adapt_datetimefield_value(at)
    return stored


def to_the_hour(at: datetime | None) -> datetime | None:
    """Keep no more of a moment than its hour: mails of one variant go together, and the second would tell whose are alike."""
    return at and at.replace(minute=0, second=0, microsecond=0)


def _hold(cursor: CursorWrapper, claim: Claim, lease: LeaseTime) -> None:
    cursor.execute(statements.RENEW_LEASE, [lease.seconds, lease.epoch, claim.batch_id, claim.fence, claim.worker])
    if cursor.rowcount != 1:
        raise FenceLost(f"Batch {claim.batch_id} was claimed by another worker; this one leaves it alone.")


def _move(
    cursor: CursorWrapper,
    delivery_ids: Sequence[int],
    *,
    source: Handover,
    target: Handover,
    reason: str = "",
    due_at: float = 0,
    attempts: int = 0,
    handed_over_at: datetime | None = None,
) -> None:
    if target not in HANDOVER_TRANSITIONS[source]:
        raise ValueError(f"a delivery never goes from {source} to {target}")
    if delivery_ids:
        statement = statements.MOVE.format(ids=among(len(delivery_ids)))
        values: list[Any] = [target.value, reason[:200], due_at, attempts, moment(to_the_hour(handed_over_at)), source.value]
        cursor.execute(statement, [*values, *delivery_ids])

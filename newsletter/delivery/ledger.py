"""The ledger: batches in workers' hands, and the steps that a worker takes.

A worker claims a batch, marks a few of its deliveries ``sending``, commits, and only then touches the wire. Each claim raises
the batch's fence; a worker whose fence has moved on finds out before it records or marks anything, and what it had marked is
``unknown``: never sent again without evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from newsletter.delivery import statements
from newsletter.delivery.handovers import (
    Record,
    lock_deliveries,
    move_deliveries,
    record,
)
from newsletter.delivery.lease import LeaseClock, LeaseTime, read_lease_clock
from newsletter.delivery.models import Handover, SendState
from newsletter.delivery.pacing import Rate, allow, pay
from newsletter.delivery.provider_calls import mark_without_call
from newsletter.delivery.statements import among
from newsletter.delivery.steering import move_send
from newsletter.errors import NewsletterError
from newsletter.subscribers.audience import Addressee, addressees

LEFT_BEHIND: Final = "its worker was lost sight of"

CANCELLED: Final = "cancelled"
"""Why those are excluded whose send was cancelled while they were queued."""


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


@dataclass(slots=True)  # not frozen: one is made for every mail, in a quarter of the time
class Marked:
    """A delivery that may now go on the wire; ``attempts`` includes this one."""

    delivery_id: int
    key: str
    attempts: int
    addressee: Addressee


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did. ``exhausted``: nothing that is due was left unmarked.

    ``wait``: the rate has nothing left; in so many seconds it has. ``halted``: the send was paused or cancelled, so nothing of it
    is marked any more.
    """

    marked: tuple[Marked, ...]
    exhausted: bool
    wait: float = 0.0
    halted: bool = False


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
                lost = settle_left_behind(cursor, batch_id, now=now)
                return Claim(batch_id, fence + 1, worker, language, send_id, candidate_id, issue, lost)


def take_step(
    claim: Claim,
    *,
    records: Sequence[Record],
    room: int,
    on: date,
    now: datetime,
    with_topics: bool = False,
    rate: Rate | None = None,
    noted: bool = False,
    when_marked: Callable[[], None] | None = None,
    lease_clock: LeaseClock = read_lease_clock,
) -> Step:
    """In one transaction: check the fence, renew the lease, record, look again who may be mailed, mark at most ``room``.

    ``with_topics`` asks for the topics of whom the marked are for; they stay in memory. No more are marked than ``rate`` has
    room for, and nobody while the send is not running. ``noted``: the transport will note each call before it makes it.
    ``when_marked`` is called in the same transaction, where anybody was marked. Raises FenceLost, having done nothing, when
    somebody else has claimed the batch.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        lease = lease_clock()
        _hold(cursor, claim, lease)
        running = _state_of(cursor, claim.send_id) == SendState.RUNNING
        record(cursor, records, now=now)
        if room <= 0 or not running:
            return Step((), exhausted=not running, halted=not running)
        cursor.execute(statements.FIND_DUE, [claim.batch_id, now.timestamp(), room])
        due = cursor.fetchall()
        allowance = allow(cursor, rate, len(due), lease=lease)
        rows = due[: allowance.count]
        found = addressees([row[2] for row in rows if row[2] is not None], on=on, with_topics=with_topics)
        marked = []
        for delivery_id, key, subscription_id, attempts in rows:
            addressee = found.get(subscription_id, "erased")
            if isinstance(addressee, str):
                move_deliveries(cursor, [delivery_id], source=Handover.QUEUED, target=Handover.EXCLUDED, reason=addressee)
            else:
                marked.append(Marked(delivery_id, key, attempts + 1, addressee))
        ids = [one.delivery_id for one in marked]
        move_deliveries(cursor, ids, source=Handover.QUEUED, target=Handover.SENDING, attempts=1, say_who=False)
        if ids and cursor.rowcount != len(ids):
            # A report that was taken in since FIND_DUE has settled its delivery, which is not to be sent then.
            cursor.execute(statements.FIND_MARKED.format(ids=among(len(ids))), ids)
            left = {row[0] for row in cursor.fetchall()}
            marked = [one for one in marked if one.delivery_id in left]
        if noted:
            mark_without_call(cursor, sorted(one.delivery_id for one in marked))
        pay(cursor, rate, allowance, marked=len(marked))
        if marked and when_marked is not None:
            when_marked()
        return Step(tuple(marked), exhausted=len(rows) == len(due) < room, wait=allowance.wait)


def leave_batch(claim: Claim, *, now: datetime, lease_clock: LeaseClock = read_lease_clock) -> bool:
    """Give a batch back: closed when nothing in it is open, else free for the next claim. Say whether it was closed.

    Raises FenceLost when somebody else has claimed it. Finishes the send with its last batch.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _hold(cursor, claim, lease_clock())
        if lock_send(cursor, claim.send_id) == SendState.CANCELLING:
            exclude_queued(cursor, claim.batch_id)
        return release_batch(cursor, claim.batch_id, claim.fence, claim.send_id, now=now)


def release_batch(cursor: CursorWrapper, batch_id: int, fence: int, send_id: int, *, now: datetime) -> bool:
    """Let go of a batch that is held by ``fence``; close it, and finish its send with it, when nothing in it is open."""
    cursor.execute(statements.FIND_OPEN_DELIVERY, [batch_id])
    closed = cursor.fetchone() is None
    cursor.execute(statements.RELEASE_BATCH, [closed, batch_id, fence])
    if closed:
        finish_send(cursor, send_id, now=now)
    return closed


def settle_left_behind(cursor: CursorWrapper, batch_id: int, *, now: datetime) -> int:
    """Call unknown what an earlier holder of a batch left marked; give how many there were."""
    cursor.execute(statements.FIND_LEFT_BEHIND, [batch_id])
    lost = [Record(found[0], Handover.UNKNOWN, LEFT_BEHIND) for found in cursor.fetchall()]
    record(cursor, lost, now=now)
    return len(lost)


def exclude_queued(cursor: CursorWrapper, batch_id: int) -> int:
    """Exclude what is queued in a batch of a send that is being cancelled; give how many there were."""
    cursor.execute(statements.FIND_QUEUED, [batch_id])
    queued = [row[0] for row in cursor.fetchall()]
    lock_deliveries(cursor, queued)
    return len(move_deliveries(cursor, queued, source=Handover.QUEUED, target=Handover.EXCLUDED, reason=CANCELLED))


def finish_send(cursor: CursorWrapper, send_id: int, *, now: datetime) -> None:
    """Finish a send whose batches are all closed and whose sum holds; leave any other as it is."""
    cursor.execute(statements.LOCK_SEND, [send_id])
    cursor.execute(statements.FIND_OPEN_BATCH, [send_id])
    if cursor.fetchone() is not None:
        return
    cursor.execute(statements.GET_SUM, [send_id, send_id])
    state, reason, holds = cursor.fetchone()
    if holds and state == SendState.RUNNING:
        move_send(send_id, expected={SendState.RUNNING}, to=SendState.DONE, finished_at=now)
    elif holds and state == SendState.CANCELLING:
        move_send(send_id, expected={SendState.CANCELLING}, to=SendState.CANCELLED, reason=reason, finished_at=now)


def lock_send(cursor: CursorWrapper, send_id: int) -> str:
    """Take a send before any of its deliveries where its state may be changed; give its state.

    Two who had only looked at it until then would wait for each other for ever.
    """
    locking = " FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""
    cursor.execute(statements.GET_SEND_STATE + locking, [send_id])
    return str(cursor.fetchone()[0])


def _state_of(cursor: CursorWrapper, send_id: int) -> str:
    """Give the state of a send, which stays so until the transaction ends."""
    locking = " FOR SHARE" if connection.vendor == "postgresql" else ""
    cursor.execute(statements.GET_SEND_STATE + locking, [send_id])
    return str(cursor.fetchone()[0])


def _hold(cursor: CursorWrapper, claim: Claim, lease: LeaseTime) -> None:
    cursor.execute(statements.RENEW_LEASE, [lease.seconds, lease.epoch, claim.batch_id, claim.fence, claim.worker])
    if cursor.rowcount != 1:
        raise FenceLost(f"Batch {claim.batch_id} was claimed by another worker; this one leaves it alone.")

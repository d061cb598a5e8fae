"""Calls that can be called back: which deliveries one is about to carry is stored before it, and forgotten with its answer.

All who are in a call share a variant, so who shared one is health data: it stays only while a call is in doubt.
Whoever locks calls and deliveries takes the calls first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from newsletter.delivery import call_statements, statements
from newsletter.delivery.lease import LeaseClock, read_lease_clock
from newsletter.delivery.models import Delivery, ProviderCall
from newsletter.delivery.statements import among
from newsletter.errors import NewsletterError

NO_CALL_YET: Final = "marked, and in no call yet"
"""Stands for the call of a delivery that was marked where calls are noted before they are made: found there after a crash, it was
in none, and certainly never left."""

KEPT: Final = timedelta(days=7)
"""After its ``send_at``; SendGrid repeats events for a day."""


class CallNotNotedError(NewsletterError):
    """A call must not be made: some of those it would carry are in other hands, or settled."""


class HeldBatch(Protocol):
    """A batch in a worker's hands: a claim of the ledger."""

    @property
    def batch_id(self) -> int:
        """The batch."""
        ...

    @property
    def fence(self) -> int:
        """The fence it was claimed with."""
        ...

    @property
    def worker(self) -> str:
        """Whose it is."""
        ...


def mark_without_call(cursor: CursorWrapper, delivery_ids: Sequence[int]) -> None:
    """Note of deliveries just marked that whoever makes a call for them will say so before."""
    if delivery_ids:
        cursor.execute(call_statements.INSERT_CALL, [NO_CALL_YET, 0.0])
        cursor.execute(call_statements.MARK_WITHOUT_CALL.format(ids=among(len(delivery_ids))), [NO_CALL_YET, *delivery_ids])


def note_call(
    held: Collection[HeldBatch],
    delivery_ids: Sequence[int],
    *,
    ref: str,
    send_at: float,
    lease_clock: LeaseClock = read_lease_clock,
) -> None:
    """Store, and commit, that a call is about to carry these deliveries; ``held`` are the batches that they are in.

    Raises CallNotNotedError, having stored nothing, unless all of them are still marked and their batches still held.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        lease = lease_clock()
        for batch in sorted(held, key=lambda one: one.batch_id):
            cursor.execute(statements.RENEW_LEASE, [lease.seconds, lease.epoch, batch.batch_id, batch.fence, batch.worker])
            if cursor.rowcount != 1:
                raise CallNotNotedError("its batch is in other hands")
        cursor.execute(call_statements.INSERT_CALL, [ref, send_at])
        batches = [batch.batch_id for batch in held] or [0]
        put = call_statements.PUT_INTO_CALL.format(batches=among(len(batches)), ids=among(len(delivery_ids)))
        cursor.execute(put, [ref, *batches, *delivery_ids])
        if cursor.rowcount != len(delivery_ids):
            raise CallNotNotedError("somebody in the same call is settled already")


def lock_calls_of(cursor: CursorWrapper, delivery_ids: Sequence[int]) -> dict[int, bool]:
    """Give the deliveries that are in a call, and whether that is being cancelled.

    Nobody begins to cancel one of these calls until the end of the transaction.
    """
    cursor.execute(call_statements.FIND_ANY_CALL)
    if not delivery_ids or cursor.fetchone() is None:
        return {}
    cursor.execute(call_statements.FIND_CALLS_OF.format(ids=among(len(delivery_ids))), list(delivery_ids))
    calls = dict(cursor.fetchall())
    if not calls:
        return {}
    wanted = sorted(set(calls.values()))
    cursor.execute(call_statements.LOOK_AT_CALLS.format(ids=among(len(wanted))) + _locking(), wanted)
    cancelling = dict(cursor.fetchall())
    return {delivery_id: bool(cancelling.get(call_id)) for delivery_id, call_id in calls.items()}


def lock_cancelled(cursor: CursorWrapper, refs: Collection[str]) -> set[str]:
    """Give which of these calls are being cancelled; nobody begins to cancel another until the end of the transaction."""
    if not refs:
        return set()
    cursor.execute(call_statements.LOOK_AT_REFS.format(refs=among(len(refs))) + _locking(), sorted(refs))
    return {ref for ref, cancelling in cursor.fetchall() if cancelling}


def forget_calls(cursor: CursorWrapper, *, taken: Sequence[int], others: Sequence[int]) -> None:
    """Forget which calls deliveries were in whose answer is known; ``taken`` are those that were accepted.

    A call that was taken cannot be cancelled any more, for anybody in it.
    """
    if others:
        cursor.execute(call_statements.LEAVE_CALL.format(ids=among(len(others))), list(others))
    if taken:
        cursor.execute(call_statements.FIND_CALLS_OF.format(ids=among(len(taken))), list(taken))
        _delete(cursor, sorted({call_id for _, call_id in cursor.fetchall()}))


def begin_to_cancel(ref: str) -> bool:
    """Say before a call is cancelled that it will be; give whether it may, since nobody in it is known to have been taken.

    From then on neither a late answer nor a report that SendGrid processed the mail counts as a proof that it left.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(call_statements.BEGIN_TO_CANCEL, [ref])
        known = cursor.rowcount == 1
        cursor.execute(call_statements.FIND_TAKEN_IN_CALL, [ref])
        free = known and cursor.fetchone() is None
        if not free:
            transaction.set_rollback(True)
        return free


def confirm_cancelled(ref: str) -> None:
    """Note that a call was cancelled in time: certainly nobody in it is mailed by it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(call_statements.CONFIRM_CANCELLED, [ref])


def is_cancelled(ref: str) -> bool:
    """Say whether a call is known to be cancelled in time, or stands for none."""
    with connection.cursor() as cursor:
        cursor.execute(call_statements.IS_CANCELLED, [ref])
        return ref == NO_CALL_YET or cursor.fetchone() is not None


def forget_old_calls(now: datetime) -> None:
    """Forget calls that took effect some days ago, or were to, and who was in them."""
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(call_statements.FIND_OLD_CALLS, [(now - KEPT).timestamp(), NO_CALL_YET])
            found = [row[0] for row in cursor.fetchall()]
            _delete(cursor, found)
        if not found:
            return


def forget_all_calls() -> None:
    """Forget all calls, for a database that came from a backup: what was in no call then may have been in one since."""
    Delivery.objects.exclude(call=None).update(call=None)
    ProviderCall.objects.all().delete()


def _delete(cursor: CursorWrapper, call_ids: Sequence[int]) -> None:
    if call_ids:
        cursor.execute(call_statements.EMPTY_CALLS.format(ids=among(len(call_ids))), [*call_ids, NO_CALL_YET])
        cursor.execute(call_statements.DELETE_CALLS.format(ids=among(len(call_ids))), [*call_ids, NO_CALL_YET])


def _locking() -> str:
    """SQLite has one writer anyway."""
    return " FOR UPDATE" if connection.vendor == "postgresql" else ""

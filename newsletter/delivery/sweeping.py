"""Batches that nobody will claim: what dead workers left in them becomes unknown, and those of cancelled sends are ended.

One batch is one transaction, at most 1,000 deliveries: whoever is killed in between leaves nothing half done, and any worker goes
on with the rest.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from newsletter.delivery import statements
from newsletter.delivery.lease import LeaseClock, read_lease_clock
from newsletter.delivery.ledger import exclude_queued, finish_send, lock_send, release_batch, settle_left_behind
from newsletter.delivery.models import Send, SendState
from newsletter.delivery.statements import among

SWEEPER: Final = "sweeper"
"""Stands where a worker's name does, for as long as the transaction lasts."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many deliveries were left behind by workers that are gone, and how many were excluded since their send is cancelled."""

    left_behind: int = 0
    excluded: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(self.left_behind + other.left_behind, self.excluded + other.excluded)


def sweep(
    *,
    lease_seconds: float,
    now: datetime,
    passed_over: Collection[int] = (),
    lease_clock: LeaseClock = read_lease_clock,
) -> Swept:
    """Settle what is left in free batches of sends that are paused, cancelled or ``passed_over``; finish what is cancelled.

    A batch whose worker lives is left to it: it notices by itself, and so is one whose lease has not run out yet.
    """
    swept = Swept()
    while (one := _sweep_batch(lease_seconds, now=now, passed_over=passed_over, lease_clock=lease_clock)) is not None:
        swept += one
    for send_id in Send.objects.filter(state=SendState.CANCELLING).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic(), connection.cursor() as cursor:
            finish_send(cursor, send_id, now=now)
    return swept


def _sweep_batch(lease_seconds: float, *, now: datetime, passed_over: Collection[int], lease_clock: LeaseClock) -> Swept | None:
    others = [0, *passed_over]  # no send has the id 0, and a list of none is no SQL
    with transaction.atomic(), connection.cursor() as cursor:
        lease = lease_clock()
        free: list[str | float] = [lease.epoch, lease.seconds - lease_seconds, lease.seconds + lease_seconds]
        cursor.execute(statements.FIND_TO_BE_SWEPT.format(ids=among(len(others))), [*free, *others])
        row = cursor.fetchone()
        if row is None:
            return None
        batch_id, fence, send_id, _ = row
        cursor.execute(statements.CLAIM, [SWEEPER, lease.seconds, lease.epoch, batch_id, fence, *free])
        if cursor.rowcount != 1:
            return Swept()
        state = lock_send(cursor, send_id)
        left_behind = settle_left_behind(cursor, batch_id, now=now)
        excluded = exclude_queued(cursor, batch_id) if state == SendState.CANCELLING else 0
        release_batch(cursor, batch_id, fence + 1, send_id, now=now)
        return Swept(left_behind, excluded)

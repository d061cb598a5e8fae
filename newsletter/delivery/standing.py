"""Where an open send stands: what it waits for, until when, and who works on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from newsletter.config import Config
from newsletter.delivery import statements
from newsletter.delivery.lease import read_lease_clock
from newsletter.delivery.models import Batch, PausedFor, Send, SendState
from newsletter.delivery.progress import SendProgress, find_progress
from newsletter.delivery.quiet_hours import quiet_until


@dataclass(frozen=True, slots=True)
class SendStanding:
    """How far a send is, and what keeps it from going on at this moment.

    ``paused_for`` and ``reason`` are the ledger's own words. ``workers`` hold batches of it under a lease that runs. ``next_due``
    is given where nothing is due yet, ``spread_until`` where it is spread over a window that is not over.
    """

    issue: str
    progress: SendProgress
    paused_for: PausedFor
    reason: str
    quiet_until: datetime | None = None
    next_due: datetime | None = None
    spread_until: datetime | None = None
    workers: tuple[str, ...] = ()


def send_standing(send: Send, config: Config, *, now: datetime) -> SendStanding:
    """Say where a send stands."""
    progress = find_progress(send, now=now)
    paused_for = PausedFor(send.paused_for)
    if send.state != SendState.RUNNING:
        return SendStanding(send.issue, progress, paused_for, send.reason)
    spread_until = datetime.fromtimestamp(send.created_at.timestamp() + send.spread_seconds, UTC)
    return SendStanding(
        send.issue,
        progress,
        paused_for,
        send.reason,
        quiet_until=quiet_until(config, now),
        next_due=_next_due(send.pk, now=now),
        spread_until=spread_until if spread_until > now else None,
        workers=_workers(send.pk, lease_seconds=config.delivery.lease_seconds),
    )


def _next_due(send_id: int, *, now: datetime) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(statements.FIND_NEXT_DUE_OF_SEND, [send_id])
        due = cursor.fetchone()[0]
    return None if due is None or due <= now.timestamp() else datetime.fromtimestamp(due, UTC)


def _workers(send_id: int, *, lease_seconds: float) -> tuple[str, ...]:
    lease = read_lease_clock()
    held = Batch.objects.filter(
        send_id=send_id,
        done=False,
        lease_epoch=lease.epoch,
        leased_at__gt=lease.seconds - lease_seconds,
        leased_at__lte=lease.seconds + lease_seconds,
    )
    return tuple(sorted(set(held.values_list("worker", flat=True))))

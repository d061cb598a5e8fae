"""How far a send is, how fast it goes and how long it will take: from counts now and then, not from a look at a million rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from newsletter.delivery import statements
from newsletter.delivery.models import Progress, Send, SendState

SECONDS_BETWEEN: Final = 10.0
"""Seconds between two counts of one send, at least."""

MOST_COUNTS: Final = 1_000
"""A send that is spread over days is counted about so often."""

LOOKED_BACK: Final = timedelta(minutes=5)
"""The rate is that of so long."""

BREAK: Final = timedelta(minutes=1)
"""A longer gap between two counts was a rest: the rate begins anew after it."""


@dataclass(frozen=True, slots=True)
class SendProgress:
    """``settled`` deliveries are accepted, failed, excluded or unknown.

    ``rate_per_minute`` is that of the last minutes, from ``since`` on, and ``seconds_left`` follows from it; both are None where
    nothing moves or nothing is left.
    """

    settled: int
    rate_per_minute: float | None = None
    seconds_left: float | None = None
    since: datetime | None = None


def count_settled(send_id: int) -> int:
    """Count what is settled of a send: closed batches by their size, open ones by an index."""
    with connection.cursor() as cursor:
        cursor.execute(statements.SUM_SETTLED, [send_id, send_id])
        return int(cursor.fetchone()[0])


def note_progress(send_id: int, *, now: datetime) -> None:
    """Write down how much of a send is settled, unless that was done a moment ago."""
    send = Send.objects.filter(pk=send_id).only("spread_seconds").first()
    if send is None:
        return
    pause = timedelta(seconds=max(SECONDS_BETWEEN, send.spread_seconds / MOST_COUNTS))
    with transaction.atomic():
        latest = Progress.objects.filter(send_id=send_id).order_by("-at").first()
        # A count from the future was made before the clock was set back.
        if latest is None or abs(now - latest.at) >= pause:
            Progress.objects.create(send_id=send_id, at=now, settled=count_settled(send_id))


def find_progress(send: Send, *, now: datetime) -> SendProgress:
    """Give how far a send is by now."""
    settled = count_settled(send.pk)
    left = send.frozen - settled
    if send.state != SendState.RUNNING or left <= 0:
        return SendProgress(settled)
    recent = Progress.objects.filter(send_id=send.pk, at__gt=now - LOOKED_BACK, at__lte=now).order_by("at")
    begin = _since_the_last_break([(one.at, one.settled) for one in recent], now=now)
    if begin is None:
        return SendProgress(settled)
    since, settled_then = begin
    seconds = (now - since).total_seconds()
    if seconds < 1 or settled <= settled_then:
        return SendProgress(settled, since=since)
    a_second = (settled - settled_then) / seconds
    spread_ends = send.created_at + timedelta(seconds=send.spread_seconds)
    seconds_left = max(left / a_second, (spread_ends - now).total_seconds())
    return SendProgress(settled, round(a_second * 60, 1), round(seconds_left, 1), since)


def _since_the_last_break(counts: Sequence[tuple[datetime, int]], *, now: datetime) -> tuple[datetime, int] | None:
    """Give the first of the counts after which none is missing up to ``now``."""
    begin = None
    later = now
    for at, settled in reversed(counts):
        if later - at > BREAK:
            break
        begin, later = (at, settled), at
    return begin

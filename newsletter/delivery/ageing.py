"""How long a send stood still: news that is days late may be none any more, and a person has to say so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max, Min

from newsletter.delivery.models import Progress, Send
from newsletter.publishing.models import AuditEntry

LOOKED_AT: Final = ("resume", "retry")
"""Acts of people who wanted a send to go on, whatever its age."""


def still_since(send: Send, *, now: datetime) -> datetime:
    """Give the moment at which something happened last on a send: a delivery settled, or a person who let it go on.

    Attempts that settle nothing are no progress, and a send that is spread stands still by wish.
    """
    counts = Progress.objects.filter(send=send)
    latest = counts.order_by("-at").first()
    reached = counts.filter(settled=latest.settled).aggregate(at=Min("at"))["at"] if latest else None
    looked_at = AuditEntry.objects.filter(subject=send.issue, act__in=LOOKED_AT).aggregate(at=Max("at"))["at"]
    spread_until = min(send.created_at + timedelta(seconds=send.spread_seconds), now)
    moments: list[datetime | None] = [reached, looked_at, spread_until, send.prepared_at, send.created_at]
    return max(moment for moment in moments if moment is not None)


def in_words(span: timedelta) -> str:
    """Say how long a time is: "3 days", "30 hours", "40 minutes"."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600)):
        # A day and 20 hours are better told in hours.
        if (number := int(span.total_seconds() // seconds)) >= 2:
            return f"{number} {unit}s"
    return f"{int(span.total_seconds() // 60)} minutes"

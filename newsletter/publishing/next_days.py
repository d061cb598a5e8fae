"""When the next issues go out, for readers who let one pass: what stands on the calendar, then what the cadence yields."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from newsletter.publishing.cadence import time_zone, upcoming
from newsletter.publishing.models import AuditEntry, Slot, SlotState
from newsletter.subscribers.installation import config

AHEAD: Final = 5
"""Dates of the cadence that are looked at: with one every second month more than the longest pause of a button."""


def next_issue_days(now: datetime) -> Sequence[date]:
    """Give the days of the next issues in the newsletter's time zone, the first one first; corrections are none.

    Empty while the hour of an issue has come and it has not gone out: then nobody knows when it does.
    """
    cadence = config().cadence
    zone = time_zone(cadence)
    corrections = AuditEntry.objects.filter(act="correct").values("subject")
    slots = list(Slot.objects.exclude(issue__in=corrections).values_list("issue", "at", "state"))
    waiting = [at for _, at, state in slots if state != SlotState.RELEASED]
    if any(at <= now for at in waiting):
        return ()
    placed = {issue for issue, _, _ in slots}
    dates = [found for found in upcoming(cadence, now, AHEAD) if f"{found.astimezone(zone):%Y-%m}" not in placed]
    return sorted({at.astimezone(zone).date() for at in (*waiting, *dates)})

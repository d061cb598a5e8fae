"""What an event's calendar file is called on a reader's machine; its address is a hash and would say nothing there."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.text import slugify
from icalendar import Calendar

LONGEST_NAME: Final = 60


def calendar_file_name(data: bytes, zone: ZoneInfo) -> str:
    """Name a calendar file after its first event and the day, in ``zone``, on which it begins: ``a-call-2026-12-08.ics``."""
    try:
        event = next(iter(Calendar.from_ical(data).walk("VEVENT")), None)
    except ValueError:
        event = None
    if event is None:
        return "event.ics"
    title = slugify(str(event.get("SUMMARY", "")))[:LONGEST_NAME].strip("-") or "event"
    start = getattr(event.get("DTSTART"), "dt", None)
    day = start.astimezone(zone) if isinstance(start, datetime) else start
    return f"{title}-{day:%Y-%m-%d}.ics" if day else f"{title}.ics"

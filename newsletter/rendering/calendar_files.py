"""Events as calendar files (RFC 5545), the same bytes for the same event.

Times are in UTC, which every calendar shows in its owner's own zone; a VTIMEZONE would be 3 KB of rules that differ from one
version of the time zone database to the next, and the digest of an edition with them. CLASS:PRIVATE keeps who reads a cancer
newsletter out of the calendars that people share at work; for the same reason the file says nothing that readers did not
ask to be reminded of.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from icalendar import Calendar, Event, vUri

MEDIA_TYPE = "text/calendar"


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """What a calendar is told. ``issue`` is the address of the issue that says it, ``stamped`` its age (DTSTAMP)."""

    title: str
    start: datetime
    until: datetime | None
    place: str
    url: str
    issue: str
    stamped: datetime


@lru_cache(maxsize=64)
def calendar_file(entry: CalendarEvent) -> bytes:
    """Write the file: lines of at most 75 octets, ended by CRLF.

    Its UID comes from the issue, the start and the title, so that a calendar has the event once, however often it is added.
    """
    start = entry.start.astimezone(UTC)
    identity = "\0".join([entry.issue, f"{start:%Y%m%dT%H%M%SZ}", entry.title])
    event = Event()
    event.add("uid", hashlib.sha256(identity.encode()).hexdigest()[:32])
    event.add("dtstamp", entry.stamped)
    event.add("dtstart", start)
    if entry.until:
        event.add("dtend", entry.until.astimezone(UTC))
    event.add("summary", entry.title)
    if entry.place:
        event.add("location", entry.place)
    if entry.url:
        # Some calendars show the URL, some only the description.
        event.add("url", vUri(entry.url))
        event.add("description", entry.url)
    event.add("class", "PRIVATE")
    calendar = Calendar()
    calendar.add("prodid", "-//newsletter//events//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    written: bytes = calendar.to_ical(sorted=True)
    return written

"""The cadence: from the rule in newsletter.toml to dates. Pure: nothing here knows the database.

APScheduler's CronTrigger computes the dates; its cron-string constructor is not used, for it counts weekdays from Monday where
cron counts from Sunday.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from newsletter.errors import NotAllowedError, SettingsError, UsageError
from newsletter.settings import Cadence

MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


def time_zone(cadence: Cadence) -> ZoneInfo:
    """Give the cadence's time zone; SettingsError when there is none of that name."""
    try:
        return ZoneInfo(cadence.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(
            f"cadence.timezone in newsletter.toml: there is no time zone {cadence.timezone!r}; write one such as "
            "America/New_York."
        ) from None


def occurrences(cadence: Cadence, after: datetime) -> Iterator[datetime]:
    """Give every date of the cadence later than ``after``, in UTC, without end unless the rule has one.

    An hour that clocks repeat counts once.
    """
    zone = time_zone(cadence)
    try:
        trigger = CronTrigger(month=cadence.month, day=cadence.day, hour=cadence.hour, minute=cadence.minute, timezone=zone)
    except ValueError as error:
        raise SettingsError(
            f'cadence in newsletter.toml: {error}. Write month = "2-12/2" and day = "1st tue", with names for weekdays.'
        ) from None
    moment = after.astimezone(UTC)
    while True:
        found: datetime | None = trigger.get_next_fire_time(None, moment + timedelta(microseconds=1))
        if found is None:
            return
        moment = found.astimezone(UTC)
        if not moment.astimezone(zone).fold:
            yield moment


def upcoming(cadence: Cadence, after: datetime, count: int) -> list[datetime]:
    """Give the next ``count`` dates of the cadence later than ``after``, in UTC."""
    return list(islice(occurrences(cadence, after), count))


def hours_from(cadence: Cadence, after: datetime) -> Iterator[datetime]:
    """Give, in UTC, the first moment after ``after`` at the cadence's time of day, and every hour from then on."""
    zone = time_zone(cadence)
    day = after.astimezone(zone).date()
    while (first := datetime(day.year, day.month, day.day, cadence.hour, cadence.minute, tzinfo=zone)) <= after:
        day += timedelta(days=1)
    moment = first.astimezone(UTC)
    while True:
        yield moment
        moment += timedelta(hours=1)


def slot_for_issue(cadence: Cadence, issue: str, now: datetime) -> datetime:
    """Give the cadence's date in the month that an issue is named after, in UTC.

    Raises UsageError for an issue that is not named after a month, NotAllowedError when its month has no date to come.
    """
    match = MONTH.fullmatch(issue)
    if not match:
        raise UsageError(f"{issue} is not named after a month (such as 2026-12), so the cadence has no date for it: give --at.")
    zone = time_zone(cadence)
    begin = datetime(int(match[1]), int(match[2]), 1, tzinfo=zone)
    found = next(occurrences(cadence, begin - timedelta(microseconds=1)), None)
    if found is not None and (found.astimezone(zone).year, found.astimezone(zone).month) == (begin.year, begin.month):
        if found > now:
            return found
        raise NotAllowedError(
            f"The date of {issue}, {in_words(found, cadence)}, is past. Give another one, "
            f"such as --at {next_dates(cadence, now, 1)}."
        )
    raise NotAllowedError(
        f"The cadence has no date in {issue}. Its next dates: {next_dates(cadence, now, 3)}. Give one with --at, or another."
    )


def next_dates(cadence: Cadence, now: datetime, count: int) -> str:
    """Write the next dates of the cadence as ``--at`` takes them."""
    zone = time_zone(cadence)
    return ", ".join(f"{found.astimezone(zone):%Y-%m-%dT%H:%M}" for found in upcoming(cadence, now, count))


def resolve_time(at: datetime, cadence: Cadence) -> datetime:
    """Give a time that a person wrote, in UTC and whole minutes; without an offset it is of the cadence's time zone.

    Raises UsageError for a time of day that clocks skip or repeat on that day.
    """
    at = at.replace(second=0, microsecond=0)
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    zone = time_zone(cadence)
    local = at.replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
        raise UsageError(f"On that day clocks in {cadence.timezone} skip {at:%H:%M}: choose another time.")
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise UsageError(f"On that day clocks in {cadence.timezone} show {at:%H:%M} twice: choose another time.")
    return local.astimezone(UTC)


def in_words(moment: datetime, cadence: Cadence) -> str:
    """Write a moment for editors, in the cadence's time zone."""
    return f"{moment.astimezone(time_zone(cadence)):%a %d %b %Y, %H:%M %Z}"

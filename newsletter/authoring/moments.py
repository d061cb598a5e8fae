"""Moments: a day, a time and the time zone that both are read in, so that nobody comes an hour late."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.authoring.complaints import Mistake, quoted
from newsletter.authoring.days import explain_day, guess_time, parse_day, parse_time

RULE = "block-value"
LIKE_A_MOMENT = "Write year, month, day and time: 2027-02-11T18:00."
_TIME_ALONE = re.compile(r"[0-9:.\s]*h?(?:[ap]\.?m\.?)?", re.IGNORECASE)
_MOMENT = re.compile(r"(?:([0-9]+-[0-9-]+)(?:[T ]|$))?\s*(.*)", re.IGNORECASE | re.DOTALL)
_YEARS = range(2000, 2100)
_OFFSET = re.compile(r"(.*[0-9])\s*([+-])(\d{2}):?(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class WrittenMoment:
    """A moment as an editor wrote it, before its time zone is known.

    ``day`` is None where only a time was written. ``offset`` is what stood behind it, as in -05:00: it tells apart the two
    hours of the night in which clocks go back.
    """

    day: date | None
    time: time
    offset: timedelta | None = None

    def __str__(self) -> str:
        clock = f"{self.time:%H:%M}"
        return f"{self.day.isoformat()}T{clock}" if self.day else clock


def read_moment(name: str, text: str, *, day_needed: bool) -> WrittenMoment | Mistake:
    """Read ``2027-02-11T18:00``, perhaps with an offset; and ``18:00`` alone unless ``day_needed``."""
    offset: timedelta | None = None
    if behind := _OFFSET.fullmatch(text):
        text, sign, hours, minutes = behind.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    match = _MOMENT.fullmatch(text)
    assert match is not None
    written_day, written_time = match[1] or "", match[2]
    day = parse_day(written_day)
    if written_day and day is None:
        return Mistake(RULE, *explain_day(name, written_day))
    if day and day.year not in _YEARS:
        return Mistake(RULE, f"“{name}” lies in the year {day.year:04}: {quoted(text)}", "Write the year that you mean.")
    if not written_time:
        return Mistake(RULE, f"“{name}” has a day but no time: {quoted(text)}", f"Write the time too: {written_day}T18:00.")
    clock = parse_time(written_time)
    if clock is None:
        return _explain_time(name, text, written_day, written_time)
    if day is None and day_needed:
        return Mistake(RULE, f"“{name}” has a time but no day: {quoted(text)}", f"Write the day too: 2027-02-11T{clock:%H:%M}.")
    return WrittenMoment(day, clock, offset)


def _explain_time(name: str, text: str, written_day: str, written_time: str) -> Mistake:
    before = f"{written_day}T" if written_day else ""
    if re.fullmatch(r"\d{1,2}:\d{2}(?::\d{2})?", written_time, re.ASCII):
        message = f"there is no time {quoted(written_time)}, which “{name}” names: a day has 24 hours, from 00:00 to 23:59"
        return Mistake(RULE, message, LIKE_A_MOMENT)
    meant = guess_time(written_time)
    fix = f"Write {before}{meant}: hours from 00 to 23." if meant and _TIME_ALONE.fullmatch(written_time) else LIKE_A_MOMENT
    return Mistake(RULE, f"“{name}” has to be a day and a time, not {quoted(text)}", fix)


def settle(name: str, moment: WrittenMoment, zone: ZoneInfo, *, day: date | None = None) -> datetime | Mistake:
    """Give the moment in its zone; ``day`` is that of a moment which was written without one.

    An hour that clocks skip in spring is a mistake, and so is one that they show twice in autumn, unless an offset says which.
    """
    the_day = moment.day or day
    assert the_day is not None
    naive = datetime.combine(the_day, moment.time)
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        later = first.astimezone(UTC).astimezone(zone)
        message = f"{quoted(f'{naive:%Y-%m-%dT%H:%M}')} does not exist in {zone.key}: clocks go forward over it that day"
        return Mistake(RULE, message, f"Write another “{name}”, such as {later:%Y-%m-%dT%H:%M}.")
    if moment.offset is not None:
        fitting = [found for found in (first, second) if found.utcoffset() == moment.offset]
        if not fitting:
            message = f"“{name}” ends in another offset than {zone.key} has then, {_offset_of(first)}"
            return Mistake(RULE, message, f"Write {naive:%Y-%m-%dT%H:%M}: the time zone says the rest.")
        return fitting[0]
    if first.utcoffset() != second.utcoffset():
        message = f"{quoted(f'{naive:%Y-%m-%dT%H:%M}')} comes twice in {zone.key}: clocks go back over it that day"
        fix = f"Say which: {naive:%Y-%m-%dT%H:%M}{_offset_of(first)} is the first, {_offset_of(second)} the second."
        return Mistake(RULE, message, fix)
    return first


def _offset_of(moment: datetime) -> str:
    offset = moment.strftime("%z")
    return f"{offset[:3]}:{offset[3:5]}"

"""Days and times of day as editors write them, and what is wrong with one that no calendar or clock has."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, time

from newsletter.authoring.complaints import quoted

LIKE_A_DAY = "Write year, month and day: 2027-03-01."
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::00)?", re.ASCII)
_HALF_DAY = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*([ap])\.?\s?m\.?", re.ASCII | re.IGNORECASE)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def parse_day(text: str) -> date | None:
    """Give the day that ``yyyy-mm-dd`` names, None when it names none."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def explain_day(name: str, text: str) -> tuple[str, str]:
    """Say what is wrong with a text that ``parse_day`` made nothing of, and how to mend it."""
    match = _DAY.fullmatch(text)
    if match is None:
        return f"“{name}” has to be a day, not {quoted(text)}", LIKE_A_DAY
    year, month, day = (int(number) for number in match.groups())
    message = f"there is no day {text}, which “{name}” names"
    if not year or not 1 <= month <= 12:
        return f"{message}: a year has twelve months", LIKE_A_DAY
    last = monthrange(year, month)[1]
    if not day:
        return f"{message}: a month begins with day 01", f"Write {year:04}-{month:02}-01, or the day that you mean."
    fix = f"Write {year:04}-{month:02}-{last}, or the day that you mean."
    return f"{message}: {_MONTHS[month - 1]} {year} has {last} days", fix


def parse_time(text: str) -> time | None:
    """Give the time of day that ``hh:mm`` names, None when it names none."""
    match = _TIME.fullmatch(text)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return time(int(match[1]), int(match[2]))


def guess_time(text: str) -> str:
    """Give what a writer may have meant by "6 pm" or "6:30 p.m.", as ``hh:mm``; "" when nothing can be guessed."""
    match = _HALF_DAY.search(text)
    if not match or not 1 <= int(match[1]) <= 12 or int(match[2] or 0) > 59:
        return ""
    hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
    return f"{hour:02}:{int(match[2] or 0):02}"

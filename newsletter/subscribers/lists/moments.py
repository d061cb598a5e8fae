"""Days and moments as lists write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

FORMS: Final = (
    "%Y-%m-%d %H:%M:%S %z",
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%y",
    "%b %d, %Y",
)
"""What American mail services and the spreadsheets after them write, beside ISO 8601: the month comes first."""

ZONE: Final = re.compile(r"\s+(UTC|GMT|[ECMP][SD]T)$")


@lru_cache(maxsize=4096)
def iso_moment(text: str) -> datetime | None:
    """Read a day or moment in ISO 8601; without a zone it is UTC. None when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _aware(moment)


@lru_cache(maxsize=4096)
def any_moment(text: str) -> datetime | None:
    """Read a day or moment in any form that the exports of mail services have; None when it is in none of them."""
    moment = iso_moment(text)
    if moment is not None:
        return moment
    # A zone by its letters is hours at most, and a consent does not turn on them.
    plain = ZONE.sub("", text)
    for form in FORMS:
        try:
            # Naive where the form has no zone: then it is UTC.
            return _aware(datetime.strptime(plain, form))  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _aware(moment: datetime) -> datetime | None:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None

"""On which days the next issues go out, as far as anybody knows: what a pause "until the next issue" goes by.

The calendar belongs to a room above this one, which registers it when the program starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

Calendar = Callable[[datetime], Sequence[date]]
"""From a moment to the days on which the next issues go out, the first one first, as the newsletter's own time zone has them."""

ONE_DAY: Final = timedelta(days=1)

_calendars: Final[list[Calendar]] = []


def register_calendar(next_days: Calendar) -> None:
    """Ask this calendar from now on; called once, when the program starts."""
    _calendars[:] = [next_days]


def next_issue_days(now: datetime) -> Sequence[date]:
    """Give the days on which the next issues go out; none where nobody knows."""
    return _calendars[0](now) if _calendars else ()


def first_issue(days: Sequence[date], *, paused_until: date | None) -> date | None:
    """Give the day of the first issue that comes to somebody, where that is known; ``paused_until`` is the end of their pause."""
    return next((day for day in days if paused_until is None or day >= paused_until), None)


def day_after(issue_day: date) -> date:
    """Give the day on which mail goes out again to somebody who lets the issue of this day pass."""
    return issue_day + ONE_DAY

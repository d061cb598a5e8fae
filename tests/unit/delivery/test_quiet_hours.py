"""Quiet hours follow the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from newsletter.delivery.quiet_hours import QuietHours

NEW_YORK = ZoneInfo("America/New_York")


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK, fold=fold)


def hours(begin: str, end: str) -> QuietHours:
    return QuietHours(time.fromisoformat(begin), time.fromisoformat(end), NEW_YORK)


@pytest.mark.parametrize(
    ("begin", "end", "now", "until"),
    [
        ("21:00", "08:00", "2026-12-01T20:59:59", None),
        ("21:00", "08:00", "2026-12-01T21:00", "2026-12-02T08:00"),
        ("21:00", "08:00", "2026-12-02T03:00", "2026-12-02T08:00"),
        ("21:00", "08:00", "2026-12-02T08:00", None),
        ("12:00", "13:30", "2026-12-01T12:10:30", "2026-12-01T13:30"),
        ("12:00", "13:30", "2026-12-01T23:00", None),
    ],
)
def test_they_go_over_midnight_and_end_on_the_minute(begin: str, end: str, now: str, until: str | None) -> None:
    found = hours(begin, end).until(local(now).astimezone(UTC))
    assert found == (local(until) if until else None)


def test_an_end_that_clocks_skip_is_when_they_were_put_forward() -> None:
    """On 8 March 2026 clocks in New York went from 01:59 to 03:00."""
    assert hours("22:00", "02:30").until(local("2026-03-08T01:00")) == local("2026-03-08T03:00")


def test_an_hour_that_clocks_repeat_is_quiet_as_often_as_the_wall_says_so() -> None:
    """On 1 November 2026 clocks in New York showed 01:00 to 01:59 twice."""
    quiet = hours("22:00", "01:30")
    assert quiet.covers(local("2026-11-01T01:10", fold=0))
    assert not quiet.covers(local("2026-11-01T01:40", fold=0))
    assert quiet.covers(local("2026-11-01T01:10", fold=1))
    assert quiet.until(local("2026-11-01T01:10", fold=1)) == local("2026-11-01T01:30", fold=1)


def test_a_night_is_as_long_as_its_clocks_say() -> None:
    evening = local("2026-10-31T22:00").astimezone(UTC)
    morning = hours("22:00", "08:00").until(evening)
    assert morning is not None
    assert (morning.astimezone(UTC) - evening).total_seconds() == 11 * 3600

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from newsletter.errors import NotAllowedError, SettingsError, UsageError
from newsletter.publishing.cadence import resolve_time, slot_for_issue, upcoming
from newsletter.settings import Cadence
from tests.contract.publishing.samples import CADENCE

NEW_YORK = ZoneInfo("America/New_York")
LONG_AGO = datetime(2024, 12, 15, tzinfo=UTC)


def first_tuesdays(first_year: int, last_year: int) -> list[datetime]:
    """Find the first Tuesday of every second month by counting days, without any scheduler."""
    found = []
    for year in range(first_year, last_year + 1):
        for month in range(2, 13, 2):
            day = datetime(year, month, 1, 10, tzinfo=NEW_YORK)
            while day.weekday() != 1:
                day += timedelta(days=1)
            found.append(day.astimezone(UTC))
    return found


def test_ten_years_of_slots_equal_a_calendar_counted_by_hand() -> None:
    assert upcoming(CADENCE, LONG_AGO, 60) == first_tuesdays(2025, 2034)


def test_ten_in_new_york_is_15_utc_in_winter_and_14_in_summer() -> None:
    hours = {moment.month: moment.hour for moment in upcoming(CADENCE, LONG_AGO, 12)}
    assert hours == {2: 15, 4: 14, 6: 14, 8: 14, 10: 14, 12: 15}


def test_slots_are_aware_and_in_utc() -> None:
    assert all(moment.tzinfo is UTC for moment in upcoming(CADENCE, LONG_AGO, 3))


def test_a_slot_is_later_than_the_moment_asked_for() -> None:
    first, second = upcoming(CADENCE, LONG_AGO, 2)
    assert upcoming(CADENCE, first, 1) == [second]
    assert upcoming(CADENCE, first - timedelta(seconds=1), 1) == [first]


def test_an_hour_that_clocks_repeat_counts_once() -> None:
    # In Havana clocks go from 01:00 back to 00:00 on the first Sunday of November.
    havana = Cadence(month="11", day="1st sun", hour=0, minute=30, timezone="America/Havana")
    found = upcoming(havana, LONG_AGO, 3)
    assert [moment.astimezone(ZoneInfo("America/Havana")).date().isoformat() for moment in found] == [
        "2025-11-02",
        "2026-11-01",
        "2027-11-07",
    ]


@pytest.mark.parametrize("change", [{"day": "1st nonsense"}, {"month": "13"}])
def test_a_cadence_that_means_nothing_is_a_mistake_in_the_settings(change: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"cadence in newsletter\.toml"):
        upcoming(CADENCE.model_copy(update=change), LONG_AGO, 1)


@pytest.mark.parametrize("name", ["America/Gotham", "../etc/passwd", ""])
def test_a_time_zone_that_does_not_exist_is_a_mistake_in_the_settings(name: str) -> None:
    with pytest.raises(SettingsError, match="no time zone"):
        upcoming(CADENCE.model_copy(update={"timezone": name}), LONG_AGO, 1)


def test_an_issue_goes_out_in_the_month_of_its_name() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert slot_for_issue(CADENCE, "2026-12", now) == datetime(2026, 12, 1, 15, tzinfo=UTC)
    assert slot_for_issue(CADENCE, "2027-04", now) == datetime(2027, 4, 6, 14, tzinfo=UTC)


def test_an_issue_of_a_month_without_a_slot_is_told_the_next_dates() -> None:
    with pytest.raises(NotAllowedError, match=r"no date in 2026-11.*2026-12-01T10:00, 2027-02-02T10:00"):
        slot_for_issue(CADENCE, "2026-11", datetime(2026, 10, 20, tzinfo=UTC))


def test_an_issue_whose_date_is_past_is_told_so() -> None:
    with pytest.raises(NotAllowedError, match=r"Tue 01 Dec 2026, 10:00 EST.*is past.*--at 2027-02-02T10:00"):
        slot_for_issue(CADENCE, "2026-12", datetime(2026, 12, 1, 15, tzinfo=UTC))


@pytest.mark.parametrize("name", ["special", "2026-13", "2026-1", "x2026-12"])
def test_an_issue_not_named_after_a_month_needs_a_time(name: str) -> None:
    with pytest.raises(UsageError, match="--at"):
        slot_for_issue(CADENCE, name, LONG_AGO)


def test_a_cadence_that_has_ended_gives_what_is_left() -> None:
    once = CADENCE.model_copy(update={"month": "2", "day": "30"})
    assert upcoming(once, LONG_AGO, 3) == []


def test_a_time_without_an_offset_is_of_the_cadences_time_zone() -> None:
    assert resolve_time(datetime(2026, 12, 1, 10, 0, 30), CADENCE) == datetime(2026, 12, 1, 15, 0, tzinfo=UTC)  # noqa: DTZ001 - the point


def test_a_time_with_an_offset_keeps_it() -> None:
    berlin = timezone(timedelta(hours=1))
    assert resolve_time(datetime(2026, 12, 1, 10, 0, tzinfo=berlin), CADENCE) == datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "what"),
    [(datetime(2027, 3, 14, 2, 30), "skip 02:30"), (datetime(2026, 11, 1, 1, 30), "show 01:30 twice")],  # noqa: DTZ001 - the point
)
def test_a_time_that_clocks_skip_or_repeat_is_refused(at: datetime, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        resolve_time(at, CADENCE)

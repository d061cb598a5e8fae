"""Which days readers are told that the next issues go out on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.publishing.audit import record_act
from newsletter.publishing.calendar import hold_slot, schedule_issue
from newsletter.publishing.models import Slot, SlotState
from newsletter.publishing.next_days import next_issue_days
from newsletter.subscribers import upcoming
from tests.contract.publishing.samples import CADENCE, NOW, SLOT_AT

pytestmark = [pytest.mark.database, pytest.mark.django_db]

DECEMBER, FEBRUARY, APRIL = date(2026, 12, 1), date(2027, 2, 2), date(2027, 4, 6)


def scheduled(issue: str, at: datetime | None = None) -> Slot:
    return schedule_issue(issue, at, cadence=CADENCE, person="ada", now=NOW, system_user="tester")


def released(issue: str, at: datetime) -> None:
    Slot.objects.create(issue=issue, at=at, state=SlotState.RELEASED)


def first_days(now: datetime = NOW, count: int = 3) -> list[date]:
    return list(next_issue_days(now))[:count]


def test_with_nothing_on_the_calendar_they_are_the_cadences() -> None:
    assert first_days() == [DECEMBER, FEBRUARY, APRIL]


def test_readers_pages_ask_this_calendar() -> None:
    assert upcoming.next_issue_days(NOW) == next_issue_days(NOW)


def test_an_issue_that_was_moved_has_its_new_day_and_not_the_cadences() -> None:
    scheduled("2026-12", SLOT_AT + timedelta(days=7))
    assert first_days() == [date(2026, 12, 8), FEBRUARY, APRIL]


def test_an_issue_that_has_gone_out_early_leaves_no_day_of_its_month() -> None:
    released("2026-12", NOW - timedelta(days=1))
    assert first_days() == [FEBRUARY, APRIL, date(2027, 6, 1)]


def test_on_its_day_an_issue_is_the_next_one_until_it_has_gone_out() -> None:
    scheduled("2026-12")
    assert first_days(SLOT_AT - timedelta(minutes=1), 1) == [DECEMBER]
    Slot.objects.update(state=SlotState.RELEASED)
    assert first_days(SLOT_AT + timedelta(minutes=1), 1) == [FEBRUARY]


def test_while_an_issue_is_late_nobody_knows() -> None:
    scheduled("2026-12")
    assert first_days(SLOT_AT) == []
    hold_slot("2026-12", reason="the funder calls back", person="ada", now=NOW, system_user="tester")
    assert first_days(SLOT_AT + timedelta(hours=8)) == []


def test_an_issue_that_is_held_before_its_hour_keeps_its_day() -> None:
    scheduled("2026-12")
    hold_slot("2026-12", reason="the funder calls back", person="ada", now=NOW, system_user="tester")
    assert first_days(count=1) == [DECEMBER]


def test_an_issue_with_a_name_of_its_own_counts_and_a_correction_does_not() -> None:
    scheduled("special", datetime(2026, 12, 15, 15, 0, tzinfo=UTC))
    scheduled("2026-10-correction", datetime(2026, 11, 25, 15, 0, tzinfo=UTC))
    record_act("correct", "2026-10-correction", person="ada", note="", now=NOW, system_user="tester")
    assert first_days() == [DECEMBER, date(2026, 12, 15), FEBRUARY]


def test_the_days_are_those_of_the_newsletters_own_time_zone() -> None:
    scheduled("2026-12", datetime(2026, 12, 2, 3, 0, tzinfo=UTC))
    assert first_days(count=1) == [DECEMBER]

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscribers.choices import Choices, Topic
from newsletter.subscribers.web.wishes import (
    ChooseWish,
    GoodbyeWish,
    PauseWish,
    Problem,
    ResumeWish,
    StoredWish,
    Wish,
    months_after,
    read_wish,
)

TODAY = date(2026, 11, 5)
CHOICES = Choices(("en", "es"), tuple(Topic(key, {}, {}) for key in ("tnbc", "trials")), {"2026-11": {}})


ISSUE_DAYS = (date(2026, 12, 1), date(2027, 2, 2))


def read(form: str, *, issue_days: Sequence[date] = ISSUE_DAYS, paused_until: date | None = None) -> Wish | Problem:
    return read_wish(QueryDict(form), choices=CHOICES, today=TODAY, issue_days=issue_days, paused_until=paused_until)


@pytest.mark.parametrize(
    ("form", "wish"),
    [
        ("action=choices&language=es&topic=tnbc&topic=trials", ChooseWish(frozenset({"tnbc", "trials"}), "es")),
        ("action=choices&language=en", ChooseWish(frozenset(), "en")),
        ("action=pause&months=2", PauseWish(date(2027, 1, 5))),
        ("action=pause&months=6", PauseWish(date(2027, 5, 5))),
        ("action=pause&until=2026-11-06", PauseWish(date(2026, 11, 6))),
        ("action=pause&until=2028-11-05", PauseWish(date(2028, 11, 5))),
        ("action=pause&next=2026-12-01", PauseWish(date(2026, 12, 2))),
        ("action=resume", ResumeWish()),
        ("action=stored", StoredWish()),
        ("action=goodbye", GoodbyeWish()),
    ],
)
def test_every_form_of_the_page_is_a_wish(form: str, wish: Wish) -> None:
    assert read(form) == wish


@pytest.mark.parametrize(
    "form",
    [
        "",
        "action=",
        "action=erase",
        "action=goodbye&action=goodbye",
        "action=goodbye&topic=tnbc",
        "action=goodbye&extra=1",
        "action=resume&until=2026-12-01",
        "action=choices",
        "action=choices&language=fr",
        "action=choices&language=en&language=es",
        "action=choices&language=en&topic=smoking",
        "action=choices&language=en&topic=tnbc&topic=%00",
        "action=pause",
        "action=pause&months=3",
        "action=pause&months=-2",
        "action=pause&months=2&until=2026-12-01",
        "action=pause&months=2&topic=tnbc",
        "action=pause&next=2026-12-01&months=2",
        "action=pause&next=2026-12-01&topic=tnbc",
        "action=stored&until=2026-12-01",
    ],
)
def test_a_form_that_the_page_cannot_have_sent_is_no_wish(form: str) -> None:
    assert read(form) is Problem.UNREADABLE


@pytest.mark.parametrize(
    "day", ["", "2026-11-05", "2020-01-01", "2028-11-06", "9999-12-31", "soon", "2027-02-30", "2027-01-01T00:00"]
)
def test_a_day_that_a_pause_cannot_end_on_is_told_apart(day: str) -> None:
    assert read(f"action=pause&until={day}") is Problem.DAY


@pytest.mark.parametrize("day", ["2026-12-02", "2027-02-02", "", "soon", "2026-11-05"])
def test_a_next_issue_of_another_day_than_the_button_said_is_told_apart(day: str) -> None:
    assert read(f"action=pause&next={day}") is Problem.NEXT_ISSUE


def test_where_nobody_knows_the_next_day_no_issue_can_be_skipped() -> None:
    assert read("action=pause&next=2026-12-01", issue_days=()) is Problem.NEXT_ISSUE


def test_who_is_paused_skips_the_first_issue_after_the_pause_and_does_not_shorten_it() -> None:
    for until in (date(2026, 12, 2), date(2027, 2, 2)):
        assert read("action=pause&next=2027-02-02", paused_until=until) == PauseWish(date(2027, 2, 3))
        assert read(f"action=pause&next={TODAY}", paused_until=until) is Problem.NEXT_ISSUE
    assert read("action=pause&next=2026-12-01", paused_until=date(2027, 1, 5)) is Problem.NEXT_ISSUE


def test_a_second_press_on_the_same_issue_skips_no_other_one() -> None:
    assert read("action=pause&next=2026-12-01", paused_until=date(2026, 12, 2)) == PauseWish(date(2026, 12, 2))


@given(
    form=st.dictionaries(st.sampled_from(["action", "language", "topic", "months", "next", "until", "x"]), st.text(max_size=12))
)
def test_a_hostile_form_never_raises(form: dict[str, str]) -> None:
    query = QueryDict(mutable=True)
    query.update(form)
    read_wish(query, choices=CHOICES, today=TODAY, issue_days=ISSUE_DAYS, paused_until=None)


def test_a_month_that_is_shorter_ends_a_pause_on_its_last_day() -> None:
    assert months_after(date(2026, 12, 31), 2) == date(2027, 2, 28)
    assert months_after(date(2027, 12, 30), 2) == date(2028, 2, 29)
    assert months_after(date(2026, 8, 31), 6) == date(2027, 2, 28)


@given(day=st.dates(max_value=date(9000, 1, 1)), months=st.integers(0, 36))
def test_a_pause_of_months_ends_in_that_month(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day

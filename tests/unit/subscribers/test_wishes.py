from __future__ import annotations

from datetime import date

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscribers.choices import Choices, Topic
from newsletter.subscribers.wishes import (
    ChooseWish,
    GoodbyeWish,
    PauseWish,
    Problem,
    ResumeWish,
    Wish,
    months_after,
    read_wish,
)

TODAY = date(2026, 11, 5)
CHOICES = Choices(("en", "es"), tuple(Topic(key, {}, {}) for key in ("tnbc", "trials")), {"2026-11": {}})


def read(form: str) -> Wish | Problem:
    return read_wish(QueryDict(form), choices=CHOICES, today=TODAY, next_issue=date(2026, 12, 1))


@pytest.mark.parametrize(
    ("form", "wish"),
    [
        ("action=choices&language=es&topic=tnbc&topic=trials", ChooseWish(frozenset({"tnbc", "trials"}), "es")),
        ("action=choices&language=en", ChooseWish(frozenset(), "en")),
        ("action=pause&months=2", PauseWish(date(2027, 1, 5))),
        ("action=pause&months=6", PauseWish(date(2027, 5, 5))),
        ("action=pause&until=2026-11-06", PauseWish(date(2026, 11, 6))),
        ("action=pause&until=2028-11-05", PauseWish(date(2028, 11, 5))),
        ("action=resume", ResumeWish()),
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
    ],
)
def test_a_form_that_the_page_cannot_have_sent_is_no_wish(form: str) -> None:
    assert read(form) is Problem.UNREADABLE


@pytest.mark.parametrize(
    "day", ["", "2026-11-05", "2020-01-01", "2028-11-06", "9999-12-31", "soon", "2027-02-30", "2027-01-01T00:00"]
)
def test_a_day_that_a_pause_cannot_end_on_is_told_apart(day: str) -> None:
    assert read(f"action=pause&until={day}") is Problem.DAY


@given(form=st.dictionaries(st.sampled_from(["action", "language", "topic", "months", "until", "x"]), st.text(max_size=12)))
def test_a_hostile_form_never_raises(form: dict[str, str]) -> None:
    query = QueryDict(mutable=True)
    query.update(form)
    read_wish(query, choices=CHOICES, today=TODAY, next_issue=date(2026, 12, 1))


def test_a_month_that_is_shorter_ends_a_pause_on_its_last_day() -> None:
    assert months_after(date(2026, 12, 31), 2) == date(2027, 2, 28)
    assert months_after(date(2027, 12, 30), 2) == date(2028, 2, 29)
    assert months_after(date(2026, 8, 31), 6) == date(2027, 2, 28)


@given(day=st.dates(max_value=date(9000, 1, 1)), months=st.integers(0, 36))
def test_a_pause_of_months_ends_in_that_month(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day

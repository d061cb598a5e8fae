from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscribers.web.form_stamps import FASTEST, GOOD_FOR, Stamp, make_stamp, read_stamp
from tests.readers import NOVEMBER

MOMENT = timedelta(milliseconds=1)


def test_a_stamp_says_when_and_with_which_wording_a_form_was_shown() -> None:
    stamp = make_stamp("2026-11", now=NOVEMBER)
    assert read_stamp(stamp, now=NOVEMBER + FASTEST) == Stamp(NOVEMBER, "2026-11", again=False)


@pytest.mark.parametrize("took", [timedelta(0), FASTEST - MOMENT, GOOD_FOR + MOMENT, -FASTEST])
def test_a_form_that_came_back_too_fast_or_too_late_has_no_good_stamp(took: timedelta) -> None:
    assert read_stamp(make_stamp("2026-11", now=NOVEMBER), now=NOVEMBER + took) is None


def test_a_form_that_was_shown_for_one_more_press_may_come_back_at_once() -> None:
    assert read_stamp(make_stamp("2026-11", now=NOVEMBER, again=True), now=NOVEMBER) is not None


@given(st.text())
def test_nobody_else_can_make_a_stamp(text: str) -> None:
    assert read_stamp(text, now=NOVEMBER) is None


def test_a_changed_stamp_is_none() -> None:
    stamp = make_stamp("2026-11", now=NOVEMBER)
    assert read_stamp(f"A{stamp[1:]}", now=NOVEMBER + FASTEST) is None

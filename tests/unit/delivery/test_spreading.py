"""A spread send is due evenly, in the order of its audience."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.spreading import SECONDS_TOGETHER, Spread


def test_without_a_window_everything_is_due_at_once() -> None:
    assert Spread(1000.0, 0, 1, 10).due_at(7) == 0


def test_the_first_is_due_at_the_start_and_the_last_at_the_end_of_the_window() -> None:
    spread = Spread(1000.0, 600, 5, 105)
    assert [spread.due_at(place) for place in (5, 55, 105)] == [1000, 1300, 1600]


def test_an_audience_of_one_is_due_at_the_start() -> None:
    assert Spread(1000.0, 600, 5, 5).due_at(5) == 1000


@given(
    first=st.integers(1, 10**6),
    size=st.integers(0, 10**6),
    seconds=st.floats(0.1, 604_800),
    places=st.lists(st.integers(-100, 10**6 + 100), min_size=2),
)
def test_nobody_is_due_before_the_window_or_after_it_or_before_whom_they_follow(
    first: int, size: int, seconds: float, places: list[int]
) -> None:
    spread = Spread(1000.0, seconds, first, first + size)
    due = [spread.due_at(first + place) for place in sorted(places)]
    assert due == sorted(due)
    assert all(1000.0 <= one <= 1000.0 + seconds for one in due)


def test_an_even_share_is_due_in_every_part_of_the_window() -> None:
    spread = Spread(0.0, 100 * SECONDS_TOGETHER, 1, 10_000)
    due = [spread.due_at(place) for place in range(1, 10_001)]
    tenths = [sum(start < one <= start + 50 for one in due) for start in range(0, 500, 50)]
    assert max(tenths) - min(tenths) <= 2

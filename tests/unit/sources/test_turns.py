from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.sources.trials.turns import Turns, seconds_asked_for

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def take(turns: Turns, host: str = "registry.example", *, now: float, longest: float = 60) -> float:
    return turns.take(host, now=now, interval=1.0, longest=longest)


def test_turns_on_one_host_keep_their_distance() -> None:
    turns = Turns()
    assert [take(turns, now=now) for now in (100.0, 100.0, 100.25, 110.0)] == [0.0, 1.0, 1.75, 0.0]


def test_hosts_do_not_wait_for_each_other() -> None:
    turns = Turns()
    assert [take(turns, host, now=100.0) for host in ("a.example", "b.example", "a.example:8080")] == [0.0, 0.0, 0.0]


def test_threads_share_the_turns() -> None:
    turns = Turns()
    with ThreadPoolExecutor(16) as threads:
        waits = list(threads.map(lambda _: take(turns, now=100.0, longest=1000), range(200)))
    assert sorted(waits) == [float(number) for number in range(200)]


def test_a_turn_that_is_too_far_off_is_not_booked() -> None:
    turns = Turns()
    turns.close("registry.example", until=130.0)
    assert take(turns, now=100.0, longest=10) == 30.0
    assert take(turns, now=129.0, longest=10) == 1.0
    assert take(turns, now=129.0, longest=10) == 2.0


def test_a_shorter_wait_does_not_open_what_is_closed_for_longer() -> None:
    turns = Turns()
    turns.close("registry.example", until=130.0)
    turns.close("registry.example", until=110.0)
    assert take(turns, now=100.0) == 30.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 5 ", 5.0),
        ("Tue, 24 Nov 2026 15:00:30 GMT", 30.0),
        ("Tuesday, 24-Nov-26 15:00:30 GMT", 30.0),
        ("Tue Nov 24 15:00:30 2026", 30.0),
        ("Tue, 24 Nov 2026 14:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0663", None),
        ("Tue, 99 Nov 2026 15:00:30 GMT", None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert seconds_asked_for(header, now=NOW) == seconds


@given(
    st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{1,9} ?[-+A-Z0-9]{0,7}", fullmatch=True)
)
def test_whatever_stands_in_a_retry_after_is_a_wait_or_nothing(header: str) -> None:
    seconds = seconds_asked_for(header, now=NOW)
    assert seconds is None or seconds >= 0

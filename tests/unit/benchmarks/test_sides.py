"""Sides of a benchmark: what is paired with what, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.sides import (
    MEGABYTES,
    MESSAGES_A_SECOND,
    MILLISECONDS,
    Comparison,
    Reach,
    ReachOf,
    Report,
    Side,
    measure,
)


def _in_turn(*figures: float) -> Iterator[float]:
    return iter(figures)


def test_a_ratio_is_taken_round_by_round() -> None:
    """The machine was twice as fast in the second round: of the medians ours would be no better, of the pairs it is."""
    ours, theirs = _in_turn(10, 40, 11), _in_turn(5, 20, 11)
    sides = [Side("ours", lambda: next(ours)), Side("theirs", lambda: next(theirs))]
    measured = measure(Comparison("x", MESSAGES_A_SECOND, sides, anchor="theirs"), rounds=3)
    assert measured[0].rounds == (10, 40, 11)
    assert measured[0].ratio is not None
    assert (measured[0].ratio.median, measured[0].ratio.low, measured[0].ratio.high) == (2, 1, 2)


def test_a_shorter_time_is_a_higher_ratio() -> None:
    """A ratio says how many times as good, whether more or less of the unit is better."""
    sides = [Side("ours", lambda: 5.0), Side("theirs", lambda: 20.0)]
    ours, theirs = measure(Comparison("x", MILLISECONDS, sides, anchor="theirs"), rounds=2)
    assert ours.ratio is not None
    assert ours.ratio.median == 4
    assert theirs.ratio is not None
    assert theirs.ratio.median == 1


def test_each_round_begins_with_another_side_inside_what_it_needs() -> None:
    """Who comes first meets a cold cache; what a round needs is there before and gone after."""
    done: list[str] = []

    @contextmanager
    def around() -> Iterator[None]:
        done.append("(")
        yield
        done.append(")")

    sides = [Side("a", lambda: done.append("a")), Side("b", lambda: done.append("b"))]
    measure(Comparison("x", MESSAGES_A_SECOND, sides, around=around), rounds=3)
    assert "".join(done) == "(ab)(ba)(ab)"


def test_a_timed_act_counts_what_it_did() -> None:
    """Ten things in two seconds are five a second, or 200 ms each."""
    assert MESSAGES_A_SECOND.of(2.0, 10) == 5
    assert MILLISECONDS.of(2.0, 10) == 200


@pytest.mark.parametrize(
    ("figure", "reach", "reached"),
    [(150, Reach(200, ReachOf.FIGURE), True), (250, Reach(200, ReachOf.FIGURE), False), (150, None, None)],
)
def test_a_reach_of_less_is_a_most(*, figure: float, reach: Reach | None, reached: bool | None) -> None:
    """Of memory, at most so many megabytes are the goal."""
    (measured,) = measure(Comparison("x", MEGABYTES, [Side("a", lambda: figure, reach=reach)]), rounds=1)
    assert measured.reached is reached


def test_a_command_can_be_shown_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where things lie on one machine is nobody else's."""
    arguments = ["--postfix", "/opt/postfix", "--rounds", "3", "--json", "x.json", "--json=y.json", "--x=/y", "--quick"]
    monkeypatch.setattr("sys.argv", ["smtp.py", *arguments])
    report = Report("smtp", title="Messages a second", rounds=3)
    assert report.as_json()["command"] == "python -m benchmarks.smtp --rounds 3 --quick"


def test_the_file_says_everything_that_a_page_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The structure is what docs/benchmarks.md is made of."""
    report = Report("smtp", title="Messages a second", rounds=1)
    sides = [Side("ours", lambda: 30.0, reach=Reach(1.5)), Side("theirs", lambda: 10.0)]
    report.compare(Comparison("into a sink", MESSAGES_A_SECOND, sides, anchor="theirs"))
    report.save(tmp_path / "smtp.json")
    kept = json.loads((tmp_path / "smtp.json").read_text())
    assert {"benchmark", "title", "command", "machine", "measured_at", "rounds", "comparisons", "notes"} == set(kept)
    (comparison,) = kept["comparisons"]
    assert (comparison["name"], comparison["unit"], comparison["anchor"]) == ("into a sink", "messages/s", "theirs")
    assert comparison["sides"][0] == {
        "name": "ours",
        "median": 30.0,
        "low": 30.0,
        "high": 30.0,
        "rounds": [30.0],
        "ratio": {"median": 3.0, "low": 3.0, "high": 3.0},
        "reach": {"figure": 1.5, "of": "ratio"},
        "reached": True,
    }
    assert "3.00 x theirs (3.00 to 3.00), reached: at least 1.50 x" in capsys.readouterr().out

"""Measuring sides beside each other: rounds in turn, medians and ranges, and each round's ratio to an anchor of the same round.

A machine shared with others is faster in one minute than in the next, so that only what ran in the same round compares.
``--json FILE`` keeps what was measured, one file a benchmark, in the structure of ``Report.as_json``; a page is made of these.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

CPUINFO: Final = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Unit:
    """What a figure counts: things a second, where a timed act is divided by its time, or time, where the figure is its time."""

    name: str
    more_is_better: bool
    a_second: float = 1.0
    """Of a unit that counts time: how many of it make a second."""

    def of(self, seconds: float, amount: int) -> float:
        """Give the figure of an act that did ``amount`` things in so many seconds."""
        return amount / seconds if self.more_is_better else seconds * self.a_second / amount


MESSAGES_A_SECOND: Final = Unit("messages/s", more_is_better=True)
RECIPIENTS_A_SECOND: Final = Unit("recipients/s", more_is_better=True)
EVENTS_A_SECOND: Final = Unit("events/s", more_is_better=True)
REQUESTS_A_SECOND: Final = Unit("requests/s", more_is_better=True)
SECONDS: Final = Unit("s", more_is_better=False)
MILLISECONDS: Final = Unit("ms", more_is_better=False, a_second=1_000)
MEGABYTES: Final = Unit("MB", more_is_better=False)


class ReachOf(StrEnum):
    """Which figure a reach speaks of."""

    RATIO = "ratio"
    """The median of the paired ratios to the anchor, at least."""
    FIGURE = "figure"
    """The median itself: at least where more is better, else at most."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What we said that we would reach."""

    figure: float
    of: ReachOf = ReachOf.RATIO


@dataclass(frozen=True, slots=True)
class Side:
    """One named act, done once a round. It is timed, unless it gives its figure itself (memory, or a time taken elsewhere)."""

    name: str
    act: Callable[[], float | None]
    amount: int = 1
    reach: Reach | None = None

    def measure(self, unit: Unit) -> float:
        """Do the act and give its figure."""
        started = time.perf_counter()
        figure = self.act()
        return unit.of(time.perf_counter() - started, self.amount) if figure is None else figure


@dataclass(frozen=True, slots=True)
class Comparison:
    """Sides to be measured in the same rounds; ``anchor`` is the name of the one that the others are compared to, if any.

    ``around`` is entered once a round and left after it: what a round needs and no side is charged for.
    """

    name: str
    unit: Unit
    sides: Sequence[Side]
    anchor: str = ""
    around: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the ends of some figures."""

    median: float
    low: float
    high: float

    @classmethod
    def over(cls, figures: Sequence[float]) -> Spread:
        """Give the spread of the figures of all rounds."""
        return cls(statistics.median(figures), min(figures), max(figures))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a side gave in all rounds. ``ratio`` is how many times as good as the anchor it was, round by round."""

    side: Side
    unit: Unit
    rounds: tuple[float, ...]
    ratio: Spread | None

    @property
    def spread(self) -> Spread:
        """The middle and the ends of its figures."""
        return Spread.over(self.rounds)

    @property
    def reached(self) -> bool | None:
        """Whether it reached what it should; None where nothing was said."""
        reach = self.side.reach
        if reach is None or (reach.of is ReachOf.RATIO and self.ratio is None):
            return None
        if reach.of is ReachOf.RATIO and self.ratio is not None:
            return self.ratio.median >= reach.figure
        median = self.spread.median
        return median >= reach.figure if self.unit.more_is_better else median <= reach.figure

    def as_json(self) -> dict[str, Any]:
        """Give it for a file."""
        spread, ratio, reach = self.spread, self.ratio, self.side.reach
        return {
            "name": self.side.name,
            "median": spread.median,
            "low": spread.low,
            "high": spread.high,
            "rounds": list(self.rounds),
            "ratio": {"median": ratio.median, "low": ratio.low, "high": ratio.high} if ratio else None,
            "reach": {"figure": reach.figure, "of": reach.of.value} if reach else None,
            "reached": self.reached,
        }

    def as_text(self, anchor: str) -> str:
        """Give it for a terminal, in one line."""
        spread, reach = self.spread, self.side.reach
        line = (
            f"  {self.side.name:<34}{_short(spread.median):>10} ({_short(spread.low)} to {_short(spread.high)}) {self.unit.name}"
        )
        if self.ratio and self.side.name != anchor:
            line = f"{line:<84}{self.ratio.median:6.2f} x {anchor} ({self.ratio.low:.2f} to {self.ratio.high:.2f})"
        if reach and self.reached is not None:
            of_ratio = reach.of is ReachOf.RATIO
            least = of_ratio or self.unit.more_is_better
            reach_text = f"{reach.figure:.2f} x" if of_ratio else f"{_short(reach.figure)} {self.unit.name}"
            line += f", {'reached' if self.reached else 'MISSED'}: {'at least' if least else 'at most'} {reach_text}"
        return line


def measure(comparison: Comparison, *, rounds: int) -> list[Measured]:
    """Measure all sides in so many rounds; each round begins with another side, so that none always comes first."""
    figures: dict[str, list[float]] = {side.name: [] for side in comparison.sides}
    for number in range(rounds):
        first = number % len(comparison.sides)
        with comparison.around():
            for side in [*comparison.sides[first:], *comparison.sides[:first]]:
                figures[side.name].append(side.measure(comparison.unit))
    anchor = figures.get(comparison.anchor)
    return [
        Measured(side, comparison.unit, tuple(figures[side.name]), _ratio(figures[side.name], anchor, comparison.unit))
        for side in comparison.sides
    ]


def _ratio(figures: Sequence[float], anchor: Sequence[float] | None, unit: Unit) -> Spread | None:
    if anchor is None:
        return None
    pairs = list(zip(figures, anchor, strict=True))
    return Spread.over([mine / theirs if unit.more_is_better else theirs / mine for mine, theirs in pairs])


class Report:
    """What one benchmark measured: printed as it goes, and kept for a file."""

    def __init__(self, benchmark: str, *, title: str, rounds: int) -> None:
        self._head = {"benchmark": benchmark, "title": title, "command": _command(benchmark), "machine": describe_machine()}
        self._measured_at = datetime.now(UTC).isoformat(timespec="seconds")
        self._rounds = rounds
        self._comparisons: list[dict[str, Any]] = []
        self._notes: list[str] = []
        print(f"{title}\n{self._head['command']}\n{one_line(describe_machine())}\n{rounds} rounds: median (lowest to highest)")

    def compare(self, comparison: Comparison, *, rounds: int | None = None) -> list[Measured]:
        """Measure, print, and keep; in the rounds of the report, unless so many are enough."""
        measured = measure(comparison, rounds=rounds or self._rounds)
        print(f"\n{comparison.name}")
        for one in measured:
            print(one.as_text(comparison.anchor))
        sys.stdout.flush()
        self._comparisons.append(
            {
                "name": comparison.name,
                "unit": comparison.unit.name,
                "more_is_better": comparison.unit.more_is_better,
                "anchor": comparison.anchor or None,
                "sides": [one.as_json() for one in measured],
            }
        )
        return measured

    def note(self, text: str) -> None:
        """Print and keep what a reader of the figures has to know, as that an anchor was not there."""
        print(f"  {text}")
        self._notes.append(text)

    def as_json(self) -> dict[str, Any]:
        """Give all for a file."""
        kept = {"measured_at": self._measured_at, "rounds": self._rounds, "comparisons": self._comparisons, "notes": self._notes}
        return {**self._head, **kept}

    def save(self, file: Path | None) -> None:
        """Write the file, if one was asked for."""
        if file is not None:
            file.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")


def make_parser(description: str | None, *, rounds: int = 5) -> argparse.ArgumentParser:
    """Give a parser with the two options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds, help=f"how often each side is measured ({rounds})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write what was measured to FILE")
    return parser


def describe_machine() -> dict[str, Any]:
    """Say what was measured on."""
    lines = CPUINFO.read_text().splitlines() if CPUINFO.exists() else []
    processor = next((line.partition(": ")[2] for line in lines if "model name" in line), "") or platform.processor()
    return {
        "system": platform.platform(),
        "processor": processor,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def one_line(machine: dict[str, Any]) -> str:
    """Give the description of a machine for a terminal."""
    text = f"{machine['system']}, {machine['processor']}, {machine['cores']} cores, Python {machine['python']}"
    return text if machine["load_before"] is None else f"{text}, load {machine['load_before']} before"


def _command(benchmark: str) -> str:
    return " ".join(["python -m", f"benchmarks.{benchmark}", *_without_places(sys.argv[1:])])


def _without_places(arguments: Sequence[str]) -> list[str]:
    """Leave out where files and programs lie on this machine: it says nothing about what was measured."""
    kept: list[str] = []
    for argument in arguments:
        if argument.partition("=")[2].startswith("/"):
            continue
        if argument.startswith("/") or (kept and kept[-1] == "--json"):
            kept.pop()
        else:
            kept.append(argument)
    return [argument for argument in kept if not argument.startswith("--json=")]


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.2f}"

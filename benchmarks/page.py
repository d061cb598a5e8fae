"""``python -m benchmarks.page FOLDER``: docs/benchmarks.md and its picture, from the files that ``--json`` wrote into a folder.

Nothing is written by hand there, so that the page says what was measured and nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.sides import one_line
from newsletter.delivery.report.charts import Bar, bar_chart, standalone
from newsletter.rendering.theme import read_theme

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "benchmarks.md"
PICTURE: Final = ROOT / "docs" / "pictures" / "benchmarks.svg"

HEAD: Final = """# Benchmarks

Written by `make bench` from what it measured; run it yourself. Both sides of a ratio are measured in one run, in turn, since a
machine shared with others is faster in one minute than in the next: compare ratios, not figures of two machines. A figure is the
median of all rounds, with the lowest and the highest; a ratio is the median of the rounds' own ratios.

![How many times as good as its anchor each part is, beside what it should reach](pictures/benchmarks.svg)
"""


def main(arguments: Sequence[str]) -> int:
    """Write both files."""
    folder = Path(arguments[0] if arguments else "var/benchmarks")
    reports = [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))]
    if not reports:
        print(f"There is nothing measured in {folder}. First: make bench", file=sys.stderr)
        return 1
    PAGE.write_text(write_page(reports), "utf-8")
    PICTURE.write_text(draw_picture(reports), "utf-8")
    print(f"{PAGE.relative_to(ROOT)} and {PICTURE.relative_to(ROOT)} tell what {len(reports)} benchmarks measured.")
    return 0


def write_page(reports: Sequence[Mapping[str, Any]]) -> str:
    """Give the page: a chapter for each benchmark, a table for each comparison in it."""
    return "\n".join([HEAD, *(line for report in reports for line in _chapter(report))])


def draw_picture(reports: Sequence[Mapping[str, Any]]) -> str:
    """Give the picture of every ratio that was to reach something; the outlines are what they should reach."""
    bars = [bar for report in reports for comparison in report["comparisons"] for bar in _bars(report, comparison)]
    described = "; ".join(f"{bar.label}: {bar.shown}" for bar in bars if not bar.quiet)
    picture = bar_chart(
        bars, ident="benchmarks", title="Ours beside its anchor", description=f"How much of what it should reach: {described}."
    )
    theme = read_theme(ROOT / "templates" / "theme.toml")
    return standalone(picture, light=theme.light.model_dump(), dark=theme.dark.model_dump())


def _bars(report: Mapping[str, Any], comparison: Mapping[str, Any]) -> Iterator[Bar]:
    """Bars as parts of the reach, so that a goal of 1 and one of 30 stand in one picture."""
    for side in comparison["sides"]:
        reach, ratio = side["reach"], side["ratio"]
        if reach and ratio and reach["of"] == "ratio":
            goal = reach["figure"]
            yield Bar(
                f"{report['benchmark']}, {comparison['name']}: {side['name']}",
                ratio["median"] / goal,
                f"{ratio['median']:.2f} times (goal {goal:g})",
                low=ratio["low"] / goal,
                high=ratio["high"] / goal,
                quiet=not side["reached"],
            )


def _chapter(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n## {report['title']}\n"
    yield f"`{report['command']}`, {report['rounds']} rounds, {report['measured_at'][:10]}: {one_line(report['machine'])}.\n"
    for comparison in report["comparisons"]:
        yield from _table(comparison)
    for note in report["notes"]:
        yield f"* {note}"


def _table(comparison: Mapping[str, Any]) -> Iterator[str]:
    anchor = comparison["anchor"]
    yield f"### {comparison['name'][:1].upper()}{comparison['name'][1:]}\n"
    yield f"| | {comparison['unit']} | lowest to highest |{f' times {anchor} |' if anchor else ''} goal |"
    yield f"|---|---:|---:|{'---:|' if anchor else ''}---|"
    for side in comparison["sides"]:
        ratio = side["ratio"]
        times = f" {ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f}) |" if anchor and ratio else ""
        yield (
            f"| {side['name']} | {_figure(side['median'])} | {_figure(side['low'])} to {_figure(side['high'])} |"
            f"{times} {_goal(side, comparison)} |"
        )
    yield ""


def _goal(side: Mapping[str, Any], comparison: Mapping[str, Any]) -> str:
    reach = side["reach"]
    if reach is None or side["reached"] is None:
        return ""
    word = "reached" if side["reached"] else "**missed**"
    if reach["of"] == "ratio":
        return f"{word}: at least {reach['figure']:g} times"
    bound = "at least" if comparison["more_is_better"] else "at most"
    return f"{word}: {bound} {_figure(reach['figure'])} {comparison['unit']}"


def _figure(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

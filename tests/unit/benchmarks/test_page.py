from __future__ import annotations

from typing import Any

from benchmarks.page import draw_picture, write_page


def report(*, reached: bool) -> dict[str, Any]:
    sides = [
        {
            "name": "ours",
            "median": 3000.4,
            "low": 2900.0,
            "high": 3100.0,
            "ratio": {"median": 1.25 if reached else 0.5, "low": 0.4, "high": 1.3},
            "reach": {"figure": 1.0, "of": "ratio"},
            "reached": reached,
        },
        {"name": "theirs", "median": 2400.0, "low": 2300.0, "high": 2500.0, "ratio": None, "reach": None, "reached": None},
    ]
    return {
        "benchmark": "smtp",
        "title": "A <send>",
        "command": "python -m benchmarks.smtp",
        "rounds": 5,
        "measured_at": "2026-11-22T20:00:00+00:00",
        "machine": {"system": "Linux", "processor": "P", "cores": 2, "python": "3.11", "load_before": 0.1},
        "comparisons": [
            {"name": "ten connections", "unit": "messages/s", "more_is_better": True, "anchor": "theirs", "sides": sides}
        ],
        "notes": ["NOT RUN: npm's mjml"],
    }


def test_the_page_gives_both_sides_the_ratio_and_whether_it_was_reached() -> None:
    page = write_page([report(reached=True)])
    assert "| ours | 3,000 | 2,900 to 3,100 | 1.25 (0.40 to 1.30) | reached: at least 1 times |" in page
    assert "| theirs | 2,400 |" in page
    assert "* NOT RUN: npm's mjml" in page


def test_a_missed_goal_stands_out() -> None:
    assert "**missed**: at least 1 times" in write_page([report(reached=False)])


def test_the_picture_shows_ratios_as_parts_of_what_they_should_reach() -> None:
    picture = draw_picture([report(reached=True)])
    assert picture.startswith("<svg")
    assert "1.25 times (goal 1)" in picture
    assert "smtp, ten connections: ours" in picture

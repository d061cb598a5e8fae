from __future__ import annotations

import io

import orjson
import pytest

from newsletter.cli import printing
from newsletter.cli.printing import print_findings, print_json, print_table
from newsletter.delivery.models import Handover
from newsletter.findings import Finding, Place, Severity

HEADINGS = ["issue", "state", "frozen", *Handover]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr(printing, "console", type(printing.console)(file=written, width=80, highlight=False, soft_wrap=True))
    return written


@pytest.mark.parametrize("issue", ["2026-12", "2026-12-correction-1"])
def test_where_a_send_stands_fits_80_columns_and_no_heading_is_folded(narrow: io.StringIO, issue: str) -> None:
    print_table(HEADINGS, [(issue, "cancelled", *["150"] * 7)])
    headings = narrow.getvalue().splitlines()[0]
    assert headings.split() == HEADINGS
    assert max(map(len, map(str.rstrip, narrow.getvalue().splitlines()))) <= 80


def test_numbers_stand_to_the_right_and_words_to_the_left(narrow: io.StringIO) -> None:
    print_table(["left out because", "people"], [("snoozed", "5"), ("no longer subscribed", "12345")])
    assert narrow.getvalue().splitlines() == [
        "left out because      people",
        "snoozed                    5",
        "no longer subscribed   12345",
    ]


def test_nothing_that_a_stranger_wrote_steers_the_terminal(narrow: io.StringIO) -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07\x9b31m\rred[/red]\\"
    print_table(["title"], [(hostile,)])
    print_json({"title": hostile})
    print_findings([Finding("rule", Severity.ERROR, hostile, Place("issue.md"), hostile)])
    shown = narrow.getvalue()
    assert shown.count("[2J]0;owned31mred[/red]\\") == 3
    assert all(character.isprintable() or character == "\n" for character in shown)


def test_what_a_program_reads_is_printed_as_it_is(narrow: io.StringIO) -> None:
    print_json({"name": "\u200fשרה\u200e", "lines": "a\nb"})
    assert orjson.loads(narrow.getvalue()) == {"name": "\u200fשרה\u200e", "lines": "a\nb"}

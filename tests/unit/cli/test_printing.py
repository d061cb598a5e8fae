from __future__ import annotations

import io

import pytest
from rich.console import Console

from newsletter.cli import printing
from newsletter.cli.printing import print_table
from newsletter.delivery.models import Handover

HEADINGS = ["issue", "state", "frozen", *Handover]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr(printing, "console", Console(file=written, width=80, highlight=False, soft_wrap=True))
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

"""How things look in a terminal: findings, tables, JSON."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from newsletter.findings import Finding, Severity

_STEERS_A_TERMINAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters but tab and line end (ECMA-48, 5.3 and 5.4)."""


class _PlainConsole(Console):
    """Prints what strangers wrote as letters only: an escape sequence in it would clear the screen or retitle the window."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=_STEERS_A_TERMINAL.sub("", segment.text))


console = _PlainConsole(highlight=False, soft_wrap=True)

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}


class OutputFormat(StrEnum):
    """How a list is printed."""

    TEXT = "text"
    JSON = "json"


class FindingsFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    """For code hosts and editors, which show each finding beside its line."""


def print_findings(findings: Sequence[Finding]) -> None:
    """Print findings, each with its place, its message and its fix, and then how many there are of each kind."""
    for finding in findings:
        style = STYLES[finding.severity]
        # Not by markup: Rich's escape() eats a backslash before a bracket, and editors are told to write some.
        place, severity = (str(finding.place), "bold"), (finding.severity.value, style)
        console.print(Text.assemble(place, " ", severity, f" {finding.message} ", (f"({finding.rule})", "dim")))
        if finding.fix:
            console.print(f"    → {finding.fix}", markup=False)
    counts = [(sum(finding.severity is severity for finding in findings), severity) for severity in Severity]
    words = [counted(count, severity) for count, severity in counts if count]
    console.print(", ".join(words) or "No findings.", style="bold" if words else "green")


def counted(number: int, noun: str) -> str:
    """Say how many there are of something: "1 error", "2 errors"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "", unfolded: Collection[str] = ()
) -> None:
    """Print a table; cells are plain text. Numbers stand to the right; neither they nor ``unfolded`` columns are folded."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    cells = [tuple(row) for row in rows]
    for place, heading in enumerate(headings):
        numbers = bool(cells) and all(row[place].isdecimal() for row in cells)
        table.add_column(heading, overflow="fold", no_wrap=numbers or heading in unfolded, justify="right" if numbers else "left")
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table)


def print_json(value: object) -> None:
    """Print a value made of dataclasses, lists and plain values as indented JSON."""
    text = orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
    console.print(text, markup=False, soft_wrap=True)


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return sorted(value) if isinstance(value, (set, frozenset)) else list(value)
    if isinstance(value, (Path, date)):
        return str(value)
    raise TypeError(type(value).__name__)


def local(moment: datetime, timezone: str) -> str:
    """Give a moment as people in ``timezone`` say it, with the zone's name."""
    return moment.astimezone(ZoneInfo(timezone)).strftime("%a %d %b %Y, %H:%M %Z")

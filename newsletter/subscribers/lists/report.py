"""What became of every line of a list: for a terminal, for a program, and line by line in a file for whoever mends the list."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.errors import UsageError


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A line that was not taken: its file, its number as an editor counts, why, and its address masked."""

    line: int
    reason: str
    address: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class ColumnMeaning:
    """A heading, what is read from its column (empty: nothing), and an example with everything personal masked."""

    heading: str
    means: str
    example: str


@dataclass(frozen=True, slots=True)
class PartRead:
    """How one file of a list was read. ``status`` is what its name says about everybody in it."""

    file: str
    format: str
    encoding: str
    odd_lines: int
    delimiter: str
    status: str
    columns: Sequence[ColumnMeaning]
    ignored: Sequence[str]


@dataclass(slots=True)
class ImportCounts:
    """What became of the lines: ``lines`` = new + left + known + suppressed + without_consent + duplicates + invalid."""

    lines: int = 0
    new: int = 0
    """People taken in, to be mailed from now on."""
    left: int = 0
    """People who have left where the list comes from, remembered so that they are not mailed."""
    known: int = 0
    """People whom we had; nothing about them was changed."""
    suppressed: int = 0
    """Addresses that must not be mailed already."""
    without_consent: int = 0
    """People whose consent nothing proves; they are not mailed the newsletter."""
    duplicates: int = 0
    """Further lines of a person of an earlier line."""
    invalid: int = 0
    """Lines that were left out, each in ``problems``."""
    asked: int = 0
    """Of those without consent: who are asked by mail. The others were asked before, or are not to be."""
    suppressions: int = 0
    """Addresses that this list has made such that must not be mailed."""
    unknown_languages: int = 0
    """People taken in with the first language, because theirs is not offered."""
    unknown_topics: int = 0
    """Topics left out, because they are not offered."""
    nameless: int = 0
    """People taken in without their first name, because it could not stand in a mail, or looked like a link."""


@dataclass(slots=True)
class ImportReport:
    """What a list holds, and what becomes of it. ``resumed_after`` lines were taken in before the program was stopped."""

    applied: bool
    parts: Sequence[PartRead]
    counts: ImportCounts = field(default_factory=ImportCounts)
    resumed_after: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    """The first of them, as many as were asked for; all of them in the file that was asked for."""


class ProblemFile:
    """The bad rows of a list as CSV, which only its owner can read (mode 0600). It never replaces another file."""

    def __init__(self, file: Path | None) -> None:
        if file is None:
            self._handle = None
            return
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise UsageError(f"{file} is there already, and is not replaced. Name another file, or delete it.") from None
        except OSError as error:
            raise UsageError(f"{file} cannot be written: {error.strerror}.") from None
        self._handle = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._handle)
        self._rows.writerow(["file", "line", "reason", "address"])

    def write(self, problems: Sequence[RowProblem]) -> None:
        """Add bad rows."""
        if self._handle is not None:
            self._rows.writerows((one.file, one.line, one.reason, unlike_a_formula(one.address)) for one in problems)

    def close(self) -> None:
        """Finish the file."""
        if self._handle is not None:
            self._handle.close()


def unlike_a_formula(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula, by an apostrophe before it."""
    return f"'{cell}" if cell.lstrip("'")[:1] in FORMULA_BEGINS and cell else cell


FORMULA_BEGINS = tuple("=+-@\t\r")

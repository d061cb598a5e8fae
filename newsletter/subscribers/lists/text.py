"""How a list is written: its encoding, its delimiter, and where one line of it ends and the next begins.

Lists come out of Excel, old systems and mail services. A cell in quotation marks may have line breaks in it (Mailchimp's notes
do), and a quotation mark that is never closed must not swallow the people after it: lines are joined only where that makes one
whole row, and never over a line that is a row by itself.
"""

from __future__ import annotations

import csv
import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from charset_normalizer import from_bytes

DELIMITERS: Final = ",;\t|"

ENCODINGS: Final = ["cp1252", "mac_roman", "cp850"]
"""What programs that do not write UTF-8 write in the languages of our readers."""

SAMPLE: Final = 200_000
"""Octets of lines that are not UTF-8, from which their encoding is found."""

LINES_IN_A_CELL: Final = 100
"""So many line breaks one row may have in its cells."""

BAD_QUOTES: Final = "a quotation mark is missing or too many"

TOO_LONG: Final = "it has more cells than the heading has columns"

BYTE_ORDER_MARKS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True, slots=True)
class TextSurvey:
    """What was found by reading a file once: ``encoding`` of all of it, or ``odd_encoding`` of its ``odd_lines`` alone."""

    digest: bytes
    lines: int
    encoding: str
    odd_lines: int = 0
    odd_encoding: str = ""


def survey(handle: IO[bytes]) -> TextSurvey:
    """Read a file of octets from its beginning and say how it is written."""
    digest, odd, odd_lines, lines = hashlib.sha256(), bytearray(), 0, 0
    start = handle.read(4096)
    encoding = _wide_encoding(start)
    digest.update(start)
    rest = b""
    while start:
        pieces = (rest + start).split(b"\n")
        rest = pieces.pop()
        lines += len(pieces)
        if not encoding and not start.isascii():
            for piece in pieces:
                odd_lines += _keep_if_odd(piece, odd)
        start = handle.read(1 << 20)
        digest.update(start)
    lines += bool(rest)
    if encoding:
        return TextSurvey(digest.digest(), lines, encoding)
    odd_lines += _keep_if_odd(rest, odd)
    best = from_bytes(bytes(odd), cp_isolation=ENCODINGS).best() if odd else None
    odd_encoding = best.encoding if best else "cp1252" if odd else ""
    return TextSurvey(digest.digest(), lines, "utf-8-sig", odd_lines, odd_encoding)


def _keep_if_odd(line: bytes, odd: bytearray) -> int:
    try:
        line.decode()
    except UnicodeDecodeError:
        if len(odd) < SAMPLE:
            odd += line + b"\n"
        return 1
    return 0


def _wide_encoding(start: bytes) -> str:
    """Find UTF-16, which is known by its mark, or without one by the zeros in every other octet of plain letters."""
    if start[:2] in BYTE_ORDER_MARKS:
        return BYTE_ORDER_MARKS[start[:2]]
    half = len(start) // 2
    if half < 4:
        return ""
    if start[1::2].count(0) > 0.8 * half and start[::2].count(0) < 0.2 * half:
        return "utf-16-le"
    if start[::2].count(0) > 0.8 * half and start[1::2].count(0) < 0.2 * half:
        return "utf-16-be"
    return ""


def mended(lines: Iterable[str], odd_encoding: str) -> Iterator[str]:
    """Give lines that were read as UTF-8 with surrogate escapes, those that are not UTF-8 in the encoding that they are in."""
    for line in lines:
        if line.isascii():
            yield line
            continue
        try:
            line.encode()
        except UnicodeEncodeError:
            yield line.encode("utf-8", "surrogateescape").decode(odd_encoding, "replace")
        else:
            yield line


def cells_of(text: str, delimiter: str) -> list[str]:
    """Give the cells of one row; raises csv.Error."""
    if '"' not in text:
        return text.split(delimiter)
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])


@dataclass(slots=True)  # not frozen: one is made for each line of a list, in a third of the time
class TextRow:
    """One row of a list: the line that it begins in as an editor counts, its cells, or what is wrong with it."""

    line: int
    cells: list[str]
    problem: str = ""


class TextRows:
    """Every row but the empty ones, from lines with their ends; ``columns`` is how many the heading has."""

    def __init__(self, lines: Iterable[str], *, delimiter: str, columns: int, address_column: int) -> None:
        self._numbered = enumerate(lines, start=1)
        self._waiting: deque[tuple[int, str]] = deque()
        self._delimiter = delimiter
        self._columns = columns
        self._address_column = address_column

    def __iter__(self) -> Iterator[TextRow]:
        delimiter, columns, waiting = self._delimiter, self._columns, self._waiting
        blank = f" \r\n{delimiter}"
        while True:
            number, line = waiting.popleft() if waiting else next(self._numbered, (0, ""))
            if not number:
                return
            text = line.rstrip("\r\n")
            if '"' not in text:
                if not text.strip(blank):
                    continue
                cells: list[str] | None = text.split(delimiter)
            else:
                cells = _parsed(text, delimiter)
                if cells is None:
                    cells = self._joined(line)
            if cells is None:
                yield TextRow(number, [], BAD_QUOTES)
            elif len(cells) > columns:
                yield TextRow(number, cells[:columns], TOO_LONG)
            elif '"' not in text or any(map(str.strip, cells)):
                yield TextRow(number, cells)

    def _joined(self, line: str) -> list[str] | None:
        """Join the lines of a row with line breaks in its cells; None when they make none: then all after the first wait."""
        text = line
        for taken in range(LINES_IN_A_CELL):
            if taken == len(self._waiting):
                following = next(self._numbered, None)
                if following is None:
                    return None
                self._waiting.append(following)
            after = self._waiting[taken][1]
            if self._begins_a_row(after.rstrip("\r\n")):
                return None
            text += after
            # Up to the quotation mark that ends the cell: without one the row is not over.
            cells = _parsed(text.rstrip("\r\n"), self._delimiter) if '"' in after else None
            if cells is not None:
                if len(cells) > self._columns:
                    return None
                for _ in range(taken + 1):
                    self._waiting.popleft()
                return cells
        return None

    def _begins_a_row(self, text: str) -> bool:
        """Say whether a line could be a row by itself: it has all the columns, and an address in the one for it."""
        before = text.partition('"')[0].rstrip(" ")
        if '"' in text and before and not before.endswith(self._delimiter):
            # Its first quotation mark ends a cell that began in a line above.
            return False
        cells = _parsed(text, self._delimiter)
        if cells is None or len(cells) != self._columns:
            cells = text.split(self._delimiter)
        return len(cells) >= self._columns and _is_like_an_address(cells[self._address_column])


def _parsed(text: str, delimiter: str) -> list[str] | None:
    try:
        return cells_of(text, delimiter)
    except csv.Error:
        return None


def _is_like_an_address(cell: str) -> bool:
    name, at, domain = cell.strip(' "').partition("@")
    return bool(name and at and "." in domain) and " " not in cell.strip()

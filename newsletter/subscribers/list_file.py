"""A subscriber list as a file: which encoding, which delimiter, which columns, and then line by line.

Lists come out of Excel, old systems and mail services. Every line is parsed on its own: no cell of such a list has a line
break, so a quotation mark that is never closed spoils its own line and not all those after it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from newsletter.errors import UsageError

DELIMITERS = ",;\t|"

ENCODINGS = ["cp1252", "mac_roman", "cp850"]
"""What programs that do not write UTF-8 write in the languages of our readers."""

SAMPLE = 200_000
"""Octets of lines that are not UTF-8, from which their encoding is found."""

COLUMNS = {
    "email": (
        "email",
        "e_mail",
        "email_address",
        "e_mail_address",
        "address",
        "correo",
        "correo_electronico",
        "correo_electrónico",
    ),
    "first_name": ("first_name", "firstname", "given_name", "name", "nombre"),
    "language": ("language", "lang", "idioma"),
    "topics": ("topics", "temas"),
    "consent_date": ("consent_date",),
    "consent_source": ("consent_source",),
    "consent_wording": ("consent_wording",),
    "status": ("status",),
    "snoozed_until": ("snoozed_until",),
    "ended_reason": ("ended_reason",),
}
NAMED = {alias: column for column, aliases in COLUMNS.items() for alias in aliases}


@dataclass(frozen=True, slots=True)
class ListLine:
    """One line after the heading. ``number`` counts from 1 as an editor does; ``problem`` says why ``cells`` is empty."""

    number: int
    cells: dict[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list that can be read. ``columns`` has our name for each column, empty for one that is ignored."""

    file: Path
    encoding: str
    delimiter: str
    columns: tuple[str, ...]

    @property
    def ignored(self) -> int:
        """How many columns are ignored."""
        return self.columns.count("")

    def lines(self) -> Iterator[ListLine]:
        """Give every line after the heading but the empty ones."""
        with self.file.open(encoding=self.encoding, errors="surrogateescape") as handle:
            for number, text in enumerate(handle, start=1):
                if number > 1 and text.strip(f" \r\n{self.delimiter}"):
                    yield self._line(number, text.rstrip("\r\n"))

    def _line(self, number: int, text: str) -> ListLine:
        try:
            cells = next(csv.reader([text], delimiter=self.delimiter, strict=True))
        except csv.Error:
            return ListLine(number, {}, "a quotation mark is missing or too many")
        if len(cells) > len(self.columns):
            return ListLine(number, {}, "it has more cells than the heading has columns")
        return ListLine(number, {column: cell for column, cell in zip(self.columns, cells, strict=False) if column})


def open_list(file: Path) -> ListFile:
    """Find out how a list is written; raises UsageError when it is no list of ours."""
    try:
        encoding = _encoding(file)
        with file.open(encoding=encoding, errors="surrogateescape") as handle:
            heading = handle.readline().rstrip("\r\n")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}. Give the path of a CSV file.") from None
    delimiter = max(DELIMITERS, key=heading.count)
    try:
        names = next(csv.reader([heading], delimiter=delimiter, strict=True), [])
    except csv.Error:
        names = []
    columns = tuple(NAMED.get(re.sub(r"[\s-]+", "_", name.strip().lower()), "") for name in names)
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if "email" not in columns or twice:
        what = f"names {' and '.join(twice)} twice" if twice else "has no column called email"
        raise UsageError(
            f"The first line of {file} {what}. It names the columns: {', '.join(COLUMNS)}; only email has to be there."
        )
    return ListFile(file, encoding, delimiter, columns)


def _encoding(file: Path) -> str:
    odd = bytearray()
    with file.open("rb") as handle:
        if handle.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        handle.seek(0)
        for line in handle:
            try:
                line.decode()
            except UnicodeDecodeError:
                odd += line
                if len(odd) > SAMPLE:
                    break
    if not odd:
        return "utf-8-sig"
    best = from_bytes(bytes(odd), cp_isolation=ENCODINGS).best()
    if best is None:
        raise UsageError(f"{file} is not written in UTF-8, and its encoding cannot be told. Save it as CSV UTF-8.")
    return best.encoding

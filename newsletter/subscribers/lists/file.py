"""A subscriber list as a file: which program wrote it, what its columns mean, and then row by row.

Several files in a ZIP, such as Mailchimp's, are one list: what one of them says about a person counts for all.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath
from typing import IO, Final

from newsletter.errors import UsageError
from newsletter.subscribers.addresses import mask
from newsletter.subscribers.lists.formats import MAILCHIMP, OWN_COLUMNS, ListColumn, ListFormat, Status, heading, recognise
from newsletter.subscribers.lists.text import DELIMITERS, TextRow, TextRows, TextSurvey, cells_of, mended, survey

TELLING: Final = frozenset(
    {ListColumn.STATUS, ListColumn.PERMISSION, ListColumn.LEFT_AT, ListColumn.CLEANED_AT, ListColumn.ENDED_REASON}
)

HEADING_LIMIT: Final = 100_000
"""A heading is not longer than so many characters: what is, is no list."""

Opening = Callable[[], IO[bytes]]


@dataclass(frozen=True, slots=True)
class ListPart:
    """One file of a list. ``columns`` has a meaning for each heading, None for one that is ignored.

    ``status`` is what the file's name says about everybody in it; ``first_line`` that of the heading.
    """

    name: str
    opening: Opening
    text: TextSurvey
    delimiter: str
    headings: tuple[str, ...]
    columns: tuple[ListColumn | None, ...]
    format: ListFormat
    status: Status | None
    first_line: int = 1

    def rows(self) -> Iterator[TextRow]:
        """Give every row after the heading but the empty ones, as it stands."""
        with self.opening() as raw, _as_text(raw, self.text.encoding) as handle:
            lines = mended(handle, self.text.odd_encoding) if self.text.odd_lines else handle
            found = TextRows(
                lines,
                delimiter=self.delimiter,
                columns=len(self.columns),
                address_column=self.columns.index(ListColumn.EMAIL),
            )
            for row in found:
                if row.line > self.first_line:
                    yield row

    def cells(self, row: TextRow) -> dict[ListColumn | None, str]:
        """Give the cells of a row by what they mean."""
        return dict(zip(self.columns, row.cells, strict=False))

    @property
    def ignored(self) -> tuple[str, ...]:
        """Give the headings that mean nothing to us; one that holds an address is no heading, and is masked."""
        unused = (name.strip() for name, column in zip(self.headings, self.columns, strict=True) if column is None)
        return tuple(mask(name) if "@" in name else name for name in unused)

    @property
    def telling(self) -> tuple[int, ...]:
        """Which columns may say that somebody has left."""
        return tuple(place for place, column in enumerate(self.columns) if column in TELLING)


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list that can be read; ``digest`` is the SHA-256 of all that it says."""

    file: Path
    parts: Sequence[ListPart]
    digest: bytes

    @property
    def lines(self) -> int:
        """About how many lines there are, headings and all."""
        return sum(part.text.lines for part in self.parts)

    def __len__(self) -> int:
        return len(self.parts)


def open_list(file: Path) -> ListFile:
    """Find out how a list is written; raises UsageError when it is no list of ours."""
    try:
        if _begins_as_archive(file):
            parts = _parts_of_archive(file)
        else:
            parts = [_open_part(file.name, lambda: file.open("rb"), str(file))]
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}. Give the path of a CSV file.") from None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        raise UsageError(f"{file} cannot be unpacked: it may have been cut off on its way. Download it again.") from None
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.text.digest + str(part.status).encode())
    return ListFile(file, parts, digest.digest())


def _begins_as_archive(file: Path) -> bool:
    with file.open("rb") as handle:
        return handle.read(2) == b"PK" and (zipfile.is_zipfile(file) or handle.read(2) == b"\x03\x04")


def _parts_of_archive(file: Path) -> list[ListPart]:
    with zipfile.ZipFile(file) as archive:
        names = sorted(
            name
            for name in archive.namelist()
            if name.lower().endswith(".csv") and not name.startswith("__MACOSX") and archive.getinfo(name).file_size
        )
    if not names:
        raise UsageError(f"There is no CSV file in {file}. If it is a sheet of Excel, save it as CSV, and give that file.")
    return [_open_part(PurePath(name).name, _opening_in(file, name), f"{name} in {file}") for name in names]


def _opening_in(file: Path, name: str) -> Opening:
    def open_member() -> IO[bytes]:
        # The archive stays open as long as the member that was opened in it.
        return zipfile.ZipFile(file).open(name)

    return open_member


def _as_text(raw: IO[bytes], encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape" if encoding == "utf-8-sig" else "replace")


def _open_part(name: str, opening: Opening, place: str) -> ListPart:
    with opening() as raw:
        text = survey(raw)
    with opening() as raw, _as_text(raw, text.encoding) as handle:
        first, second = (line.rstrip("\r\n") for line in [*islice(_heading_lines(handle), 2), "", ""][:2])
    head, first_line, delimiters = first, 1, DELIMITERS
    if first.lower().startswith("sep=") and len(first) == len("sep=;"):
        head, first_line, delimiters = second, 2, first[-1]
    delimiter, names = _headings(head, delimiters)
    found = frozenset(map(heading, names))
    written_by = recognise(found)
    columns = tuple(written_by.columns.get(heading(one)) for one in names)
    _refuse_unreadable(columns, place)
    return ListPart(
        name=name,
        opening=opening,
        text=text,
        delimiter=delimiter,
        headings=tuple(names),
        columns=columns,
        format=written_by,
        status=_status_of_file(name, written_by, columns, place),
        first_line=first_line,
    )


def _heading_lines(handle: io.TextIOWrapper) -> Iterator[str]:
    while line := handle.readline(HEADING_LIMIT):
        yield line


def _headings(head: str, delimiters: str) -> tuple[str, list[str]]:
    """Find the delimiter: the one that makes the most headings with an address among them."""
    readings = []
    for delimiter in delimiters:
        try:
            names = cells_of(head, delimiter)
        except csv.Error:
            continue
        columns = recognise(frozenset(map(heading, names))).columns
        readings.append((any(columns.get(heading(name)) is ListColumn.EMAIL for name in names), len(names), delimiter, names))
    if not readings:
        return delimiters[0], []
    _, _, delimiter, names = max(readings, key=lambda reading: reading[:2])
    return delimiter, names


def _refuse_unreadable(columns: Sequence[ListColumn | None], place: str) -> None:
    twice = sorted({column.value for column in columns if column and columns.count(column) > 1})
    if ListColumn.EMAIL not in columns or twice:
        what = f"names {' and '.join(twice)} twice" if twice else "has no column called email"
        known = ", ".join(column.value for column in OWN_COLUMNS)
        raise UsageError(f"The first line of {place} {what}. It has to name the columns: {known}; only email has to be there.")


def _status_of_file(name: str, written_by: ListFormat, columns: Sequence[ListColumn | None], place: str) -> Status | None:
    if not written_by.parts:
        return None
    for beginning, status in written_by.parts.items():
        if name.lower().startswith(beginning):
            return status
    if not {ListColumn.STATUS, ListColumn.LEFT_AT, ListColumn.CLEANED_AT}.isdisjoint(columns):
        return None
    assert written_by is MAILCHIMP
    raise UsageError(
        f"{place} is from Mailchimp, and nothing says whether its people are subscribed or have left. Give it back the name "
        "that Mailchimp gave it (subscribed_…, unsubscribed_…, cleaned_…), or import the ZIP as it came."
    )

"""A list in chunks: each row read once, with everybody counted once however often they stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from newsletter.errors import AddressError
from newsletter.subscribers.addresses import mask, parse_address
from newsletter.subscribers.choices import Choices
from newsletter.subscribers.lists.file import ListFile, ListPart
from newsletter.subscribers.lists.formats import ListColumn
from newsletter.subscribers.lists.report import RowProblem
from newsletter.subscribers.lists.rows import ListedPerson, RowDefaults, RowError, RowReader
from newsletter.subscribers.lists.seen_hashes import SeenHashes
from newsletter.subscribers.models import EndReason
from newsletter.subscribers.sealing import Sealer

CHUNK: Final = 3_000
"""Rows in one transaction: beside a running `serve` it holds SQLite's one writer for less than a third of a second."""

ASKED_IN_A_CHUNK: Final = 25
"""People without a consent in one transaction: a mail is written for each, which takes 3 ms."""

WORDS_KEPT: Final = 1_000

LEFT_TOO: Final = "another line says that this person has left"


@dataclass(slots=True)
class ListedAt:
    """A person of the list, and the file and line that they stand in."""

    file: str
    line: int
    person: ListedPerson

    def problem(self, reason: str) -> RowProblem:
        """Say why they are not taken in."""
        return RowProblem(self.line, reason, mask(self.person.contact.address), self.file)


@dataclass(slots=True)
class Chunk:
    """Some rows. ``through`` counts all rows of the list up to and with this chunk; ``people`` are new to it by lookup hash."""

    through: int
    rows: int = 0
    duplicates: int = 0
    asks: int = 0
    people: dict[bytes, ListedAt] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)


class ListChunks:
    """The rows of a list in chunks. The same list gives the same ones each time, cut at ``cut_at`` rows as well."""

    def __init__(
        self, listed: ListFile, *, sealer: Sealer, choices: Choices, defaults: RowDefaults, now: datetime, cut_at: int = 0
    ) -> None:
        self._parts = [
            (part, RowReader(part.format, status=part.status, choices=choices, defaults=defaults, now=now))
            for part in listed.parts
        ]
        self._lookup = sealer.lookup
        self._cut_at = cut_at

    def __iter__(self) -> Iterator[Chunk]:
        left, seen = self._who_left(), SeenHashes()
        chunk = Chunk(through=0)
        for part, reader in self._parts:
            for row in part.rows():
                chunk.rows += 1
                chunk.through += 1
                cells = part.cells(row)
                person, problem = None, row.problem
                if not problem:
                    try:
                        person = reader.read(cells)
                    except RowError as error:
                        problem = str(error)
                if person is None:
                    address = mask(cells.get(ListColumn.EMAIL, ""))
                    chunk.problems.append(RowProblem(row.line, problem, address, part.name))
                else:
                    lookup = self._lookup(person.contact.address)
                    if lookup in seen:
                        chunk.duplicates += 1
                    elif person.ended is None and lookup in left:
                        chunk.problems.append(RowProblem(row.line, LEFT_TOO, mask(person.contact.address), part.name))
                    else:
                        seen.add(lookup)
                        chunk.people[lookup] = ListedAt(part.name, row.line, person)
                        chunk.asks += person.consent is None and person.ended is None
                if chunk.rows >= CHUNK or chunk.asks >= ASKED_IN_A_CHUNK or chunk.through == self._cut_at:
                    yield chunk
                    chunk = Chunk(through=chunk.through)
        if chunk.rows:
            yield chunk

    def _who_left(self) -> SeenHashes:
        """Find who has a line that says they left: an active line of theirs, wherever it stands, then counts for nothing."""
        left = SeenHashes()
        for part, reader in self._parts:
            if part.telling or isinstance(part.status, EndReason):
                self._add_who_left(part, reader, left)
        return left

    def _add_who_left(self, part: ListPart, reader: RowReader, left: SeenHashes) -> None:
        telling, address = part.telling, part.columns.index(ListColumn.EMAIL)
        last = max(telling, default=0)
        said: dict[tuple[str, ...], bool] = {}
        for row in part.rows():
            if row.problem or len(row.cells) <= max(last, address):
                has_left = not row.problem and address < len(row.cells) and reader.left(part.cells(row))
            else:
                # Few things are said, and of every row.
                words = tuple([row.cells[place] for place in telling])
                kept = said.get(words)
                has_left = reader.left(part.cells(row)) if kept is None else kept
                if kept is None and len(said) < WORDS_KEPT:
                    said[words] = has_left
            if has_left:
                try:
                    lookup = self._lookup(parse_address(row.cells[address]))
                except AddressError:
                    continue
                if lookup not in left:
                    left.add(lookup)

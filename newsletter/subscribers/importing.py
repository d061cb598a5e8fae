"""Taking in a list from another system: the good lines are kept, every bad one is reported, and a second run changes nothing.

Nobody without a consent is taken in, nobody who left is brought back, and whoever must not be mailed stays that way.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.db import transaction

from newsletter.errors import AddressError
from newsletter.subscribers import import_statements
from newsletter.subscribers.addresses import mask, parse_address
from newsletter.subscribers.choices import Choices
from newsletter.subscribers.import_statements import NewPerson
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.links import PUBLIC_ID_LENGTH
from newsletter.subscribers.list_file import ListFile, ListLine, open_list
from newsletter.subscribers.list_rows import ListedPerson, RowDefaults, RowError, read_row
from newsletter.subscribers.models import SuppressionReason

CHUNK = 1_000

SEEN_BYTES = 16
"""Octets of a lookup hash by which a person is known again within one file: 128 bits never meet by chance."""

STILL_HERE = (
    "this person has left where the list comes from, and is subscribed here; ask them, or end it: newsletter subscribers end"
)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A line that was not taken: its number as an editor counts, why, and its address masked."""

    line: int
    reason: str
    address: str


@dataclass(frozen=True, slots=True)
class _Listed:
    """A person of the list, and the line that they stand in."""

    line: int
    person: ListedPerson


@dataclass(slots=True)
class ImportReport:
    """What became of every line: ``lines`` = new + known + suppressed + duplicates + the problems."""

    dry_run: bool
    encoding: str
    ignored_columns: int
    lines: int = 0
    new: int = 0
    """People taken in, ``ended`` of them as having left."""
    ended: int = 0
    known: int = 0
    """People whom we had; nothing about them was changed."""
    suppressed: int = 0
    """Addresses that must not be mailed; no person was taken in."""
    duplicates: int = 0
    """Further lines of a person of an earlier line."""
    unknown_languages: int = 0
    """People taken in with the first language, because theirs is not offered."""
    unknown_topics: int = 0
    """Topics left out, because they are not offered."""
    problems: list[RowProblem] = field(default_factory=list)


def import_csv(
    file: Path, *, choices: Choices, now: datetime, dry_run: bool, defaults: RowDefaults | None = None
) -> ImportReport:
    """Take in the people of a CSV file, in transactions of 1,000; with ``dry_run`` only report what would happen.

    ``defaults`` is a consent that all of the list shares. Raises UsageError when the file is no such list.
    """
    listed = open_list(file)
    report = ImportReport(dry_run=dry_run, encoding=listed.encoding, ignored_columns=listed.ignored)
    people = _people(listed, choices, defaults or RowDefaults(), now, report)
    while chunk := dict(islice(people, CHUNK)):
        with transaction.atomic():
            _take_in(chunk, report, now)
    report.problems.sort(key=lambda problem: problem.line)
    return report


def _people(
    listed: ListFile, choices: Choices, defaults: RowDefaults, now: datetime, report: ImportReport
) -> Iterator[tuple[bytes, _Listed]]:
    left = _who_left(listed.lines())
    seen: set[bytes] = set()
    for line in listed.lines():
        report.lines += 1
        address = mask(line.cells.get("email", ""))
        try:
            person = _person(line, choices, defaults, now)
        except RowError as error:
            report.problems.append(RowProblem(line.number, str(error), address))
            continue
        lookup = sealer().lookup(person.contact.address)
        known_by = lookup[:SEEN_BYTES]
        if known_by in seen:
            report.duplicates += 1
        elif person.ended is None and known_by in left:
            report.problems.append(RowProblem(line.number, "another line says that this person has left", address))
        else:
            seen.add(known_by)
            yield lookup, _Listed(line.number, person)


def _person(line: ListLine, choices: Choices, defaults: RowDefaults, now: datetime) -> ListedPerson:
    if line.problem:
        raise RowError(line.problem)
    return read_row(line.cells, choices=choices, defaults=defaults, now=now)


def _who_left(lines: Iterable[ListLine]) -> set[bytes]:
    """Find who has a line that says they left: an active line of the same person, wherever it stands, then counts for nothing."""
    left = set()
    for line in lines:
        if line.cells.get("status", "").strip().lower() == "ended":
            try:
                left.add(sealer().lookup(parse_address(line.cells.get("email", "")))[:SEEN_BYTES])
            except AddressError:
                continue
    return left


def _take_in(chunk: dict[bytes, _Listed], report: ImportReport, now: datetime) -> None:
    known, suppressed = import_statements.known(chunk), import_statements.suppressed(chunk)
    left_elsewhere = [lookup for lookup in known if chunk[lookup].person.ended and not chunk[lookup].person.suppression]
    torn = import_statements.subscribed(left_elsewhere)
    new: list[NewPerson] = []
    to_suppress: list[tuple[bytes, SuppressionReason]] = []
    for lookup, listed in chunk.items():
        person = listed.person
        if person.suppression:
            to_suppress.append((lookup, person.suppression))
        if lookup in torn:
            report.problems.append(RowProblem(listed.line, STILL_HERE, mask(person.contact.address)))
        elif lookup in known:
            report.known += 1
        elif person.consent is None or (lookup in suppressed and person.ended is None):
            report.suppressed += 1
        else:
            report.new += 1
            report.ended += person.ended is not None
            report.unknown_languages += person.unknown_language
            report.unknown_topics += person.unknown_topics
            if not report.dry_run:
                new.append(_sealed(lookup, person))
    if not report.dry_run:
        import_statements.insert_people(new, now=now)
        import_statements.insert_suppressions(to_suppress, now=now)


def _sealed(lookup: bytes, person: ListedPerson) -> NewPerson:
    assert person.consent is not None
    return NewPerson(
        lookup=lookup,
        contact=sealer().seal_contact(person.contact, lookup=lookup),
        topics=sealer().seal_topics(person.topics, lookup=lookup),
        language=person.language,
        snoozed_until=person.snoozed_until,
        public_id=secrets.token_bytes(PUBLIC_ID_LENGTH),
        consent=person.consent,
        ended=person.ended,
    )

"""Taking in a list from another system: the good lines are kept, every bad one is reported, and a second run changes nothing.

Nobody without a consent is taken in: they may be asked, once. Nobody who left is brought back, whoever must not be mailed stays
that way, and whoever has left where the list comes from is remembered as such, consent or not.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db import transaction

from newsletter.subscribers.choices import Choices
from newsletter.subscribers.confirming import ask_to_confirm
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.links import PUBLIC_ID_LENGTH
from newsletter.subscribers.lists import runs, statements
from newsletter.subscribers.lists.chunks import Chunk, ListChunks, ListedAt
from newsletter.subscribers.lists.file import open_list
from newsletter.subscribers.lists.reading import how_it_was_read
from newsletter.subscribers.lists.report import ImportCounts, ImportReport, ProblemFile, RowProblem
from newsletter.subscribers.lists.rows import ListedPerson, RowDefaults
from newsletter.subscribers.lists.runs import OpenRun
from newsletter.subscribers.lists.statements import NewPerson
from newsletter.subscribers.models import SuppressionReason
from newsletter.subscribers.sealing import Sealer

STILL_HERE: Final = (
    "this person has left where the list comes from, and is subscribed here; ask them, or end it: newsletter subscribers end"
)

SOURCE: Final = "import"
"""The consent's source of whoever says yes when they are asked because of a list."""

Progress = Callable[[int, int], None]
"""Told after each chunk how many rows are read, and about how many there are."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What is to be done with a list: ``apply`` it or only say what would happen, and ``ask`` people without a consent.

    ``defaults`` is a consent that all of the list shares; ``report`` a file for every bad line, ``problems_kept`` how many the
    report itself keeps.
    """

    apply: bool
    ask: bool = False
    defaults: RowDefaults = field(default_factory=RowDefaults)
    report: Path | None = None
    problems_kept: int | None = None


def import_list(
    file: Path, *, choices: Choices, now: datetime, options: ImportOptions, progress: Progress = lambda _done, _all: None
) -> ImportReport:
    """Take in the people of a CSV file, or of the CSV files in a ZIP.

    What was stopped in the middle goes on where it ended, and comes to the same counts. Raises UsageError when the file is no
    such list, and NotAllowedError when another process is taking it in.
    """
    listed = open_list(file)
    problem_file = ProblemFile(options.report)
    try:
        mark = runs.fingerprint(listed, options.defaults, ask=options.ask)
        run = runs.begin(mark, now=now) if options.apply else _dry_run(mark, now)
        chunks = ListChunks(
            listed,
            sealer=sealer(),
            choices=choices,
            defaults=options.defaults,
            now=run.started_at,
            cut_at=run.through,
        )
        taking = _TakingIn(run, options, now, problem_file)
        report = ImportReport(options.apply, how_it_was_read(listed), resumed_after=run.through)
        with statements.roomy_connection() as checkpoints:
            for chunk in chunks:
                if chunk.through <= report.resumed_after:
                    taking.repeat_problems(chunk)
                else:
                    taking.take_in(chunk)
                    checkpoints.after(chunk.rows)
                progress(chunk.through, max(chunk.through, listed.lines - len(listed)))
        if options.apply:
            runs.finish(run, now=now)
        report.counts, report.problems = run.counts, taking.problems
        return report
    finally:
        problem_file.close()


def _dry_run(mark: bytes, now: datetime) -> OpenRun:
    return OpenRun(0, now, 0, ImportCounts(), runs.was_finished(mark))


class _TakingIn:
    def __init__(self, run: OpenRun, options: ImportOptions, now: datetime, problem_file: ProblemFile) -> None:
        self._run = run
        self._options = options
        self._now = now
        self._problem_file = problem_file
        self._ask = options.ask and not run.again
        self.problems: list[RowProblem] = []

    def take_in(self, chunk: Chunk) -> None:
        """Store a chunk and write down how far that is, in one transaction; without ``apply`` only count."""
        sorting = _Sorting(chunk, self._run.counts)
        counts = sorting.counts
        if self._options.apply:
            seal = sealer()
            new = [_sealed(lookup, sorting.new[lookup], seal, self._run.started_at) for lookup in sorted(sorting.new)]
            with transaction.atomic():
                stored = statements.insert_people(new, now=self._run.started_at)
                counts.known += sorting.came_meanwhile(stored)
                statements.insert_suppressions(sorted(sorting.to_suppress.items()), now=self._now)
                if self._ask:
                    counts.asked += sum(self._asked(person) for person in sorting.to_ask.values())
                runs.checkpoint(self._run, counts, through=chunk.through)
            self._run.through = chunk.through
        elif self._ask:
            counts.asked += len(sorting.to_ask.keys() - statements.asked(sorting.to_ask.keys()))
        self._run.counts = counts
        self._report(sorting.problems)

    def repeat_problems(self, chunk: Chunk) -> None:
        """Report the bad lines of a chunk that was stored before the program was stopped."""
        self._report(_Sorting(chunk, ImportCounts()).problems)

    def _asked(self, person: ListedPerson) -> bool:
        return ask_to_confirm(person.contact, language=person.language, topics=person.topics, source=SOURCE, now=self._now)

    def _report(self, problems: list[RowProblem]) -> None:
        self._problem_file.write(problems)
        kept = self._options.problems_kept
        self.problems += problems if kept is None else problems[: max(0, kept - len(self.problems))]


class _Sorting:
    """Who of a chunk is what, by what is stored at this moment."""

    def __init__(self, chunk: Chunk, before: ImportCounts) -> None:
        self.counts = counts = dataclasses.replace(before)
        self.new: dict[bytes, ListedPerson] = {}
        self.to_suppress: dict[bytes, SuppressionReason] = {}
        self.to_ask: dict[bytes, ListedPerson] = {}
        self.problems = list(chunk.problems)
        self._suppressed = statements.suppressed(chunk.people)
        said = [lookup for lookup, listed in chunk.people.items() if listed.person.suppression and lookup in self._suppressed]
        self._liftable = statements.liftable(said)
        self._known = statements.known(chunk.people)
        self._torn = statements.subscribed([lookup for lookup in self._known if _left_by_wish(chunk.people[lookup].person)])
        for lookup, listed in chunk.people.items():
            self._sort(lookup, listed)
        self.problems.sort(key=lambda problem: problem.line)
        counts.lines += chunk.rows
        counts.duplicates += chunk.duplicates
        counts.invalid += len(self.problems)
        counts.suppressions += len(self.to_suppress)

    def came_meanwhile(self, stored: set[bytes]) -> int:
        """Take those back who came in by another way since they were sorted; give how many they are."""
        others = [person for lookup, person in self.new.items() if lookup not in stored]
        for person in others:
            self._count(person, -1)
        return len(others)

    def _sort(self, lookup: bytes, listed: ListedAt) -> None:
        person, counts = listed.person, self.counts
        if lookup in self._torn:
            self.problems.append(listed.problem(STILL_HERE))
            return
        if person.suppression and (lookup not in self._suppressed or lookup in self._liftable):
            self.to_suppress[lookup] = person.suppression
        if lookup in self._known:
            counts.known += 1
        elif lookup in self._suppressed:
            counts.suppressed += 1
        elif person.consent is not None:
            self.new[lookup] = person
            self._count(person, 1)
        elif person.ended is not None:
            self.to_suppress.setdefault(lookup, SuppressionReason.IMPORTED)
            counts.left += 1
        else:
            self.to_ask[lookup] = person
            counts.without_consent += 1

    def _count(self, person: ListedPerson, number: int) -> None:
        counts = self.counts
        if person.ended is None:
            counts.new += number
        else:
            counts.left += number
        counts.unknown_languages += number * person.unknown_language
        counts.unknown_topics += number * person.unknown_topics
        counts.nameless += number * person.nameless


def _left_by_wish(person: ListedPerson) -> bool:
    return person.ended is not None and person.suppression is None


def _sealed(lookup: bytes, person: ListedPerson, seal: Sealer, now: datetime) -> NewPerson:
    assert person.consent is not None
    ended_at = (person.ended_at or now) if person.ended else None
    return NewPerson(
        lookup=lookup,
        contact=seal.seal_contact(person.contact, lookup=lookup),
        topics=seal.seal_topics(person.topics, lookup=lookup),
        language=person.language,
        snoozed_until=person.snoozed_until,
        public_id=secrets.token_bytes(PUBLIC_ID_LENGTH),
        consent=person.consent,
        started_at=person.started_at or min(now, ended_at or now),
        ended_at=ended_at,
        ended=person.ended,
    )

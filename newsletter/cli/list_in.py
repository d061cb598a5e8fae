"""`newsletter subscribers import`: what is in a list, and with --apply taking it in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from newsletter.cli.arguments import FormatOption, day
from newsletter.cli.printing import OutputFormat, console, print_json, print_table
from newsletter.clock import system_clock
from newsletter.errors import UsageError
from newsletter.subscribers.installation import choices
from newsletter.subscribers.lists import importing
from newsletter.subscribers.lists.importing import ImportOptions, import_list
from newsletter.subscribers.lists.moments import iso_moment
from newsletter.subscribers.lists.report import ImportReport, PartRead
from newsletter.subscribers.lists.rows import LONGEST_SOURCE, RowDefaults

PROBLEMS_SHOWN: Final = 20

SECONDS_IN_A_LOG: Final = 10.0


def import_(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A CSV file with a line of headings, or a ZIP of them.", exists=True, dir_okay=False),
    ],
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Take the list in; without it nothing is stored.")] = False,
    no_ask: Annotated[
        bool, typer.Option("--no-ask", help="Leave out who has no proof of a consent, instead of asking them by mail.")
    ] = False,
    wording: Annotated[
        str,
        typer.Option(
            "--consent-wording", metavar="VERSION", help="Your word: all of this list said yes to this wording of consent.toml."
        ),
    ] = "",
    source: Annotated[
        str, typer.Option("--consent-source", metavar="HOW", help="Your word: how they said yes, such as form or paper.")
    ] = "",
    date: Annotated[
        str, typer.Option("--consent-date", metavar="YYYY-MM-DD", help="Your word: when, where the list does not say it.")
    ] = "",
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.csv", help="Write every bad line and its reason into a new file.")
    ] = None,
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Say what is in a list, and with --apply take it in. Good lines are kept, every bad one is reported.

    Lists of Mailchimp, Constant Contact and listmonk are known by their headings. Who left there is never mailed. Who has no
    proof of a consent is asked by one mail, and gets no issue before they say yes. A second run changes nothing, and one that
    was stopped goes on where it ended. Exit 1 when lines were left out.
    """
    options = ImportOptions(
        apply=apply,
        ask=not no_ask,
        defaults=_publishers_word(source, wording, date),
        report=report,
        problems_kept=PROBLEMS_SHOWN if output is OutputFormat.TEXT else None,
    )
    with _progress(shown=output is OutputFormat.TEXT) as progress:
        done = import_list(file, choices=choices(), now=system_clock(), options=options, progress=progress)
    if output is OutputFormat.JSON:
        print_json(done)
    else:
        for part in done.parts:
            _print_reading(part)
        _print_counts(done, ask=options.ask)
        _print_problems(done, report)
        if not apply:
            console.print("\nNothing was stored. To take the list in, say the same with --apply.", style="bold")
    if done.counts.invalid:
        raise typer.Exit(1)


def _publishers_word(source: str, wording: str, date: str) -> RowDefaults:
    known = choices().wordings
    if wording and wording not in known:
        raise UsageError(f"“{wording}” is no wording of subscribers/consent.toml. There are: {', '.join(known)}.")
    if len(source) > LONGEST_SOURCE or not source.isprintable():
        raise UsageError(f"--consent-source has at most {LONGEST_SOURCE} characters, such as form or paper.")
    if bool(source) != bool(wording):
        raise UsageError("Your word for the whole list names both --consent-wording and --consent-source.")
    if date and not source:
        raise UsageError("--consent-date goes with --consent-wording and --consent-source.")
    if date and day(date) > day(""):
        raise UsageError("--consent-date is in the future.")
    return RowDefaults(source=source, wording=wording, at=iso_moment(date) if date else None)


def _print_reading(part: PartRead) -> None:
    says = f", its name says: {part.status}" if part.status else ""
    written = f"{part.encoding}, delimiter {part.delimiter}"
    console.print(f"{part.file}: {part.format} ({written}{says})", markup=False, style="bold")
    if part.odd_lines:
        console.print(
            f"  {part.odd_lines} lines are not UTF-8 and were read in another encoding: look at the names.", markup=False
        )
    print_table(["column", "is read as", "first row, masked"], [(one.heading, one.means, one.example) for one in part.columns])
    if part.ignored:
        console.print(f"  not used: {', '.join(filter(None, part.ignored))}", markup=False, style="dim")
    console.print()


def _print_counts(done: ImportReport, *, ask: bool) -> None:
    counts = done.counts
    if done.resumed_after:
        console.print(f"An earlier run was stopped after {done.resumed_after} rows; this one went on from there.", markup=False)
    asked = f", of whom {counts.asked} {'are' if done.applied else 'would be'} asked by mail" if ask else ", left out"
    rows = [
        ("new readers", counts.new),
        ("have left there: never mailed", counts.left),
        ("known already, unchanged", counts.known),
        ("must not be mailed", counts.suppressed),
        (f"without proof of a consent{asked}", counts.without_consent),
        ("further lines of the same person", counts.duplicates),
        ("left out, see below", counts.invalid),
        ("in all", counts.lines),
    ]
    print_table(
        ["what becomes of them" if done.applied else "what would become of them", "lines"], [(a, str(b)) for a, b in rows]
    )
    notes = [
        (counts.suppressions, f"addresses {'are' if done.applied else 'would be'} written down as not to be mailed"),
        (counts.unknown_languages, "people get the first language, because theirs is not offered"),
        (counts.unknown_topics, "topics are left out, because they are not offered"),
        (counts.nameless, "people are taken in without their name, which could not stand in a mail or looked like a link"),
    ]
    for number, text in notes:
        if number:
            console.print(f"  {number} {text}", markup=False)


def _print_problems(done: ImportReport, report: Path | None) -> None:
    for problem in done.problems:
        console.print(f"{problem.file}:{problem.line}: {problem.reason} ({problem.address})", markup=False, style="yellow")
    more = done.counts.invalid - len(done.problems)
    if report is not None:
        console.print(f"All lines that were left out stand in {report}.", markup=False)
    elif more > 0:
        console.print(f"… and {more} more; --report FILE.csv writes them all into a file.", markup=False)


@contextmanager
def _progress(*, shown: bool) -> Iterator[importing.Progress]:
    if not shown:
        yield lambda _done, _all: None
    elif console.is_terminal:
        columns = (TextColumn("{task.completed} of {task.total} rows"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        yield _LogLines().say


class _LogLines:
    """Plain lines for a log, now and then: a small list needs none."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def say(self, done: int, total: int) -> None:
        """Say how far it is, if some time has passed."""
        if time.monotonic() - self._said >= SECONDS_IN_A_LOG:
            self._said = time.monotonic()
            console.print(f"{done} of about {total} rows", markup=False)

"""`newsletter correct`: a short follow-up to exactly those who got an issue."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.db import transaction

from newsletter.authoring.correction_files import CorrectionFolder, lay_out_correction
from newsletter.authoring.folder import ISSUES, issue_name
from newsletter.checking.written_issue import WrittenIssue, read_written_issue
from newsletter.cli.acting import system_user
from newsletter.cli.arguments import IssueArgument, PersonOption, day, moment, person
from newsletter.cli.printing import console, counted, local, print_findings
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.correcting import correction_audience, correction_obstacle, find_corrected_send
from newsletter.delivery.kept_counts import require_deliveries
from newsletter.errors import IssueError, NotAllowedError
from newsletter.findings import Finding
from newsletter.publishing.audit import record_act
from newsletter.publishing.calendar import schedule_correction
from newsletter.publishing.slots import find_slot


def correct(
    issue: IssueArgument,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The text of the correction; its Spanish beside it, as FILE.es.md.")
    ],
    who: PersonOption,
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="YYYY-MM-DDTHH:MM", help="When it goes out; in a day, at the newsletter's hour, if not given."
        ),
    ] = "",
) -> None:
    """Begin a correction of an issue that readers have: an issue of its own, which goes to exactly those who got that one.

    It is checked, and goes out when two people have approved it, like every issue.
    """
    config: Config = settings.NEWSLETTER
    person(config, who)
    name = issue_name(issue)
    if find_corrected_send(name) is None:
        raise NotAllowedError(f"{name} was not sent, so there is nothing to correct: change the issue itself, {ISSUES}/{name}.")
    when, zone = moment(at) if at else None, config.cadence.timezone
    require_deliveries(name)
    folder = lay_out_correction(config.home, name, file, config.newsletter.languages)
    if not folder.made and (slot := find_slot(folder.name)):
        raise NotAllowedError(
            f"This is the text of {ISSUES}/{folder.name}, which is on the calendar for {local(slot.at, zone)}. Go on with that "
            "one, or change the text."
        )
    with ExitStack() as undo:
        if folder.made:
            undo.callback(shutil.rmtree, config.path(ISSUES) / folder.name)
        written = _look(config, folder)
        now = system_clock()
        with transaction.atomic():
            slot = schedule_correction(folder.name, when, cadence=config.cadence, person=who, now=now, system_user=system_user())
            record_act("correct", folder.name, person=who, note=f"corrects {name}", now=now, system_user=system_user())
        undo.pop_all()
    print_findings(written.report.findings)
    console.print(
        f"[green]{ISSUES}/{folder.name}[/] corrects {name}. It is on the calendar for {local(slot.at, config.cadence.timezone)}."
    )
    _say_whom(name)
    _say_what_comes_next(folder.name, written.report.errors)


def _look(config: Config, folder: CorrectionFolder) -> WrittenIssue:
    """Read and check the correction; a mistake of form is said of the editor's own file."""
    try:
        return read_written_issue(folder.name, sent_on=day(""), config=config)
    except IssueError as error:
        raise IssueError([_as_written(finding, folder) for finding in error.findings]) from None


def _as_written(finding: Finding, folder: CorrectionFolder) -> Finding:
    source = folder.came_from.get(Path(finding.place.file).name)
    return replace(finding, place=replace(finding.place, file=str(source))) if source else finding


def _say_whom(name: str) -> None:
    readers = correction_audience(name, on=day(""))
    left = sum(readers.excluded.values())
    console.print(
        f"It goes to {counted(readers.to_be_mailed, 'reader')} of {name}: those who got it or may have got it"
        + (f", less {left} who have left or paused since." if left else "."),
        markup=False,
    )
    if obstacle := correction_obstacle(name):
        console.print(obstacle, style="yellow", markup=False)


def _say_what_comes_next(name: str, errors: Sequence[Finding]) -> None:
    console.print("Next:")
    commands = [
        (f"newsletter preview {name}", "look at it"),
        (f"newsletter check {name}", f"until there is no error; {counted(len(errors), 'error')} now"),
        (f"newsletter approve {name} --role editor --as PERSON", "an editor's yes"),
        (f"newsletter request-review {name}", "asks for the medical reviewer's yes"),
    ]
    width = max(len(command) for command, _ in commands)
    for command, purpose in commands:
        console.print(f"  {command:<{width}}  {purpose}", markup=False, soft_wrap=True)

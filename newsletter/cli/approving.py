"""Approving an issue and putting it on the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer
from django.conf import settings

from newsletter.authoring.folder import issue_name
from newsletter.checking.written_issue import read_written_issue
from newsletter.cli.acting import system_user
from newsletter.cli.arguments import DayOption, FormatOption, IssueArgument, PersonOption, day, moment, person
from newsletter.cli.printing import OutputFormat, console, local, print_json, print_table
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.publishing import approving
from newsletter.publishing.cadence import upcoming
from newsletter.publishing.calendar import hold_slot, schedule_issue, unhold_slot
from newsletter.publishing.candidates import latest_candidate
from newsletter.publishing.models import Slot, SlotState
from newsletter.publishing.objections import standing_objections
from newsletter.publishing.trial_overrides import stops_left

DATES_SHOWN = 6
TRIALS_TO_LOOK_AT = ("trial-locked-long-ago", "trial-worth-a-call")
"""Rules that stop no approval, and that whoever approves should have read."""


class Role(StrEnum):
    """In what role somebody approves."""

    EDITOR = "editor"
    MEDICAL = "medical"


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A line of the calendar: a slot, or a date of the cadence that no issue has yet."""

    at: datetime
    issue: str
    state: str
    reason: str


def approve(
    issue: IssueArgument,
    who: PersonOption,
    role: Annotated[Role, typer.Option("--role", help="In which of your roles.")],
    on: DayOption = "",
) -> None:
    """Give your yes to an issue exactly as it is on disk now. Two people in two roles have to."""
    config: Config = settings.NEWSLETTER
    approver = person(config, who)
    written = read_written_issue(issue, sent_on=day(on), config=config)
    approved = approving.approve(
        issues=written.issues,
        editions=written.editions,
        report=written.report,
        person_key=who,
        person=approver,
        role=role.value,
        now=system_clock(),
        system_user=system_user(),
    )
    for change in () if approved.already else approved.changes:
        console.print(change, markup=False)
    for said in dict.fromkeys(finding.message for finding in written.report.findings if finding.rule in TRIALS_TO_LOOK_AT):
        console.print(f"Worth a look: {said}", markup=False, style="yellow")
    verb = "had approved" if approved.already else "approved"
    console.print(f"{approver.name} {verb} {approved.candidate} as {role.value}.", markup=False)
    if approved.candidate.corrects:
        console.print(f"It goes to those who got {approved.candidate.corrects}, which it corrects.", markup=False)
    if approved.held:
        console.print(f"Its slot is held: {approved.held}", markup=False, style="yellow")
    elif approved.complete:
        slot = Slot.objects.filter(issue=written.name).first()
        when = f"It goes out {local(slot.at, config.cadence.timezone)}." if slot else f"Next: newsletter schedule {written.name}"
        console.print(f"Both approvals stand. {when}", style="green", markup=False)
    elif approved.objecting:
        console.print(
            f"Still to be settled: what {', '.join(approved.objecting)} asked for. See: newsletter reviews {written.name}"
        )
    else:
        console.print("One more approval is needed, by another person in the other role.")


def calendar(*, output: FormatOption = OutputFormat.TEXT) -> None:
    """Show what stands on the calendar, and the dates of the cadence that are still free."""
    config: Config = settings.NEWSLETTER
    now = system_clock()
    slots = list(Slot.objects.order_by("at"))
    taken = {slot.at for slot in slots}
    entries = [CalendarEntry(slot.at, slot.issue, slot.state, slot.reason or _waiting(slot)) for slot in slots]
    entries += [CalendarEntry(at, "", "free", "") for at in upcoming(config.cadence, now, DATES_SHOWN) if at not in taken]
    entries.sort(key=lambda entry: entry.at)
    if output is OutputFormat.JSON:
        print_json(entries)
        return
    zone = config.cadence.timezone
    print_table(
        ["when", "issue", "state", "why"],
        [(local(entry.at, zone), entry.issue or "—", entry.state, entry.reason) for entry in entries],
        title=f"Now it is {local(now, zone)}.",
    )


def schedule(
    issue: IssueArgument,
    at: Annotated[str, typer.Option("--at", metavar="YYYY-MM-DDTHH:MM", help="Another time than the cadence's.")] = "",
    who: PersonOption = "",
) -> None:
    """Put an issue on the calendar: on its month's date of the cadence, or at a time you give. Again with --at moves it."""
    config: Config = settings.NEWSLETTER
    slot = schedule_issue(
        issue_name(issue),
        moment(at) if at else None,
        cadence=config.cadence,
        person=_named(config, who),
        now=system_clock(),
        system_user=system_user(),
    )
    console.print(f"[green]{slot.issue} is on the calendar for {local(slot.at, config.cadence.timezone)}.[/]")
    if slot.reason:
        console.print(f"It is held: {slot.reason}", markup=False, style="yellow")
    elif wanted := _wanted(slot):
        console.print(f"Before that: {wanted}.", markup=False)
    else:
        console.print("It goes out then, if `newsletter serve` is running.", markup=False)


def hold(
    issue: IssueArgument,
    because: Annotated[str, typer.Option("--because", help="Why, for the next person who looks.")],
    who: PersonOption = "",
) -> None:
    """Hold an issue's slot back until a person has looked."""
    config: Config = settings.NEWSLETTER
    name = issue_name(issue)
    slot = hold_slot(name, reason=because, person=_named(config, who), now=system_clock(), system_user=system_user())
    console.print(f"{slot.issue} is held: {slot.reason}", markup=False)


def unhold(
    issue: IssueArgument,
    because: Annotated[str, typer.Option("--because", help="What you looked at.")] = "",
    who: PersonOption = "",
) -> None:
    """Let a held slot go ahead; what stopped it is looked at again at its hour."""
    config: Config = settings.NEWSLETTER
    slot = unhold_slot(
        issue_name(issue),
        cadence=config.cadence,
        person=_named(config, who),
        now=system_clock(),
        system_user=system_user(),
        reason=because,
    )
    console.print(f"{slot.issue} goes out {local(slot.at, config.cadence.timezone)}.", markup=False)


def _waiting(slot: Slot) -> str:
    wanted = _wanted(slot)
    return f"waits for {wanted}" if wanted else ""


def _wanted(slot: Slot) -> str:
    """Say which approvals a slot waits for, whose objections and which answers of the registry; "" when for none."""
    if slot.state != SlotState.SCHEDULED:
        return ""
    candidate = latest_candidate(slot.issue)
    roles = approving.missing_approvals(candidate) if candidate else tuple(approving.APPROVING_ROLES)
    wanted = [f"the approval by {approving.APPROVING_ROLES[role]}" for role in roles]
    objections = standing_objections(candidate) if candidate else ()
    unanswered = [stop.nct_id for stop in stops_left(slot, candidate)] if candidate and not roles else []
    return " and ".join(
        [
            *wanted,
            *(f"a yes or a corrected issue for “{one.person}”, who asked for changes" for one in objections),
            *(f"an answer of the registry about {nct_id}" for nct_id in unanswered),
        ]
    )


def _named(config: Config, who: str) -> str:
    """Check the name of whoever acts, where one is given."""
    if who:
        person(config, who)
    return who

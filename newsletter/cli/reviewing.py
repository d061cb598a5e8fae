"""Reviews without a terminal, begun from one: asking for them, objecting, and looking at what was said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer
from django.conf import settings
from django.db import transaction

from newsletter.authoring.folder import issue_name
from newsletter.checking.written_issue import read_written_issue
from newsletter.cli.acting import system_user
from newsletter.cli.approving import Role
from newsletter.cli.arguments import DayOption, FormatOption, IssueArgument, PersonOption, day, person
from newsletter.cli.printing import OutputFormat, console, local, print_json, print_table
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.service_mails import empty_postbox
from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.approving import ApprovingRole
from newsletter.publishing.candidates import frozen_editions, latest_candidate
from newsletter.publishing.models import ReviewRequest
from newsletter.publishing.noted_sections import find_section, heading_with_language, noted_sections
from newsletter.publishing.objecting import Note
from newsletter.publishing.objecting import reject as record_rejection
from newsletter.publishing.requesting import request_review as ask_for_review
from newsletter.publishing.review_mails import Answerer, language_names, post_objection
from newsletter.publishing.review_record import ReviewRecord, review_record

LONGEST_DAYS = 60


def request_review(
    issue: IssueArgument,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="PERSON", help="Whom to ask; everybody with the role medical if not given."),
    ] = None,
    asked_by: Annotated[str, typer.Option("--from", metavar="PERSON", help="Who asks: a key of \\[people].")] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=LONGEST_DAYS, help="How long the link works.")] = 14,
    on: DayOption = "",
) -> None:
    """Freeze an issue as it is on disk now, and mail its reviewers a link: look at everything, approve, or ask for changes."""
    config: Config = settings.NEWSLETTER
    if asked_by:
        person(config, asked_by)
    written = read_written_issue(issue, sent_on=day(on), config=config)
    asked = ask_for_review(
        issues=written.issues,
        editions=written.editions,
        report=written.report,
        reviewers=_reviewers(config, to or []),
        config=config,
        asked_by=asked_by,
        lasts=timedelta(days=days),
        now=system_clock(),
        system_user=system_user(),
    )
    problem = empty_postbox(config, system_clock).problem
    console.print(f"{asked.candidate} is frozen; nobody's approval was recorded.", markup=False)
    for request in asked.requests:
        until = local(request.expires_at, config.cadence.timezone)
        console.print(f"{config.people[request.person].name} is asked as {request.role}, until {until}.", markup=False)
        console.print(f"  {_where(request, config)}", markup=False, soft_wrap=True)
    if asked.held:
        console.print(f"Its slot is held: {asked.held}", markup=False, style="yellow")
    if problem:
        console.print(problem, markup=False, style="red")
        raise typer.Exit(1)


def reject(
    issue: IssueArgument,
    who: PersonOption,
    note: Annotated[str, typer.Option("--note", help="What is to be changed.")],
    section: Annotated[str, typer.Option("--section", help="Where: the section's anchor or heading.")] = "",
    role: Annotated[Role | None, typer.Option("--role", help="In which of your roles, if you have both.")] = None,
) -> None:
    """Ask for changes to an issue as it was last looked at. It does not go out before you approve it, or it has changed."""
    config: Config = settings.NEWSLETTER
    name = issue_name(issue)
    objector = person(config, who)
    in_role = role.value if role else _approving_role(config, who)
    notes = [_note(name, note, section)]
    now = system_clock()
    with transaction.atomic():
        objected = record_rejection(
            name, notes, person_key=who, person=objector, role=in_role, now=now, system_user=system_user()
        )
        post_objection(objected, Answerer(who, objector, in_role), notes, config=config, now=now)
    problem = empty_postbox(config, system_clock).problem
    console.print(f"{objector.name} asked for changes to {objected.candidate} as {in_role}.", markup=False)
    if objected.withdrawn:
        console.print(f"{objector.name}'s approval is withdrawn.", markup=False)
    if objected.held:
        console.print(f"Its slot is held: {objected.held}", markup=False, style="yellow")
    console.print("The other editors get a mail about it.")
    if problem:
        console.print(problem, markup=False, style="red")


def reviews(issue: IssueArgument, *, output: FormatOption = OutputFormat.TEXT) -> None:
    """Show who was asked to review an issue, what they answered, and what they want changed."""
    config: Config = settings.NEWSLETTER
    record = review_record(issue_name(issue), now=system_clock())
    if output is OutputFormat.JSON:
        print_json(record)
    else:
        _print_record(record, config.cadence.timezone)


def _print_record(record: ReviewRecord, zone: str) -> None:
    if not record.candidate:
        console.print(f"Nobody has looked at {record.issue} yet. Next: newsletter request-review {record.issue}", markup=False)
        return
    title = f"{record.issue}, candidate {record.candidate}"
    if record.approvals:
        approvals = [(one.person, one.role, local(one.at, zone)) for one in record.approvals]
        print_table(["approved by", "as", "when"], approvals, title=title)
    else:
        console.print(f"{title}\nNobody has approved it yet.", markup=False)
    print_table(
        ["asked", "as", "candidate", "until", "answer", "mail"],
        [
            (
                one.person,
                one.role,
                one.candidate,
                local(one.expires_at, zone),
                one.state,
                f"{one.mail}: {one.mail_problem}" if one.mail_problem else one.mail,
            )
            for one in record.requests
        ],
    )
    for note in record.notes:
        stands = "stands in the way" if note.stands else "settled"
        console.print(f"\n{note.person} as {note.role}, {local(note.at, zone)}, {stands}:", markup=False)
        console.print(f"  {note.heading or 'All of it'}: {note.text}", markup=False, soft_wrap=True)


def _reviewers(config: Config, keys: Sequence[str]) -> dict[str, ApprovingRole]:
    if keys:
        for key in keys:
            person(config, key)
        return {key: _approving_role(config, key) for key in keys}
    medical: dict[str, ApprovingRole] = {key: "medical" for key, one in config.people.items() if "medical" in one.roles}
    if not medical:
        raise NotAllowedError(
            "Nobody has the role “medical”. Give it to somebody under [people] in newsletter.toml, or name --to."
        )
    return medical


def _approving_role(config: Config, key: str) -> ApprovingRole:
    """Give the role in which a person reviews: medical, where they have both."""
    roles = config.people[key].roles
    if "medical" in roles:
        return "medical"
    if "editor" in roles:
        return "editor"
    raise UsageError(f"{config.people[key].name} has neither the role “editor” nor “medical”, so they cannot approve anything.")


def _note(issue: str, text: str, section: str) -> Note:
    candidate = latest_candidate(issue)
    if not section or candidate is None:
        return Note(text)
    found = find_section(section, noted_sections(frozen_editions(candidate.pk)))
    return Note(text, found.key, heading_with_language(found, language_names()))


def _where(request: ReviewRequest, config: Config) -> str:
    mail = request.mail
    if mail is None:
        return "No mail was made."
    mail.refresh_from_db()
    transport = config.delivery.transport
    if mail.state == "accepted" and transport == "outbox":
        return f"The mail with the link is {config.path(config.delivery.outbox) / 'new' / mail.key}"
    said = {"accepted": f"The mail went out by {transport}.", "queued": "The mail waits; `newsletter serve` tries again."}
    return said.get(mail.state, f"The mail is {mail.state}: {mail.reason}. See docs/runbook.md.")

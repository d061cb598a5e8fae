"""What a person may do about a send that has begun: pause it, let it go on, end it, try the failed again."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import Annotated, Final

import typer
from django.conf import settings

from newsletter.authoring.folder import issue_name
from newsletter.cli.acting import system_user
from newsletter.cli.arguments import IssueArgument, PersonOption, person
from newsletter.cli.printing import console
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.cancelling import cancel_send, get_send_to_cancel
from newsletter.delivery.ledger import CANCELLED
from newsletter.delivery.models import Handover, SendState
from newsletter.delivery.pausing import pause_send, resume_send
from newsletter.delivery.reporting import send_report
from newsletter.delivery.steering import get_send
from newsletter.delivery.sweeping import sweep
from newsletter.delivery.trying_again import try_failed_again
from newsletter.errors import NotAllowedError

NoteOption = Annotated[str, typer.Option("--note", help="Why, for the next person who looks.")]
OldOption = Annotated[
    bool, typer.Option("--although-old", help="Although nothing happened on it for longer than delivery.resume_within_hours.")
]

ON_THE_WIRE_LOOK: Final = 0.5
"""Seconds between looks whether what is on the wire is recorded."""


def pause(issue: IssueArgument, who: PersonOption, note: NoteOption = "") -> None:
    """Begin nothing more of a send until somebody resumes it. What is on the wire is finished and recorded."""
    person(settings.NEWSLETTER, who)
    name = issue_name(issue)
    pause_send(name, person=who, note=note, now=system_clock(), system_user=system_user())
    console.print(f"{name} is paused. {send_report(name).the_sum}.", markup=False, style="yellow")
    console.print(f"To go on: newsletter resume {name} --as {who}", markup=False)


def resume(
    issue: IssueArgument,
    who: PersonOption,
    *,
    although_old: OldOption = False,
    although_restored: Annotated[
        bool, typer.Option("--although-restored", help="Although the database came from a backup, and nothing went out since.")
    ] = False,
) -> None:
    """Let a paused send go on where it was."""
    config: Config = settings.NEWSLETTER
    person(config, who)
    resumed = resume_send(
        issue_name(issue),
        person=who,
        now=system_clock(),
        system_user=system_user(),
        within=timedelta(hours=config.delivery.resume_within_hours),
        although_old=although_old,
        although_restored=although_restored,
    )
    console.print(f"{resumed.issue} was paused: {resumed.reason}", markup=False)
    if resumed.state is SendState.DONE:
        console.print("Everything of it was settled meanwhile: it is done.", style="green")
        return
    console.print(
        f"{resumed.issue} goes on, if `newsletter serve` is running; else: newsletter send {resumed.issue}", markup=False
    )
    console.print(
        f"Its trials were asked about when it began. To ask again: newsletter trials check {resumed.issue}", markup=False
    )


def cancel(
    issue: IssueArgument,
    who: PersonOption,
    note: NoteOption = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """End a send for good: who is still queued does not get it. What is on the wire is finished and recorded."""
    config: Config = settings.NEWSLETTER
    person(config, who)
    name = issue_name(issue)
    state = get_send_to_cancel(name).state
    if state != SendState.CANCELLING and not yes:
        _ask(name, who)
    cancel_send(name, person=who, note=note, now=system_clock(), system_user=system_user())
    _end(name, config)
    report = send_report(name)
    console.print(f"{report.excluded.get(CANCELLED, 0)} people who were queued do not get it. {report.the_sum}.", markup=False)
    if report.status.state != SendState.CANCELLED:
        console.print(
            "What a process has on the wire is not recorded yet. It ends by itself when `newsletter serve` is running; else run "
            "this again.",
            style="yellow",
        )
        raise typer.Exit(1)
    console.print(f"{name} is cancelled.", markup=False, style="green")


def retry(
    issue: IssueArgument,
    who: PersonOption,
    *,
    also_unknown_users: Annotated[
        bool, typer.Option("--also-unknown-users", help="Also those whose address does not exist, as the server said.")
    ] = False,
    although_old: OldOption = False,
    although_restored: Annotated[
        bool, typer.Option("--although-restored", help="Although the database came from a backup, and nobody was mailed since.")
    ] = False,
) -> None:
    """Try the failed of a send again: those whose refusal shows that no copy was taken. Attempts begin anew."""
    config: Config = settings.NEWSLETTER
    person(config, who)
    name = issue_name(issue)
    tried = try_failed_again(
        name,
        person=who,
        now=system_clock(),
        system_user=system_user(),
        within=timedelta(hours=config.delivery.resume_within_hours),
        also_unknown_users=also_unknown_users,
        although_old=although_old,
        although_restored=although_restored,
    )
    console.print(f"{tried.queued} of the failed are queued again. {send_report(name).the_sum}.", markup=False)
    for reason, number in sorted(tried.left_out.items()):
        console.print(f"{number} left out: {reason}", markup=False)
    if tried.queued and tried.state is SendState.PAUSED:
        console.print(f"{name} is paused, so they wait: newsletter resume {name} --as {who}", markup=False, style="yellow")
    elif tried.queued:
        console.print(f"They go out, if `newsletter serve` is running; else: newsletter send {name}", markup=False)


def _ask(name: str, who: str) -> None:
    """Have a person say that they mean it; raises NotAllowedError where nobody can be asked."""
    status = send_report(name).status
    so_far = f"{status.handovers[Handover.QUEUED]} people are queued and would not get {name}"
    if status.state == SendState.PREPARING or not status.prepared_at:
        so_far += ", nor would those who are not frozen yet"
    if not sys.stdin.isatty():
        raise NotAllowedError(f"{so_far}. This cannot be undone. If you mean it: newsletter cancel {name} --as {who} --yes")
    typer.confirm(f"{so_far}. This cannot be undone. Cancel it?", abort=True)


def _end(name: str, config: Config) -> None:
    """End what nobody holds, and wait for workers to notice, or for their leases to run out."""
    lease_seconds = config.delivery.lease_seconds
    patience = time.monotonic() + lease_seconds * 1.5
    sweep(lease_seconds=lease_seconds, now=system_clock())
    while get_send(name).state != SendState.CANCELLED and time.monotonic() < patience:
        time.sleep(ON_THE_WIRE_LOOK)
        sweep(lease_seconds=lease_seconds, now=system_clock())

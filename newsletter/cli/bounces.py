"""`newsletter bounces`: what came back by mail, and fetching it."""

from __future__ import annotations

from typing import Annotated

import typer
from django.conf import settings

from newsletter.cli.arguments import FormatOption
from newsletter.cli.printing import OutputFormat, console, counted, print_json, print_table
from newsletter.clock import system_clock
from newsletter.delivery.bounces.counting import count_bounces
from newsletter.delivery.bounces.pulling import Pulled, pull_bounces

bounces = typer.Typer()


@bounces.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    *,
    issues: Annotated[int, typer.Option("--issues", min=1, help="How many of the last issues.")] = 6,
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Show how many mails of the last issues came back: hard, soft or for policy, and with which status."""
    if context.invoked_subcommand is not None:
        return
    found = count_bounces(issues=issues)
    if output is OutputFormat.JSON:
        print_json(found)
    elif found:
        rows = [(one.issue, one.kind.value, one.status or "none given", str(one.mails)) for one in found]
        print_table(["issue", "bounce", "status", "mails"], rows)
    else:
        console.print("Nothing came back that is known here.")


@bounces.command()
def pull(*, output: FormatOption = OutputFormat.TEXT) -> None:
    """Look now through the mailboxes that bounces come to; `serve` and `scheduler` do so every few minutes.

    Exit 1 when one of them could not be read.
    """
    pulled = pull_bounces(settings.NEWSLETTER, system_clock)
    if output is OutputFormat.JSON:
        print_json(pulled)
    else:
        _print(pulled)
    if pulled.problems:
        raise typer.Exit(1)


def _print(pulled: Pulled) -> None:
    by_kind = ", ".join(f"{number} {kind}" for kind, number in sorted(pulled.reports.items()))
    console.print(f"{counted(pulled.new, 'report')} taken{f' ({by_kind})' if by_kind else ''}.", markup=False)
    if pulled.left:
        console.print(f"{counted(pulled.left, 'mail')} left for people: no report, or none about a mail of ours.")
    for issue in pulled.paused:
        console.print(f"The send of {issue} is paused: too much of it came back for policy.", style="yellow", markup=False)
    for problem in pulled.problems:
        console.print(problem, style="red", markup=False)

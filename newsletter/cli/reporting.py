"""`newsletter report`: what became of a send."""

from __future__ import annotations

from django.conf import settings

from newsletter.authoring.folder import issue_name
from newsletter.cli.arguments import FormatOption, IssueArgument
from newsletter.cli.printing import OutputFormat, console, local, print_json, print_table
from newsletter.config import Config
from newsletter.delivery.reporting import SendReport, send_report


def report(issue: IssueArgument, *, output: FormatOption = OutputFormat.TEXT) -> None:
    """Show what became of a send: the sum, why people were left out, what was reported later, who is unknown."""
    found = send_report(issue_name(issue))
    if output is OutputFormat.JSON:
        print_json({"the_sum": found.the_sum, "sum_holds": found.sum_holds, **_fields(found)})
    else:
        print_report(found, settings.NEWSLETTER)


def _fields(report: SendReport) -> dict[str, object]:
    return {name: getattr(report, name) for name in ("status", "excluded", "failed", "by_language", "outcomes", "unknown_keys")}


def print_report(found: SendReport, config: Config) -> None:
    """Print a report. Handovers and outcomes stand apart: accepted is not delivered."""
    one, zone = found.status, config.cadence.timezone
    finished = f", finished {local(one.finished_at, zone)}" if one.finished_at else ""
    console.print(f"[bold]{one.issue}[/], {one.state}, by {one.transport}; begun {local(one.created_at, zone)}{finished}")
    style = "green" if found.sum_holds else "bold red"
    console.print(f"{found.the_sum}: {'the sum holds' if found.sum_holds else 'THE SUM DOES NOT HOLD'}", style=style)
    rows = [
        (language, *(str(handovers.get(handover, 0)) for handover in one.handovers))
        for language, handovers in sorted(found.by_language.items())
    ]
    print_table(["handover by language", *one.handovers], rows)
    reported = [(outcome.value or "nothing yet", str(number)) for outcome, number in found.outcomes.items() if number]
    print_table(["reported later", "mails"], reported)
    for heading, reasons in (("left out because", found.excluded), ("failed because", found.failed)):
        if reasons:
            print_table([heading, "people"], [(reason, str(number)) for reason, number in sorted(reasons.items())])
    if found.unknown_keys:
        console.print(
            "Unknown, never sent again by guess. Look for each in your mail server's log: it is the left half of a Message-ID.",
            style="yellow",
        )
        for key in found.unknown_keys:
            console.print(f"  {key}", markup=False)

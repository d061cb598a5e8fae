"""`newsletter report`: what became of a send."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from django.conf import settings
from rich.text import Text

from newsletter.authoring.folder import issue_name
from newsletter.cli.acting import system_user
from newsletter.cli.arguments import IssueArgument, person
from newsletter.cli.printing import console, local, print_json, print_table
from newsletter.cli.standing_words import duration
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.models import SendState
from newsletter.delivery.report.aftermath import FullReport, full_report
from newsletter.delivery.report.page import report_page
from newsletter.delivery.report.recipients import as_csv, as_json, as_text, find_recipients
from newsletter.delivery.reporting import SendReport
from newsletter.errors import UsageError
from newsletter.subscribers.installation import sealer

REPORTS: Final = "var/reports"

DOMAINS_SHOWN: Final = 15
BOUNCES_SHOWN: Final = 15
UNKNOWN_SHOWN: Final = 50


class ReportFormat(StrEnum):
    """How a report is printed."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    """Of the rows of --recipients."""


def report(
    issue: IssueArgument,
    *,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the page with pictures there, not to var/reports/ISSUE.html."),
    ] = None,
    output: Annotated[ReportFormat, typer.Option("--format", help="How to print it.")] = ReportFormat.TEXT,
    recipients: Annotated[
        bool, typer.Option("--recipients", help="Give every reader's row, with the address; needs --as, and is written down.")
    ] = False,
    acting: Annotated[
        str, typer.Option("--as", metavar="PERSON", help="Who you are: a key of \\[people] in newsletter.toml.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the rows of --recipients there; only you can read it.")
    ] = None,
) -> None:
    """Show what became of a send: the sum, what was refused or came back, who said goodbye after it, and how long it took.

    Writes the same as a page with pictures, and prints a link to it. Nobody's opens or clicks are measured.
    """
    config: Config = settings.NEWSLETTER
    name = issue_name(issue)
    if recipients:
        if html is not None:
            raise UsageError("The page shows no addresses: ask for --html or for --recipients.")
        _give_recipients(name, config, acting, output, out)
        return
    if out is not None or output is ReportFormat.CSV:
        raise UsageError("--out and --format csv are for the rows of --recipients.")
    language = person(config, acting).language if acting else None
    now = system_clock()
    found = full_report(name, sealer(), now=now)
    if output is ReportFormat.JSON:
        print_json(_fields(found))
    else:
        print_report(found.summary, config)
        _print_aftermath(found, config)
    if html is not None or output is ReportFormat.TEXT:
        file = html or config.path(REPORTS) / f"{name}.html"
        _write_private(file, [report_page(found, config, language=language, now=now)])
        if output is ReportFormat.TEXT:
            link = Text(str(file), style=f"link {file.resolve().as_uri()}")
            console.print(Text.assemble("With pictures: ", link))


def print_report(found: SendReport, config: Config) -> None:
    """Print a report. Handovers and outcomes stand apart: accepted is not delivered."""
    one, zone = found.status, config.cadence.timezone
    finished = f", finished {local(one.finished_at, zone)}" if one.finished_at else ""
    console.print(f"[bold]{one.issue}[/], {one.state}, by {one.transport}; begun {local(one.created_at, zone)}{finished}")
    if one.corrects:
        console.print(f"A correction, to those who got {one.corrects} or may have got it.", markup=False)
    style = "green" if found.sum_holds else "bold red"
    console.print(f"{found.the_sum}: {'the sum holds' if found.sum_holds else 'THE SUM DOES NOT HOLD'}", style=style)
    rows = [
        (language, *(str(handovers.get(handover, 0)) for handover in one.handovers))
        for language, handovers in sorted(found.by_language.items())
    ]
    print_table(["handover by language", *one.handovers], rows)
    reported = [(outcome.value or "nothing yet", str(number)) for outcome, number in found.outcomes.items() if number]
    if reported:
        print_table(["reported later", "mails"], reported)
    for heading, reasons in (("left out because", found.excluded), ("failed because", found.failed)):
        if reasons:
            print_table([heading, "people"], [(reason, str(number)) for reason, number in sorted(reasons.items())])
    if found.gone.suppressed:
        console.print(f"Suppressed since their address does not exist: {found.gone.suppressed}.")
    if found.gone.why_nobody:
        console.print(f"Nobody was suppressed: {found.gone.why_nobody}.", style="yellow", markup=False)
    if found.unknown_keys:
        console.print(
            "Unknown, never sent again by guess. Look for each in your mail server's log: it is the left half of a Message-ID.",
            style="yellow",
        )
        for key in found.unknown_keys[:UNKNOWN_SHOWN]:
            console.print(f"  {key}", markup=False)
        if len(found.unknown_keys) > UNKNOWN_SHOWN:
            console.print(f"  and {len(found.unknown_keys) - UNKNOWN_SHOWN} more: newsletter report {one.issue} --format json")
        console.print(f"To settle them by evidence: newsletter reconcile {one.issue} --as YOU", style="yellow")


def _print_aftermath(found: FullReport, config: Config) -> None:
    """Print what the send alone does not say: bounces, domains, goodbyes, and how long it took."""
    zone = config.cadence.timezone
    if found.summary.status.state in {SendState.PAUSED, SendState.CANCELLED} and found.reason:
        console.print(f"It is {found.summary.status.state}: {found.reason}", style="yellow", markup=False)
    for one in found.elsewhere:
        console.print(f"{one.people} who read in {one.language} got the edition in {one.written_in or 'another language'}.")
    if found.bounces:
        bounces = [(one.kind or "not said", one.reason, str(one.mails)) for one in found.bounces[:BOUNCES_SHOWN]]
        print_table(["came back", "reason", "mails"], bounces)
    if found.domains:
        rows = [
            (one.domain, *map(str, (one.failed, one.hard, one.soft, one.policy, one.untold)))
            for one in found.domains[:DOMAINS_SHOWN]
        ]
        print_table(["did not arrive at", "refused", "hard", "soft", "policy", "not said"], rows)
    since, until = local(found.endings.since, zone), local(found.endings.until, zone)
    gone = ", ".join(f"{number} {reason}" for reason, number in sorted(found.endings.by_reason.items())) or "nobody"
    console.print(f"Said goodbye after it ({since} to {until}): {gone}.")
    if found.seconds is not None:
        rate = f", {found.per_minute:,.0f} mails a minute" if found.per_minute else ""
        console.print(f"It took {duration(found.seconds)}{rate}.")
    if found.corrects:
        console.print(f"It corrects {found.corrects}.")
    if found.corrections:
        console.print(f"Corrected by {', '.join(found.corrections)}.")
    console.print("Nobody's opens or clicks are measured.", style="dim")


def _fields(found: FullReport) -> dict[str, object]:
    summary = found.summary
    names = ("status", "excluded", "failed", "by_language", "outcomes", "unknown_keys", "gone")
    later = ("paused_for", "reason", "subjects", "bounces", "domains", "elsewhere", "endings", "seconds", "per_minute")
    return {
        "the_sum": summary.the_sum,
        "sum_holds": summary.sum_holds,
        **{name: getattr(summary, name) for name in names},
        **{name: getattr(found, name) for name in later},
        "by_hour": {hour.isoformat(): mails for hour, mails in found.by_hour.items()},
        "time_line": [{"at": one.at.isoformat(), "settled": one.settled} for one in found.time_line],
        "corrects": found.corrects,
        "corrections": found.corrections,
        "opens_and_clicks": "not measured",
    }


def _give_recipients(name: str, config: Config, acting: str, output: ReportFormat, out: Path | None) -> None:
    if not acting:
        raise UsageError("Say who you are with --as: who sees readers' addresses is written down.")
    found = find_recipients(
        name,
        sealer(),
        person_key=acting,
        person=person(config, acting),
        now=system_clock(),
        system_user=system_user(),
    )
    lines = _WRITERS[output](found)
    if out is None:
        # Not through Rich, which would keep all of it in memory.
        for line in lines:
            sys.stdout.write(line)
        return
    _write_private(out, lines)
    console.print(f"Written to {out}; only you can read it. Delete it when you no longer need it.", markup=False)


_WRITERS: Final = {ReportFormat.TEXT: as_text, ReportFormat.JSON: as_json, ReportFormat.CSV: as_csv}


def _write_private(file: Path, lines: Iterable[str]) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="") as handle:
            handle.writelines(lines)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)

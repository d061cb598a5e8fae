"""`newsletter check` and `newsletter build`: from the files alone, without a database."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Annotated

import orjson
import typer

from newsletter.checking.trials import VerdictKind, judge_trial, stops_send
from newsletter.checking.written_issue import WrittenIssue, read_written_issue
from newsletter.cli.arguments import DayOption, IssueArgument, day
from newsletter.cli.printing import FindingsFormat, console, counted, print_findings, print_json
from newsletter.cli.sarif import as_sarif
from newsletter.errors import IssueError
from newsletter.findings import Finding, Severity, in_reading_order
from newsletter.rendering.edition import Edition
from newsletter.rendering.mail_headers import MailHeaders
from newsletter.rendering.merge import Personal, fill
from newsletter.rendering.message import compile_message
from newsletter.sources.registry import TrialRegistry

CARD_STATUSES_SHOWN = ("status=closed", "status=not_yet")

SAMPLE_READER = Personal(
    first_name="Alex",
    address="alex@example.org",
    manage_url="https://example.org/the-link-to-your-page",
    unsubscribe_url="https://example.org/the-link-to-unsubscribe",
)


def check(
    issue: IssueArgument,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the trial registry.")] = False,
    on: DayOption = "",
    output: Annotated[FindingsFormat, typer.Option("--format", help="How to print it.")] = FindingsFormat.TEXT,
) -> None:
    """Say everything that is wrong with an issue, in all its languages, with file, line and fix.

    Exit 0 when nothing stops it, 1 when something does.
    """
    unread = False
    try:
        written = read_written_issue(issue, sent_on=day(on))
        findings = list(written.report.findings)
        if not offline:
            # What the lock says already is not said twice.
            said = {(finding.place, finding.message) for finding in findings}
            asked = [finding for finding in _trial_findings(written) if (finding.place, finding.message) not in said]
            findings = in_reading_order([*findings, *asked])
    except IssueError as error:
        findings, unread = list(error.findings), True
    if output is FindingsFormat.JSON:
        print_json([asdict(finding) for finding in findings])
    elif output is FindingsFormat.SARIF:
        print_json(as_sarif(findings))
    else:
        print_findings(findings)
        if unread:
            console.print("Lengths, links, headings and trials are looked at when these are mended.")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(1)


def _trial_findings(written: WrittenIssue) -> list[Finding]:
    """Ask the registry about the trials; what it could not be asked about is a warning, for it may answer tomorrow."""
    cards = {str(block.fields["nct_id"]): block for block in reversed(written.issues[0].blocks) if block.kind == "trial"}
    answers = TrialRegistry(written.config.trials).ask(sorted(cards)) if cards else []
    findings = []
    for answer in answers:
        card = cards[answer.nct_id]
        verdict = judge_trial(answer, card_status=str(card.fields["status"]))
        if stops_send(verdict, card_status=str(card.fields["status"])):
            unchecked = verdict.kind is VerdictKind.COULD_NOT_CHECK
            severity = Severity.WARNING if unchecked else Severity.ERROR
            true_to_life = f"Take the card out, or write what is true in it: {' or '.join(CARD_STATUSES_SHOWN)}."
            fix = "Try again later, or check with --offline." if unchecked else true_to_life
            findings.append(Finding("trial-status", severity, verdict.sentence, card.place, fix))
    return findings


def build(
    issue: IssueArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write; files there are replaced.")],
) -> None:
    """Write each language's mail, text, web page and a message that a mail client opens, and build.json."""
    started = time.perf_counter()
    written = read_written_issue(issue, sent_on=day(""))
    editions = written.editions
    out.mkdir(parents=True, exist_ok=True)
    sizes = {edition.language: write_edition(edition, out, written) for edition in editions}
    milliseconds = (time.perf_counter() - started) * 1000
    summary = {
        "issue": written.name,
        "milliseconds": round(milliseconds, 1),
        "editions": {
            edition.language: {"digest": edition.digest, "subject": edition.subject, "bytes": sizes[edition.language]}
            for edition in editions
        },
    }
    (out / "build.json").write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2) + b"\n")
    for edition in editions:
        names = ", ".join(f"{name} {size / 1000:.1f} kB" for name, size in sizes[edition.language].items())
        console.print(f"[bold]{edition.language}[/] {names}")
    console.print(f"Written to {out} in {milliseconds:.0f} ms.")
    if written.report.errors:
        errors = counted(len(written.report.errors), "error")
        console.print(f"It has {errors}; see them with: newsletter check {written.name}", style="red")
        raise typer.Exit(1)


def write_edition(edition: Edition, out: Path, written: WrittenIssue) -> dict[str, int]:
    """Write one edition's files, as an invented reader gets them, and give their sizes in bytes.

    Pictures are shown from the folder, since no page serves them yet.
    """
    folder = out / edition.language
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for asset in edition.assets:
        (folder / "assets" / asset.name).write_bytes(asset.data)
    message = compile_message(edition, MailHeaders.of(written.config)).message(
        SAMPLE_READER, message_id=f"<{edition.digest[:32]}@example.org>", date=datetime(2026, 1, 1, tzinfo=UTC)
    )
    published = f"{written.config.web.base_url}/assets/"
    files = {
        "email.html": fill(edition.html, lambda field: escape(SAMPLE_READER.value(field))).replace(published, "assets/").encode(),
        "email.txt": fill(edition.text, SAMPLE_READER.value).encode(),
        "web.html": edition.web.replace(published, "assets/").encode(),
        "message.eml": message,
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {name: len(data) for name, data in files.items()}

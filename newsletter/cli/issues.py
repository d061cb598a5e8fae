"""`newsletter check` and `newsletter build`: from the files alone, without a database."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import orjson
import typer

from newsletter.checking.trials import TrialLimits, VerdictKind, judge_trial, stops_send
from newsletter.checking.written_issue import WrittenIssue, look_at_written_issue, read_written_issue
from newsletter.cli.arguments import DayOption, IssueArgument, day
from newsletter.cli.explaining import explain_and_leave
from newsletter.cli.gallery import write_gallery
from newsletter.cli.printing import FindingsFormat, console, counted, print_findings, print_json
from newsletter.cli.sarif import as_sarif
from newsletter.cli.writing import write_edition
from newsletter.config import load_config
from newsletter.errors import IssueError, UsageError
from newsletter.findings import Finding, Severity, in_reading_order

CALL_FIRST = "Call the study team, or write in the card what you know."


def check(
    issue: IssueArgument,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody: no trial registry, no site that is linked to.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="First mend what is certain: tracked links, odd spaces, http where https answers.")
    ] = False,
    on: DayOption = "",
    output: Annotated[FindingsFormat, typer.Option("--format", help="How to print it.")] = FindingsFormat.TEXT,
    explain: Annotated[  # noqa: ARG001 - its callback does it
        str,
        typer.Option(
            "--explain", metavar="RULE", help="Say what a check demands, and why.", callback=explain_and_leave, is_eager=True
        ),
    ] = "",
) -> None:
    """Say everything that is wrong with an issue, in all its languages, with file, line and fix.

    Exit 0 when nothing stops it, 1 when something does.
    """
    if fix and output is not FindingsFormat.TEXT:
        raise UsageError("--fix shows what it changed, which goes with --format text only. Run --fix first, then --format alone.")
    if fix:
        from newsletter.cli.mending import mend_files  # noqa: PLC0415 - most checks mend nothing and need not wait for it

        mend_files(load_config(), issue, offline=offline)
    unread = False
    try:
        written = look_at_written_issue(issue, sent_on=day(on))
        findings, unread = in_reading_order([*written.report.findings, *written.unread]), bool(written.unread)
        if not offline:
            # What the lock says already is not said twice.
            said = {(finding.place, finding.message) for finding in findings}
            asked = [
                finding for finding in _trial_findings(written, sent_on=day(on)) if (finding.place, finding.message) not in said
            ]
            findings = in_reading_order([*findings, *asked, *_link_findings(written, sent_on=day(on))])
    except IssueError as error:
        findings, unread = list(error.findings), True
    if output is FindingsFormat.JSON:
        print_json([asdict(finding) for finding in findings])
    elif output is FindingsFormat.SARIF:
        print_json(as_sarif(findings))
    else:
        print_findings(findings)
        if unread:
            console.print("Where a file has mistakes of form, its lengths, links and words are looked at when they are mended.")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(1)


def _trial_findings(written: WrittenIssue, *, sent_on: date) -> list[Finding]:
    """Ask the registry about the trials; what it could not be asked about is a warning, for it may answer tomorrow."""
    from newsletter.sources.trials.registry import TrialRegistry  # noqa: PLC0415 - an HTTP client is a tenth of an offline check's time

    cards = {str(block.fields["nct_id"]): block for block in reversed(written.issues[0].blocks) if block.kind == "trial"}
    answers = TrialRegistry.of(written.config).ask(sorted(cards)) if cards else []
    limits = TrialLimits(written.config.trials.country, written.config.trials.verified_within_months, sent_on)
    findings = []
    for answer in answers:
        card = cards[answer.nct_id]
        verdict = judge_trial(answer, card_status=str(card.fields["status"]), limits=limits)
        findings += [Finding("trial-worth-a-call", Severity.WARNING, said, card.place, CALL_FIRST) for said in verdict.warnings]
        if stops_send(verdict, card_status=str(card.fields["status"])):
            unchecked = verdict.kind is VerdictKind.COULD_NOT_CHECK
            severity = Severity.WARNING if unchecked else Severity.ERROR
            findings.append(Finding("trial-status", severity, verdict.sentence, card.place, _mend_of(verdict.kind)))
    return findings


def _mend_of(kind: VerdictKind) -> str:
    """Say what to do about a card that must not stand: only what would pass the next time."""
    if kind is VerdictKind.COULD_NOT_CHECK:
        return "Try again later, or check with --offline."
    if kind is VerdictKind.ABSENT:
        return "Compare the number with the trial's page, or take the card out."
    if kind is VerdictKind.OPEN:
        return "Take status=expanded out of the card, in every language."
    return f"Take the card out, or write what is true in it: status={kind}."


def _link_findings(written: WrittenIssue, *, sent_on: date) -> Sequence[Finding]:
    """Ask the sites that the issue links to, or remember what they answered today."""
    from newsletter.cli.looking_at_links import look_at_links_of  # noqa: PLC0415 - as above

    return look_at_links_of(written, sent_on=sent_on).findings


def build(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write; files there are replaced.")],
    issue: Annotated[str, typer.Argument(metavar="[ISSUE]", help="An issue, such as 2026-12, or its folder.")] = "",
    *,
    gallery: Annotated[bool, typer.Option("--gallery", help="Write templates/gallery: every block in every state.")] = False,
) -> None:
    """Write each language's mail, text, web page and a message that a mail client opens, and build.json.

    With --gallery, write one of everything instead, for those who design the templates; then open DIR/index.html.
    """
    started = time.perf_counter()
    if gallery == bool(issue):
        raise UsageError("Name an issue, as in newsletter build 2026-12 --out DIR, or say --gallery instead.")
    if gallery:
        folders = write_gallery(load_config(), out)
        milliseconds = (time.perf_counter() - started) * 1000
        console.print(f"Wrote {counted(len(folders), 'letter')} in {milliseconds:.0f} ms. Open {out / 'index.html'}")
        return
    written = read_written_issue(issue, sent_on=day(""))
    editions = written.editions
    out.mkdir(parents=True, exist_ok=True)
    sizes = {edition.language: write_edition(edition, out, written.config) for edition in editions}
    milliseconds = (time.perf_counter() - started) * 1000
    summary = {
        "issue": written.name,
        "milliseconds": round(milliseconds, 1),
        "editions": {
            edition.language: {
                "digest": edition.digest,
                "subject": edition.subject,
                "topics": edition.topics,
                "bytes": sizes[edition.language],
            }
            for edition in editions
        },
    }
    (out / "build.json").write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2) + b"\n")
    for edition in editions:
        shown = {name: size for name, size in sizes[edition.language].items() if name.count(".") == 1}
        names = ", ".join(f"{name} {size / 1000:.1f} kB" for name, size in sorted(shown.items()))
        console.print(f"[bold]{edition.language}[/] {names}")
        if edition.narrower:
            topics, narrower = " or ".join(edition.topics), counted(len(edition.narrower), "more mail")
            files = [name for name in sizes[edition.language] if name.endswith(".html") and name.count(".") > 1]
            console.print(f"   and {narrower} for readers who did not choose {topics}: {', '.join(files)}", markup=False)
    console.print(f"Written to {out} in {milliseconds:.0f} ms.")
    if written.report.errors:
        errors = counted(len(written.report.errors), "error")
        console.print(f"It has {errors}; see them with: newsletter check {written.name}", style="red")
        raise typer.Exit(1)

"""`newsletter links`: whether the links of an issue lead somewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.checking.link_answers import LinkKind, judge_link
from newsletter.checking.rules.own_links import OWN_RULES
from newsletter.checking.written_issue import read_written_issue
from newsletter.cli.arguments import IssueArgument, day
from newsletter.cli.looking_at_links import LookedAt, look_at_links_of
from newsletter.cli.printing import FindingsFormat, console, counted, print_findings, print_json
from newsletter.cli.sarif import as_sarif
from newsletter.findings import in_reading_order

BROKEN = frozenset({"link-dead", "link-unsafe", *OWN_RULES})
"""What is certain: the others are a person's to look at."""

links = typer.Typer()


@links.command()
def check(
    issue: IssueArgument,
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask all, also those that were asked earlier today.")] = False,
    output: Annotated[FindingsFormat, typer.Option("--format", help="How to print it.")] = FindingsFormat.TEXT,
) -> None:
    """Ask every link of every edition of an issue, each once, and say which lead nowhere. Exit 1 when some certainly do.

    What was fine is not asked again on the same day, what was not, after an hour. Changes no file of the issue.
    """
    written = read_written_issue(issue, sent_on=day(""))
    looked = look_at_links_of(written, sent_on=day(""), fresh=fresh)
    own = [finding for finding in written.report.findings if finding.rule in OWN_RULES]
    findings = in_reading_order([*looked.findings, *own])
    if output is FindingsFormat.JSON:
        print_json({"links": _as_rows(looked), "findings": findings})
    elif output is FindingsFormat.SARIF:
        print_json(as_sarif(findings))
    else:
        _print_redirects(looked)
        print_findings(findings)
        console.print(_summary(looked))
        if not written.config.links.ask:
            console.print("No site was asked: [links] ask = false in newsletter.toml.", markup=False)
    if any(finding.rule in BROKEN for finding in findings):
        raise typer.Exit(1)


def _as_rows(looked: LookedAt) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for address in looked.addresses:
        answer = looked.answers.get(address)
        if answer is None:
            rows.append({"address": address, "kind": "not_asked"})
            continue
        verdict = judge_link(answer)
        rows.append(
            {
                "address": address,
                "kind": verdict.kind,
                "sentence": verdict.sentence,
                "status": answer.status,
                "redirects": [{"status": hop.status, "target": hop.target} for hop in answer.hops],
                "moved_to": answer.moved_to,
            }
        )
    return rows


def _print_redirects(looked: LookedAt) -> None:
    """Show where links lead that are fine as they are."""
    for answer in looked.answers.values():
        if answer.hops and judge_link(answer).kind is LinkKind.FINE:
            way = " → ".join(f"{hop.target} ({hop.status})" for hop in answer.hops)
            console.print(f"{answer.address} → {way}", style="dim", markup=False)


def _summary(looked: LookedAt) -> str:
    kinds = [judge_link(answer).kind for answer in looked.answers.values()]
    told = [f"{kinds.count(kind)} {words}" for kind, words in _COUNTED if kind in kinds]
    left_out = len(looked.addresses) - len(kinds)
    told += [f"{left_out} not asked"] if left_out else []
    return f"{counted(len(looked.addresses), 'link')}: {', '.join(told)}." if told else "No links to other sites."


_COUNTED = (
    (LinkKind.FINE, "fine"),
    (LinkKind.MOVED, "moved"),
    (LinkKind.MISSING, "perhaps without a page"),
    (LinkKind.UNSAFE, "unsafe"),
    (LinkKind.DEAD, "broken"),
    (LinkKind.COULD_NOT_CHECK, "could not be checked"),
)

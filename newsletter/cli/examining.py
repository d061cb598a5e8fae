"""`newsletter doctor`: what is wrong with this installation, and what to type to mend it."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.arguments import FormatOption
from newsletter.cli.django_setup import name_settings
from newsletter.cli.printing import OutputFormat, console, counted, print_json
from newsletter.clock import system_clock
from newsletter.project.examining.diagnosis import Diagnosis, Verdict
from newsletter.project.examining.examination import A_CHECK, examine
from newsletter.project.examining.sender_dns import make_resolver

STYLES = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.PROBLEM: "bold red", Verdict.SKIPPED: "dim"}


def doctor(
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Only what needs no network.")] = False,
    nameserver: Annotated[
        str, typer.Option("--nameserver", metavar="IP", help="Ask this DNS server, such as 9.9.9.9, not this machine's own.")
    ] = "",
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Look at settings, keys, database, clock, mail server, DNS and pages, and say what to type to mend what is wrong.

    Sends nothing and changes nothing. Exit 1 when there is a problem. docs/doctor.md says why each check is there.
    """
    name_settings()
    found = examine(clock=system_clock, resolver=lambda: make_resolver(nameserver, timeout=A_CHECK), offline=offline)
    if output is OutputFormat.JSON:
        print_json(found)
    else:
        _print(found)
    if any(one.verdict is Verdict.PROBLEM for one in found):
        raise typer.Exit(1)


def _print(found: list[Diagnosis]) -> None:
    indent = " " * len(f"{Verdict.WARNING}  ")
    for one in found:
        console.print(f"[{STYLES[one.verdict]}]{one.verdict:<{len(indent)}}[/][bold]{one.check}[/]")
        console.print(f"{indent}{one.said}", markup=False)
        for step in one.mend:
            console.print(f"{indent}→ {step}", markup=False)
    number = {verdict: sum(one.verdict is verdict for one in found) for verdict in Verdict}
    console.print(
        f"{counted(number[Verdict.PROBLEM], 'problem')}, {counted(number[Verdict.WARNING], 'warning')}, "
        f"{number[Verdict.OK]} ok, {number[Verdict.SKIPPED]} not looked at.",
        style=STYLES[Verdict.PROBLEM] if number[Verdict.PROBLEM] else "bold",
    )

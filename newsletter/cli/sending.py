"""Sending: deliver what is due, and where it stands."""

from __future__ import annotations

import dataclasses
import os
import socket
import threading
from collections.abc import Iterator

import typer
from django.conf import settings

from newsletter.authoring.folder import issue_name
from newsletter.cli.arguments import FormatOption, IssueArgument
from newsletter.cli.printing import OutputFormat, console, print_json, print_table
from newsletter.cli.reporting import print_report
from newsletter.cli.send_display import SendDisplay, standing_fields
from newsletter.cli.standing_words import progress_in_words, quiet_in_words, what_it_waits_for
from newsletter.cli.stopping import stop_on_signals
from newsletter.cli.telling import telling_people
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.models import Handover, Send
from newsletter.delivery.reporting import SendStatus, find_sends, send_report
from newsletter.delivery.sending import DeliverySummary, deliver_open_sends, start_due_sends
from newsletter.delivery.standing import SendStanding, send_standing
from newsletter.delivery.steering import OPEN
from newsletter.errors import NotAllowedError
from newsletter.publishing.gate_alerts import is_held_for_trials, ways
from newsletter.publishing.models import SlotState
from newsletter.publishing.releasing import Held, Released, Waiting
from newsletter.publishing.slots import find_slot
from newsletter.publishing.trial_gate import TrialStop
from newsletter.sources.trials.registry import TrialRegistry

LONGEST_WAIT_SECONDS = 5.0


def send(issue: IssueArgument, *, output: FormatOption = OutputFormat.TEXT) -> None:
    """Deliver an issue if its hour has come: start its send when it is due, and go on until everything is handed over.

    Run again after a crash it goes on where the ledger stands. Exit 3 when the issue is not due or is held.
    """
    config: Config = settings.NEWSLETTER
    with telling_people(config):
        _send(issue_name(issue), config, output=output)


def _send(name: str, config: Config, *, output: OutputFormat) -> None:
    for slot in start_due_sends(config, system_clock, ask_trials=TrialRegistry.of(config).ask, patient=False):
        if slot.issue != name:
            continue
        if not isinstance(slot.result, Released):
            console.print("\n".join([*slot.result.reasons, _not_sent(slot.result, name)]), style="yellow", markup=False)
            raise typer.Exit(3)
        if output is OutputFormat.TEXT:
            for warning in slot.result.warnings:
                console.print(warning, style="yellow", markup=False)
    held = find_slot(name)
    if held and held.state == SlotState.HELD:
        console.print(f"{held.reason}\n{_not_sent(Held((held.reason,)), name)}", style="yellow", markup=False)
        raise typer.Exit(3)
    send_report(name)
    with stop_on_signals() as stop, SendDisplay(name, config, system_clock, output=output) as display:
        _deliver_until_done(name, config, stop, display)
    report = send_report(name)
    if output is OutputFormat.JSON:
        display.look()
    else:
        print_report(report, config)
    if report.status.handovers[Handover.FAILED] or report.status.handovers[Handover.UNKNOWN]:
        raise typer.Exit(1)


def _not_sent(result: Held | Waiting, name: str) -> str:
    """Say what became of a slot that was not released, and what is next."""
    slot = find_slot(name)
    if isinstance(result, Held) and slot and is_held_for_trials(slot):
        commands = "\n".join(
            f"    {command}" for stop in slot.stops for command in ways(name, TrialStop.of(stop), "PERSON").values()
        )
        return f"Nothing was sent: {name} is held. The ways to go on:\n{commands}"
    if isinstance(result, Held):
        return f"Nothing was sent: the slot of {name} is held, until a person says: newsletter unhold {name} --because …"
    return f"Nothing was sent yet. `newsletter serve` tries again by itself, and at once: newsletter send {name}"


def _deliver_until_done(name: str, config: Config, stop: threading.Event, display: SendDisplay) -> None:
    """Deliver, wait for what is due later or in other hands, and deliver that; leave with 1 where it cannot go on."""
    worker = f"{socket.gethostname()}:{os.getpid()}"
    said: set[str] = set()
    while True:
        summary = deliver_open_sends(config, system_clock, worker=worker, stop=stop)
        if fault := summary.faults.get(name):
            raise NotAllowedError(fault)
        if name not in summary.running:
            return
        if summary.problem or stop.is_set():
            console.print(summary.problem or "Stopped; what was in flight is in the ledger.", style="red", markup=False)
            console.print(f"{send_report(name).the_sum}. To go on: newsletter send {name}", markup=False)
            raise typer.Exit(1)
        for text in _what_it_waits_for(summary, config):
            if text not in said:
                display.say(text)
            said.add(text)
        stop.wait(_pause(summary))


def _what_it_waits_for(summary: DeliverySummary, config: Config) -> Iterator[str]:
    if summary.quiet_until:
        yield f"It is {quiet_in_words(summary.quiet_until, config.cadence.timezone)}; it goes on by itself then."
    elif summary.held_elsewhere:
        yield (
            "A process that works, or worked, has the rest; it has "
            f"{config.delivery.lease_seconds:g} seconds to say that it lives."
        )
    elif summary.next_due is not None:
        yield "What is left becomes due later; it goes on by itself. Ctrl-C stops; the same command goes on."


def _pause(summary: DeliverySummary) -> float:
    """Wait until the next one is due, or for a while where another worker holds what is left or it is quiet."""
    if summary.next_due is None or summary.quiet_until is not None:
        return LONGEST_WAIT_SECONDS if summary.quiet_until else 1.0
    return min(max(summary.next_due - system_clock().timestamp(), 0.1), LONGEST_WAIT_SECONDS)


def status(issue: IssueArgument = "", *, output: FormatOption = OutputFormat.TEXT) -> None:
    """Show where every send stands, or one: how far, how fast, how long yet, and what it waits for."""
    config: Config = settings.NEWSLETTER
    statuses = [send_report(issue_name(issue)).status] if issue else find_sends()
    now = system_clock()
    sends = Send.objects.in_bulk([one.issue for one in statuses], field_name="issue")
    standings = [send_standing(sends[one.issue], config, now=now) for one in statuses]
    if output is OutputFormat.JSON:
        print_json([_fields(*pair) for pair in zip(statuses, standings, strict=True)])
        return
    if not statuses:
        console.print("Nothing was sent yet. See what is to come: newsletter calendar")
        return
    print_table(
        ["issue", "state", "frozen", *next(iter(statuses)).handovers],
        [(one.issue, one.state, str(one.frozen), *map(str, one.handovers.values())) for one in statuses],
    )
    for one, standing in zip(statuses, standings, strict=True):
        if one.corrects:
            console.print(f"{one.issue} goes to those who got {one.corrects}, which it corrects.", markup=False)
        if one.state in OPEN:
            words = [progress_in_words(standing, one.frozen), *what_it_waits_for(standing, config.cadence.timezone)]
            console.print("\n  ".join([f"{one.issue}: {words[0]}", *words[1:]]), markup=False)


def _fields(status: SendStatus, standing: SendStanding) -> dict[str, object]:
    handovers = {handover.value: number for handover, number in status.handovers.items()}
    return {**dataclasses.asdict(status), "handovers": handovers, **standing_fields(standing)}

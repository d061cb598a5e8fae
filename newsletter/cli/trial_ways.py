"""`newsletter trials close`, `drop` and `override`: the three ways to go on with an issue that a trial stops."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from django.conf import settings

from newsletter.authoring.folder import ISSUES, issue_name, read_issues
from newsletter.authoring.lock import LOCK_FILE, TrialLock, read_what_is_whole
from newsletter.authoring.replacing import replace_file
from newsletter.authoring.trial_blocks import close_trial, drop_trial
from newsletter.checking.trial_changes import describe_changes, renew_entry, without_trial
from newsletter.checking.trials import judge_trial
from newsletter.checking.written_issue import trial_cards
from newsletter.cli.acting import system_user
from newsletter.cli.arguments import IssueArgument, PersonOption, person
from newsletter.cli.lock_files import ask_registry, write_lock
from newsletter.cli.printing import console, local
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.models import HeldFor, SlotState
from newsletter.publishing.slots import find_slot, refuse_released
from newsletter.publishing.trial_overrides import override_trial

TrialArgument = Annotated[str, typer.Argument(metavar="NCT", help="The trial's number, such as NCT09990001.")]

_NCT_ID: Final = re.compile(r"NCT[0-9]{8}")


def mount(trials: typer.Typer) -> None:
    """Add the commands to `newsletter trials`."""
    for command in (close, drop, override):
        trials.command()(command)


def close(issue: IssueArgument, trial: TrialArgument) -> None:
    """Turn every card of a trial, in every language, into one that says it is closed, and ask the registry about it anew.

    The rest of the files stays byte for byte as it is. Exit 1 when the registry could not say what became of the trial.
    """
    config: Config = settings.NEWSLETTER
    name, nct_id = _to_change(issue, trial)
    lock = _require_card(config, name, nct_id, or_entry=False)
    _say_changed(_change(config, name, lambda data: close_trial(data, nct_id)), f"The card of {nct_id} says closed in", name)
    (answer,) = ask_registry(config, name, [nct_id])
    renewed = renew_entry(lock, answer)
    write_lock(_folder(config, name), renewed)
    for line in describe_changes(lock, renewed):
        console.print(line, markup=False)
    verdict = judge_trial(answer, card_status="closed")
    if answer.found is None:
        console.print(f"{verdict.sentence} {LOCK_FILE} keeps what it has.", style="yellow", markup=False)
    elif verdict.warnings:
        console.print(verdict.sentence, style="yellow", markup=False)
    _say_next(config, name)
    if answer.found is None:
        raise typer.Exit(1)


def drop(issue: IssueArgument, trial: TrialArgument) -> None:
    """Take every card of a trial out of an issue, in every language, and the trial out of its lock."""
    config: Config = settings.NEWSLETTER
    name, nct_id = _to_change(issue, trial)
    lock = _require_card(config, name, nct_id, or_entry=True)
    _say_changed(_change(config, name, lambda data: drop_trial(data, nct_id)), f"The card of {nct_id} is out of", name)
    if write_lock(_folder(config, name), without_trial(lock, nct_id)):
        console.print(f"{nct_id} is out of {LOCK_FILE}.", markup=False)
    _say_next(config, name)
    read_issues(config.home, name, config.newsletter.languages)  # what is missing round the card now, is said


def override(
    issue: IssueArgument,
    trial: TrialArgument,
    who: PersonOption,
    because: Annotated[str, typer.Option("--because", help="Why it is sent all the same.")],
    answer: Annotated[
        str, typer.Option("--answer", help="What the registry said, as the mail has it: nothing is decided where that is past.")
    ] = "",
) -> None:
    """Send an issue as it was approved although the registry says otherwise, or nothing, of a trial in it.

    It takes an editor or the medical reviewer, who answer for what readers are told. It holds for these bytes and for exactly
    what the registry said: another answer stops the issue again.
    """
    config: Config = settings.NEWSLETTER
    decider = person(config, who)
    name, nct_id = issue_name(issue), _number(trial)
    done = override_trial(
        name,
        nct_id,
        reason=because,
        person_key=who,
        person=decider,
        cadence=config.cadence,
        now=system_clock(),
        system_user=system_user(),
        answer=answer,
    )
    console.print(f"{decider.name} answers for sending {name} although: {done.stop.sentence}", markup=False)
    for stop in done.left:
        console.print(f"It still needs a decision: {stop.sentence}", style="yellow", markup=False)
    slot = find_slot(name)
    if done.held:
        console.print(f"The slot is held: {done.held}", style="yellow", markup=False)
    elif slot:
        hour = local(slot.at, config.cadence.timezone)
        console.print(f"{name} goes on by itself: its hour is {hour}, and the registry is asked once more.", style="green")


def _number(trial: str) -> str:
    nct_id = trial.strip().upper()
    if not _NCT_ID.fullmatch(nct_id):
        raise UsageError(f"“{trial}” is not a trial's number. Write NCT and eight digits, as in NCT09990001.")
    return nct_id


def _to_change(issue: str, trial: str) -> tuple[str, str]:
    """Give the issue and the trial that are meant. Raises NotAllowedError when readers have the issue."""
    name, nct_id = issue_name(issue), _number(trial)
    refuse_released(find_slot(name))
    return name, nct_id


def _folder(config: Config, name: str) -> Path:
    return config.path(f"{ISSUES}/{name}")


def _require_card(config: Config, name: str, nct_id: str, *, or_entry: bool) -> TrialLock:
    """Give the lock of an issue that has a card of a trial; ``or_entry``: or, where that was begun before, only its entry.

    Raises IssueError where a file has mistakes of form: what is not certain is not changed.
    """
    lock, _ = read_what_is_whole(_folder(config, name))
    cards = trial_cards(read_issues(config.home, name, config.newsletter.languages, lock=lock))
    if nct_id not in cards and not (or_entry and nct_id in lock.trials):
        listed = f"It lists {', '.join(cards)}." if cards else "It lists no trial."
        raise NotAllowedError(f"{name} has no card of {nct_id}. {listed}")
    return lock


def _change(config: Config, name: str, change: Callable[[bytes], bytes]) -> list[str]:
    """Change the files of an issue, each as a whole or not at all; give the names of those that are others now.

    Whatever was changed before a crash stays as it is when it is run again.
    """
    changed = []
    first, *others = config.newsletter.languages
    for language in (first, *others):
        file = _folder(config, name) / ("issue.md" if language == first else f"issue.{language}.md")
        if not file.is_file():
            continue
        old = file.read_bytes()
        new = change(old)
        if new != old:
            replace_file(file, new)
            changed.append(file.name)
    return changed


def _say_changed(files: list[str], what: str, name: str) -> None:
    if files:
        console.print(f"{what} {' and '.join(files)} of {name}.", style="green", markup=False)
    else:
        console.print(f"The files of {name} say so already.")


def _say_next(config: Config, name: str) -> None:
    console.print(f"Look at the text round it: newsletter check {name}. Then both approve it anew:", markup=False)
    for command in (f"newsletter approve {name} --role editor --as PERSON", f"newsletter request-review {name}"):
        console.print(f"    {command}", markup=False)
    slot = find_slot(name)
    if slot and slot.state == SlotState.SCHEDULED:
        hour = local(slot.at, config.cadence.timezone)
        console.print(f"Until one of them has, what was approved before stays on the calendar, for {hour}. To keep it back:")
        console.print(f'    newsletter hold {name} --because "…" --as PERSON', markup=False)
    elif slot and slot.held_for in {HeldFor.GATE, HeldFor.APPROVAL}:
        console.print("When both approvals stand, it goes out by itself.", markup=False)
    elif slot:
        console.print(f"The slot is held beside that: {slot.reason}", style="yellow", markup=False)

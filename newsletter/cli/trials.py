"""`newsletter trials`: what the registry says of the trials that an issue lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from django.conf import settings

from newsletter.authoring.folder import ISSUES, issue_name, read_issues
from newsletter.authoring.lock import LOCK_FILE, read_what_is_whole
from newsletter.authoring.trial import Trial
from newsletter.checking.trial_changes import describe_changes, renew_lock
from newsletter.checking.trials import NO_ANSWER, STATUS_LABELS, judge_trial, stops_send
from newsletter.checking.written_issue import trial_cards
from newsletter.cli import trial_news, trial_search, trial_ways
from newsletter.cli.arguments import FormatOption, IssueArgument
from newsletter.cli.lock_files import ask_registry, write_lock
from newsletter.cli.printing import OutputFormat, console, local, print_json, print_table
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.publishing.models import TrialCheck
from newsletter.publishing.trial_checks import limits_of

trials = typer.Typer()
trials.command()(trial_search.search)
trials.command()(trial_news.watch)
trial_ways.mount(trials)


@dataclass(frozen=True, slots=True)
class TrialLooked:
    """What `trials check` says of one trial: ``stops`` that an issue with this card does not go out."""

    nct_id: str
    card: str
    answer: str
    stops: bool
    sentence: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LockRefreshed:
    """What `trials refresh` did: what is new in words, and what the registry did not answer or does not have."""

    issue: str
    written: bool
    lock_was_broken: str
    changes: tuple[str, ...]
    not_found: tuple[str, ...]


@trials.command()
def show(issue: IssueArgument, *, output: FormatOption = OutputFormat.TEXT) -> None:
    """Show the trials of an issue as they are locked, and when the registry was last asked. Asks nobody."""
    config: Config = settings.NEWSLETTER
    name = issue_name(issue)
    written = read_issues(config.home, name, config.newsletter.languages)
    asked = {check.nct_id: check for check in TrialCheck.objects.filter(issue=name)}
    lock = written[0].lock
    cards = trial_cards(written)
    if output is OutputFormat.JSON:
        print_json([_shown(nct_id, card, lock.trials.get(nct_id), asked.get(nct_id)) for nct_id, card in cards.items()])
        return
    rows = []
    for nct_id in cards:
        trial, check = lock.trials.get(nct_id), asked.get(nct_id)
        status = STATUS_LABELS.get(trial.status, trial.status) if trial else "not locked yet"
        title = trial.brief_title if trial else ""
        rows.append((nct_id, cards[nct_id], status, _last_asked(check, trial, config), title))
    print_table(["trial", "card", "locked as", "last asked", "title"], rows)


def _shown(nct_id: str, card: str, trial: Trial | None, check: TrialCheck | None) -> dict[str, object]:
    asked = {"asked_at": check.asked_at, "answer": check.answer} if check else None
    return {"nct_id": nct_id, "card": card, "locked": asdict(trial) if trial else None, "last_asked": asked}


def _last_asked(check: TrialCheck | None, trial: Trial | None, config: Config) -> str:
    if check is None:
        return "never here"
    at = local(check.asked_at, config.cadence.timezone)
    if check.answer == NO_ANSWER:
        return f"{at}, without an answer"
    if trial and check.answer == trial.status:
        return at
    return f"{at}: {STATUS_LABELS.get(check.answer, check.answer)}"


@trials.command()
def check(issue: IssueArgument, *, output: FormatOption = OutputFormat.TEXT) -> None:
    """Ask the registry whether the trials still recruit. Changes no file. Exit 1 when a card promises more than is true."""
    config: Config = settings.NEWSLETTER
    name = issue_name(issue)
    cards = trial_cards(read_issues(config.home, name, config.newsletter.languages))
    limits = limits_of(config, system_clock())
    looked = []
    for answer in ask_registry(config, name, list(cards)):
        card = cards[answer.nct_id]
        verdict = judge_trial(answer, card_status=card, limits=limits)
        stops = stops_send(verdict, card_status=card)
        looked.append(TrialLooked(answer.nct_id, card, answer.in_short, stops, verdict.sentence, verdict.warnings))
    if output is OutputFormat.JSON:
        print_json(looked)
    else:
        _print_looked(looked, name)
    if any(one.stops for one in looked):
        raise typer.Exit(1)


def _print_looked(looked: Sequence[TrialLooked], name: str) -> None:
    for one in looked:
        style = "red" if one.stops else "yellow" if one.sentence in one.warnings else "green"
        console.print(one.sentence, style=style, markup=False)
        for warning in one.warnings:
            if warning != one.sentence:
                console.print(warning, style="yellow", markup=False)
    if not looked:
        console.print(f"{name} lists no trial.")


@trials.command()
def refresh(
    issue: IssueArgument,
    *,
    renew: Annotated[bool, typer.Option("--renew", help="Date anew whatever was answered, though nothing changed.")] = False,
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Ask the registry and write trials.lock.json; says what changed. Nothing new leaves the file byte for byte as it was.

    A lock that cannot be read is written anew. Exit 1 when a trial was not found, or the registry gave no answer about it.
    """
    config: Config = settings.NEWSLETTER
    name = issue_name(issue)
    folder = config.path(f"{ISSUES}/{name}")
    old, broken = read_what_is_whole(folder)
    cards = trial_cards(read_issues(config.home, name, config.newsletter.languages, lock=old))
    answers = ask_registry(config, name, list(cards))
    new = renew_lock(old, answers, date_anew=renew)
    written = write_lock(folder, new)
    missing = [judge_trial(answer, card_status=cards[answer.nct_id]) for answer in answers if answer.found is None]
    done = LockRefreshed(name, written, broken, tuple(describe_changes(old, new)), tuple(one.sentence for one in missing))
    if output is OutputFormat.JSON:
        print_json(done)
    else:
        _print_refreshed(done, lists_trials=bool(cards))
    if missing:
        raise typer.Exit(1)


def _print_refreshed(done: LockRefreshed, *, lists_trials: bool) -> None:
    if done.lock_was_broken:
        console.print(f"{LOCK_FILE} could not be used: {done.lock_was_broken}. It is written anew.", style="yellow", markup=False)
    if not lists_trials:
        console.print(f"{done.issue} lists no trial.")
    nothing = "Nothing changed, but the day on which it was asked." if done.written else "Nothing changed."
    for line in done.changes or [nothing]:
        console.print(line, markup=False)
    for sentence in done.not_found:
        console.print(sentence, style="red", markup=False)

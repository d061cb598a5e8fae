"""`newsletter trials`: what the registry says of the trials that an issue lists."""

from __future__ import annotations

from dataclasses import asdict

import typer
from django.conf import settings

from newsletter.authoring.folder import issue_name, read_issues
from newsletter.authoring.lock import LOCK_FILE
from newsletter.authoring.replacing import replace_file
from newsletter.authoring.trial import Trial
from newsletter.checking.trial_changes import describe_changes, renew_lock
from newsletter.checking.trials import NO_ANSWER, STATUS_LABELS, TrialAnswer, judge_trial, stops_send
from newsletter.checking.written_issue import trial_cards
from newsletter.cli import trial_search
from newsletter.cli.arguments import FormatOption, IssueArgument
from newsletter.cli.printing import OutputFormat, console, local, print_json, print_table
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.publishing.models import TrialCheck
from newsletter.publishing.trial_checks import record_asked
from newsletter.sources.registry import TrialRegistry

trials = typer.Typer()
trial_search.mount(trials)


@trials.command()
def show(issue: IssueArgument, *, output: FormatOption = OutputFormat.TEXT) -> None:
    """Show the trials of an issue as they are locked, and when the registry was last asked. Asks nobody."""
    config: Config = settings.NEWSLETTER
    name = issue_name(issue)
    written = read_issues(config.home, name, config.newsletter.languages)
    asked = {check.nct_id: check for check in TrialCheck.objects.filter(issue=name)}
    lock = written[0].lock
    if output is OutputFormat.JSON:
        print_json([asdict(trial) for trial in lock.trials.values()])
        return
    rows = []
    for nct_id in trial_cards(written):
        trial, check = lock.trials.get(nct_id), asked.get(nct_id)
        status = STATUS_LABELS.get(trial.status, trial.status) if trial else "not locked yet"
        title = trial.brief_title if trial else ""
        rows.append((nct_id, status, _last_asked(check, trial, config), title))
    print_table(["trial", "locked as", "last asked", "title"], rows)


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
def check(issue: IssueArgument) -> None:
    """Ask the registry whether the trials still recruit. Changes no file. Exit 1 when a card promises more than is true."""
    config: Config = settings.NEWSLETTER
    name = issue_name(issue)
    cards = trial_cards(read_issues(config.home, name, config.newsletter.languages))
    stopped = False
    for answer in _ask(config, name, cards):
        verdict = judge_trial(answer, card_status=cards[answer.nct_id])
        stops = stops_send(verdict, card_status=cards[answer.nct_id])
        stopped = stopped or stops
        console.print(verdict.sentence, style="red" if stops else "green", markup=False)
    if stopped:
        raise typer.Exit(1)


@trials.command()
def refresh(issue: IssueArgument) -> None:
    """Ask the registry and write trials.lock.json; says what changed. Nothing new leaves the file byte for byte as it was."""
    config: Config = settings.NEWSLETTER
    name = issue_name(issue)
    written = read_issues(config.home, name, config.newsletter.languages)
    cards = trial_cards(written)
    old = written[0].lock
    answers = _ask(config, name, cards)
    new = renew_lock(old, answers)
    file = config.path(f"issues/{name}/{LOCK_FILE}")
    if not file.exists() or file.read_bytes() != new.to_bytes():
        replace_file(file, new.to_bytes())
    for line in describe_changes(old, new) or ["Nothing changed."]:
        console.print(line, markup=False)
    unanswered = [judge_trial(answer, card_status=cards[answer.nct_id]) for answer in answers if answer.found is None]
    for verdict in unanswered:
        console.print(verdict.sentence, style="red", markup=False)
    if unanswered:
        raise typer.Exit(1)


def _ask(config: Config, name: str, cards: dict[str, str]) -> list[TrialAnswer]:
    """Ask the registry about the trials and write down when it was asked."""
    if not cards:
        console.print(f"{name} lists no trial.")
        return []
    answers = TrialRegistry.of(config).ask(list(cards))
    record_asked(name, answers, now=system_clock())
    return answers

"""Asking the registry about trials after the approval, once a day until the slot, and after the send, once a week."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from newsletter.checking.trials import NO_ANSWER, TrialAnswer
from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.publishing.approving import missing_approvals
from newsletter.publishing.archive_corrections import first_corrected
from newsletter.publishing.cadence import time_zone
from newsletter.publishing.candidates import latest_candidate, trials_of
from newsletter.publishing.models import Candidate, Slot, SlotState
from newsletter.publishing.trial_standings import SHOWN_AS_OPEN, claim_standings, record_answers

log = structlog.get_logger()

BEFORE_THE_SEND: Final = timedelta(days=1)

AFTER_THE_SEND: Final = timedelta(weeks=1)

AskTrials = Callable[[Sequence[str]], Sequence[TrialAnswer]]


@dataclass(frozen=True, slots=True)
class TrialsWatched:
    """What one look did: how many trials were asked about, and why some could not be, "" where all were answered."""

    asked: int
    problem: str


def watch_trials(config: Config, clock: Clock, ask_trials: AskTrials) -> TrialsWatched:
    """Ask about the trials whose last answer is too old, all in one go and with no transaction open, and write it down."""
    claimed_at = clock()
    due = claim_standings(answers_needed_since(config, claimed_at), now=claimed_at)
    if not due:
        return TrialsWatched(0, "")
    answers = ask_trials(due)
    changed = record_answers(answers, claimed_at=claimed_at, now=clock(), zone=time_zone(config.cadence))
    silent = [answer for answer in answers if answer.in_short == NO_ANSWER]
    log.info("trials asked", trials=len(due), changed=changed, without_answer=len(silent))
    if not silent:
        return TrialsWatched(len(due), "")
    why = silent[0].problem or "the registry gave a status that we do not know."
    return TrialsWatched(len(due), f"{len(silent)} of {len(due)} trials could not be checked: {why} They are asked about again.")


def answers_needed_since(config: Config, now: datetime) -> dict[str, datetime]:
    """Say for each trial that is looked after how old its last answer may be.

    None may be older than the approval or the send that it is held against.
    """
    needed: dict[str, datetime] = {}
    for _, candidate in issues_to_come(config, now):
        _need(needed, trials_of(candidate), max(now - BEFORE_THE_SEND, candidate.created_at))
    for slot, candidate in issues_gone_out(config.trials.issues_looked_after):
        shown = [nct_id for nct_id, card in trials_of(candidate).items() if card in SHOWN_AS_OPEN]
        _need(needed, shown, max(now - AFTER_THE_SEND, slot.at))
    return needed


def issues_to_come(config: Config, now: datetime) -> Iterator[tuple[Slot, Candidate]]:
    """Give the approved candidates with a slot within the weeks that are watched."""
    near = Slot.objects.filter(at__gt=now, at__lte=now + timedelta(weeks=config.trials.watch_weeks))
    for slot in near.exclude(state=SlotState.RELEASED).order_by("at"):
        candidate = latest_candidate(slot.issue)
        if candidate and not missing_approvals(candidate):
            yield slot, candidate


def issues_gone_out(number: int) -> list[tuple[Slot, Candidate]]:
    """Give the last ``number`` issues that went out, each with its corrections, which count for none."""
    slots = Slot.objects.filter(state=SlotState.RELEASED).select_related("candidate").defer("candidate__lock")
    gone = [(slot, slot.candidate) for slot in slots.order_by("-at") if slot.candidate]
    corrects = {slot.issue: candidate.corrects for slot, candidate in gone}
    latest = [slot.issue for slot, candidate in gone if not candidate.corrects][:number]
    return [(slot, candidate) for slot, candidate in gone if first_corrected(slot.issue, corrects) in latest]


def _need(needed: dict[str, datetime], nct_ids: Iterable[str], since: datetime) -> None:
    for nct_id in nct_ids:
        needed[nct_id] = max(since, needed.get(nct_id, since))

"""When each trial of an issue was last asked about: kept here, so that asking leaves the lock's bytes alone.

Before a send they are asked about until the registry answers, at first soon and then less often: what is kept here tells a
scheduler that was started anew when it is time again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import models

from newsletter.checking.trials import NO_ANSWER, TrialAnswer, TrialLimits, TrialVerdict, VerdictKind, judge_trial, stops_send
from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.publishing.cadence import time_zone
from newsletter.publishing.candidates import trials_of
from newsletter.publishing.models import Candidate, Slot, TrialCheck, TrialOverride

log = structlog.get_logger()

AskTrials = Callable[[Sequence[str]], Sequence[TrialAnswer]]
"""Asks the registry about trials by NCT id; answers in the same order."""

_PAUSES: Final = ((1, 1), (3, 2), (8, 5))
"""Minutes since the slot's hour, and the pause after an asking before that: asked after 0, 1, 3, 8, 18, 28 … minutes."""
_LONGEST_PAUSE: Final = 10
_TICKS_DIFFER_BY: Final = timedelta(seconds=5)


def record_asked(issue: str, answers: Sequence[TrialAnswer], *, now: datetime) -> None:
    """Record what the registry answered about the trials of an issue; the answer before is overwritten.

    In the order of their numbers: of two that wrote the same rows in another order, PostgreSQL would end one.
    """
    by_trial = {answer.nct_id: answer for answer in answers}
    TrialCheck.objects.bulk_create(
        [
            TrialCheck(issue=issue, nct_id=nct_id, asked_at=now, answer=answer.in_short)
            for nct_id, answer in sorted(by_trial.items())
        ],
        update_conflicts=True,
        unique_fields=["issue", "nct_id"],
        update_fields=["asked_at", "answer"],
    )


def limits_of(config: Config, now: datetime) -> TrialLimits:
    """Give what a trial that recruits is measured by, on the newsletter's own day."""
    today = now.astimezone(time_zone(config.cadence)).date()
    return TrialLimits(config.trials.country, config.trials.verified_within_months, today)


def ask_before_send(
    issue: str, cards: Mapping[str, str], *, config: Config, clock: Clock, ask_trials: AskTrials
) -> list[TrialVerdict]:
    """Ask the registry about the trials of an issue, write down that it was asked, and judge. Call it in no transaction.

    Asking that breaks off, whatever broke, is no answer like another: the slot waits, people are told, and it is held in time.
    """
    if not cards:
        return []
    asked_at = clock()
    try:
        answers = ask_trials(sorted(cards))
    except Exception as error:
        log.exception("asking the registry broke off", issue=issue)
        answers = [TrialAnswer(nct_id, problem=f"the question broke off ({error!r}).") for nct_id in sorted(cards)]
    record_asked(issue, answers, now=asked_at)
    limits = limits_of(config, asked_at)
    return [judge_trial(answer, card_status=cards[answer.nct_id], limits=limits) for answer in answers]


def ask_again_at(slot: Slot, candidate: Candidate) -> datetime | None:
    """Say when a due slot's trials are to be asked about again; None where that is now.

    That is later only while the last answer since the slot's hour was none and no override stands for that.
    """
    overridden = TrialOverride.objects.filter(candidate=candidate, answer=NO_ANSWER).values_list("nct_id", flat=True)
    asked = unanswered(slot, candidate).exclude(nct_id__in=list(overridden)).order_by("asked_at").last()
    return next_asking(slot, asked.asked_at) if asked else None


def unanswered(slot: Slot, candidate: Candidate) -> models.QuerySet[TrialCheck]:
    """Give the trials that a slot waits for: asked about since its hour, without an answer, and with cards that need one."""
    silence = TrialVerdict("", VerdictKind.COULD_NOT_CHECK, "")
    waiting = [nct_id for nct_id, card in trials_of(candidate).items() if stops_send(silence, card_status=card)]
    return TrialCheck.objects.filter(issue=slot.issue, nct_id__in=waiting, answer=NO_ANSWER, asked_at__gte=slot.at)


def next_asking(slot: Slot, asked_at: datetime) -> datetime:
    """Say when the registry is asked again that gave no answer at ``asked_at``."""
    since = (asked_at - slot.at).total_seconds() / 60
    pause = next((pause for minutes, pause in _PAUSES if since < minutes), _LONGEST_PAUSE)
    return asked_at + timedelta(minutes=pause) - _TICKS_DIFFER_BY

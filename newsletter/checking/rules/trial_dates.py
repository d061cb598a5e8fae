"""What of a trial card may stand and still deserves a second look: how old the lock is, and what the record leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.trials import TrialAnswer, judge_trial
from newsletter.findings import Severity

FRESH: Final = timedelta(days=14)
"""Reviewers have a week or so between refresh and send; recruiting statuses change within weeks."""


@rule("trial-locked-long-ago", Severity.WARNING, Group.MEDICAL_CARE)
def the_lock_is_not_older_than_two_weeks(draft: Draft) -> Iterator[Remark]:
    """Ask the registry no more than 14 days before the issue goes out.

    Each card says on which day it was checked, and reviewers approve what the registry said then. Just before the send it is
    asked once more, but only whether the issue may go out: what stands on the card stays as old as the lock.

    Mend: Run `newsletter trials refresh --renew` for the issue, and look at what it says.
    """
    for block in draft.issue.blocks:
        trial = draft.issue.lock.trials.get(str(block.fields.get("nct_id")))
        if block.kind == "trial" and trial and _is_day(trial.checked_on):
            age = draft.sent_on - date.fromisoformat(trial.checked_on)
            if age > FRESH:
                yield Remark(
                    f"the registry was asked about {trial.nct_id} {age.days} days before this issue goes out",
                    block.place,
                    f"Run `newsletter trials refresh {draft.issue.name} --renew`.",
                )


@rule("trial-worth-a-call", Severity.WARNING, Group.MEDICAL_CARE)
def no_trial_is_listed_that_deserves_a_call_first(draft: Draft) -> Iterator[Remark]:
    """Look once more at a trial whose record is old, that takes people in other countries only, or that has a new number.

    Its card may stand. But readers who call lose a week where a record is out of date. From when on a record is old, and which
    country is ours, stands under `[trials]` in newsletter.toml.

    Mend: Call the study team, or write in the card what you know; list a trial that moved under its new number.
    """
    for block in draft.issue.blocks:
        nct_id = str(block.fields.get("nct_id"))
        if block.kind == "trial" and nct_id in draft.issue.lock.trials:
            card_status = str(block.fields.get("status", "open"))
            answer = TrialAnswer(nct_id, draft.issue.lock.trials[nct_id])
            for warning in judge_trial(answer, card_status=card_status, limits=draft.trial_limits).warnings:
                yield Remark(warning, block.place, "Call the study team, or write in the card what you know.")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True

"""When each trial of an issue was last asked about: kept here, so that asking leaves the lock's bytes alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from newsletter.checking.trials import TrialAnswer
from newsletter.publishing.models import TrialCheck

NO_ANSWER = "could not check"
"""What stands for an answer where the registry gave none."""


def record_asked(issue: str, answers: Sequence[TrialAnswer], *, now: datetime) -> None:
    """Record what the registry answered about the trials of an issue; the answer before is overwritten."""
    TrialCheck.objects.bulk_create(
        [
            TrialCheck(issue=issue, nct_id=answer.nct_id, asked_at=now, answer=_in_short(answer))
            for answer in {answer.nct_id: answer for answer in answers}.values()
        ],
        update_conflicts=True,
        unique_fields=["issue", "nct_id"],
        update_fields=["asked_at", "answer"],
    )


def _in_short(answer: TrialAnswer) -> str:
    """Give the registry's status, or ``absent``, or ``NO_ANSWER``."""
    if answer.problem:
        return NO_ANSWER
    return answer.found.status if answer.found else "absent"

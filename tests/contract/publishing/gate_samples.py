"""A slot that the release gate looks at, and what the registry says of its trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from newsletter.checking.trials import TrialAnswer, TrialVerdict, judge_trial
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import Slot
from newsletter.publishing.releasing import Held, Released, Waiting, release_slot
from newsletter.publishing.trial_overrides import Overridden, override_trial
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, PEOPLE, SLOT_AT, TRIAL, make_lock

UNCHECKED = TrialAnswer(TRIAL, problem="the registry asks us to come back later (429).")


def answered(status: str = "RECRUITING", **changes: Any) -> TrialAnswer:
    return TrialAnswer(TRIAL, replace(make_lock().trials[TRIAL], status=status, **changes))


CLOSED = answered("ACTIVE_NOT_RECRUITING", sites=(), why_stopped="")


def judged(*answers: TrialAnswer, card_status: str = "open") -> list[TrialVerdict]:
    return [judge_trial(answer, card_status=card_status) for answer in answers]


def scheduled() -> Slot:
    return schedule_issue(ISSUE, SLOT_AT, cadence=CADENCE, person="ada", now=NOW, system_user="tester")


def look(slot: Slot, *answers: TrialAnswer, now: datetime = SLOT_AT, **options: Any) -> Released | Held | Waiting:
    verdicts: Sequence[TrialVerdict] = options.pop("verdicts", None) or judged(*answers)
    given = {"leaves_machine": True, **options}
    return release_slot(slot.pk, now=now, cadence=CADENCE, verdicts=verdicts, **given)


def override(*, person: str = "sam", reason: str = "The study team says that it goes on.", **given: Any) -> Overridden:
    now = given.pop("now", SLOT_AT)
    return override_trial(
        given.pop("issue", ISSUE),
        given.pop("nct_id", TRIAL),
        reason=reason,
        person_key=person,
        person=given.pop("who", None) or PEOPLE[person],
        cadence=CADENCE,
        now=now,
        system_user="tester",
        **given,
    )

"""Whether somebody still knows what became of the trials of past issues, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.conf import settings

from newsletter.checking.trials import TrialAnswer
from newsletter.project.examining.diagnosis import Diagnosis, Verdict
from newsletter.project.examining.trial_looks import examine_trial_looks
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import SlotState, TrialStanding
from newsletter.publishing.slots import move_slot
from newsletter.publishing.trial_watch import watch_trials
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, SLOT_AT, TRIAL, Files, approve_fully, make_issue, make_lock

pytestmark = [pytest.mark.django_db, pytest.mark.database]

DAY = timedelta(days=1)


def publish(card: str = "open") -> None:
    issues = [make_issue(language, cards={TRIAL: card}) for language in ("en", "es")]
    slot = schedule_issue(ISSUE, SLOT_AT, cadence=CADENCE, person="ada", now=NOW, system_user="tester")
    candidate = approve_fully(Files(issues=issues)).candidate
    assert move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=candidate)


def ask(now: datetime, *, problem: str = "") -> None:
    found = None if problem else make_lock().trials[TRIAL]
    watch_trials(settings.NEWSLETTER, lambda: now, lambda ids: [TrialAnswer(one, found, problem) for one in ids])


def examined(now: datetime) -> Diagnosis:
    return examine_trial_looks(settings.NEWSLETTER, now=now)


def test_without_a_trial_to_look_after_there_is_nothing_to_say() -> None:
    assert examined(SLOT_AT).verdict is Verdict.SKIPPED
    publish("closed")
    assert examined(SLOT_AT + 30 * DAY).verdict is Verdict.SKIPPED


def test_an_answer_of_the_last_two_weeks_is_well() -> None:
    publish()
    assert examined(SLOT_AT + DAY).verdict is Verdict.OK
    ask(SLOT_AT + 10 * DAY)
    found = examined(SLOT_AT + 24 * DAY)
    assert (found.verdict, "11 Dec 2026" in found.said) == (Verdict.OK, True)


def test_a_trial_that_could_not_be_checked_for_two_weeks_is_a_warning() -> None:
    publish()
    ask(SLOT_AT + DAY)
    ask(SLOT_AT + 9 * DAY, problem="403")
    ask(SLOT_AT + 15 * DAY, problem="403")
    assert examined(SLOT_AT + 15 * DAY).verdict is Verdict.OK
    found = examined(SLOT_AT + 16 * DAY)
    assert (found.verdict, TRIAL in found.said) == (Verdict.WARNING, True)


def test_a_trial_that_nobody_ever_asked_about_is_a_warning_two_weeks_after_its_issue() -> None:
    publish()
    assert examined(SLOT_AT + 13 * DAY).verdict is Verdict.OK
    assert examined(SLOT_AT + 15 * DAY).verdict is Verdict.WARNING


def test_an_issue_that_has_just_gone_out_has_two_weeks_whatever_was_asked_before() -> None:
    publish()
    ask(SLOT_AT + DAY)
    TrialStanding.objects.update(answered_at=SLOT_AT - 10 * DAY)
    assert examined(SLOT_AT + 5 * DAY).verdict is Verdict.OK

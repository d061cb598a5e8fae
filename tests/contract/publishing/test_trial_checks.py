from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.checking.trials import TrialAnswer
from newsletter.publishing.models import TrialCheck
from newsletter.publishing.trial_checks import record_asked
from tests.contract.publishing.samples import ISSUE, NOW, TRIAL, make_lock

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def answers() -> dict[str, str]:
    return dict(TrialCheck.objects.filter(issue=ISSUE).values_list("nct_id", "answer"))


def test_what_the_registry_answered_is_remembered_in_short() -> None:
    record_asked(
        ISSUE,
        [
            TrialAnswer(TRIAL, make_lock().trials[TRIAL]),
            TrialAnswer("NCT09990002"),
            TrialAnswer("NCT09990003", problem="the registry did not answer"),
        ],
        now=NOW,
    )
    assert answers() == {TRIAL: "RECRUITING", "NCT09990002": "absent", "NCT09990003": "could not check"}


def test_the_last_answer_counts() -> None:
    record_asked(ISSUE, [TrialAnswer(TRIAL, problem="no answer")], now=NOW)
    later = NOW + timedelta(days=1)
    record_asked(ISSUE, [TrialAnswer(TRIAL), TrialAnswer(TRIAL, make_lock().trials[TRIAL])], now=later)
    record_asked("2026-10", [TrialAnswer(TRIAL)], now=later)
    assert answers() == {TRIAL: "RECRUITING"}
    assert TrialCheck.objects.get(issue=ISSUE).asked_at == later


def test_nothing_asked_records_nothing() -> None:
    record_asked(ISSUE, [], now=NOW)
    assert answers() == {}

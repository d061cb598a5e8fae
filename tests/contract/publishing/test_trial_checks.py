from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from newsletter.checking.trials import TrialAnswer
from newsletter.config import Config
from newsletter.publishing.models import Slot, TrialCheck
from newsletter.publishing.trial_checks import ask_again_at, ask_before_send, record_asked
from tests.contract.publishing.gate_samples import UNCHECKED, answered, override, scheduled
from tests.contract.publishing.samples import ISSUE, NOW, SLOT_AT, TRIAL, approve_fully, make_lock

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def config() -> Config:
    known: Config = settings.NEWSLETTER
    return known


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


@pytest.fixture
def slot() -> Slot:
    return scheduled()


def minutes_to_wait(slot: Slot, *, asked: float) -> float:
    """Give how long after an asking, so many minutes after the slot's hour, that gave no answer the next one is due."""
    candidate = approve_fully().candidate
    asked_at = SLOT_AT + timedelta(minutes=asked)
    record_asked(ISSUE, [UNCHECKED], now=asked_at)
    again = ask_again_at(slot, candidate)
    assert again is not None
    return round((again - asked_at).total_seconds() / 60, 1)


@pytest.mark.parametrize(("asked", "pause"), [(0, 1), (1, 2), (3, 5), (8, 10), (18, 10), (300, 10)])
def test_a_registry_without_an_answer_is_asked_less_and_less_often(slot: Slot, asked: float, pause: float) -> None:
    assert minutes_to_wait(slot, asked=asked) == pytest.approx(pause, abs=0.2)


@pytest.mark.parametrize("answer", [answered(), answered("COMPLETED"), TrialAnswer(TRIAL)])
def test_what_was_answered_is_asked_again_in_the_minute_of_the_send(slot: Slot, answer: TrialAnswer) -> None:
    candidate = approve_fully().candidate
    record_asked(ISSUE, [answer], now=SLOT_AT)
    assert ask_again_at(slot, candidate) is None


def test_what_was_not_answered_before_the_hour_is_no_reason_to_wait(slot: Slot) -> None:
    candidate = approve_fully().candidate
    record_asked(ISSUE, [UNCHECKED], now=SLOT_AT - timedelta(minutes=1))
    assert ask_again_at(slot, candidate) is None
    record_asked(ISSUE, [TrialAnswer("NCT09990009", problem="of another card")], now=SLOT_AT)
    assert ask_again_at(slot, candidate) is None


def test_what_a_person_answers_for_is_no_reason_to_wait(slot: Slot) -> None:
    candidate = approve_fully().candidate
    record_asked(ISSUE, [UNCHECKED], now=SLOT_AT)
    override(now=SLOT_AT + timedelta(minutes=1))
    assert ask_again_at(slot, candidate) is None


def test_before_a_send_it_is_written_down_that_the_registry_was_asked(config: Config) -> None:
    verdicts = ask_before_send(ISSUE, {TRIAL: "open"}, config=config, clock=lambda: SLOT_AT, ask_trials=lambda _: [UNCHECKED])
    assert [verdict.answer for verdict in verdicts] == [UNCHECKED]
    assert (answers(), TrialCheck.objects.get().asked_at) == ({TRIAL: "could not check"}, SLOT_AT)
    assert ask_before_send(ISSUE, {}, config=config, clock=lambda: SLOT_AT, ask_trials=lambda _: []) == []


def test_a_trial_without_a_site_in_our_country_is_warned_of_before_a_send(config: Config) -> None:
    elsewhere = answered(sites=(), verified="2026-11")
    (verdict,) = ask_before_send(ISSUE, {TRIAL: "open"}, config=config, clock=lambda: SLOT_AT, ask_trials=lambda _: [elsewhere])
    assert "names no place" in verdict.warnings[0]

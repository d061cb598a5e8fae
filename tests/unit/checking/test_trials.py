from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.authoring.lock import TrialLock
from newsletter.authoring.trial import Trial, TrialContact, TrialSite
from newsletter.checking.trials import (
    STATUS_LABELS,
    TrialAnswer,
    VerdictKind,
    describe_changes,
    judge_trial,
    renew_lock,
    stops_send,
)

NCT_ID = "NCT09990001"
TRIAL = Trial(
    NCT_ID,
    "An invented trial",
    "RECRUITING",
    phases=("PHASE2",),
    sites=(TrialSite(city="Toronto", country="Canada"),) * 3,
    data_version="2026-11-20",
)
CLOSED = sorted(set(STATUS_LABELS) - {"RECRUITING", "NOT_YET_RECRUITING"})


def answer(status: str) -> TrialAnswer:
    return TrialAnswer(NCT_ID, replace(TRIAL, status=status))


def lock(*trials: Trial) -> TrialLock:
    return TrialLock({trial.nct_id: trial for trial in trials})


def goes_out(given: TrialAnswer, card_status: str) -> bool:
    return not stops_send(judge_trial(given, card_status=card_status), card_status=card_status)


def test_a_recruiting_trial_is_open_and_passes_on_an_open_card() -> None:
    verdict = judge_trial(answer("RECRUITING"), card_status="open")
    assert (verdict.nct_id, verdict.kind, verdict.sentence) == (NCT_ID, VerdictKind.OPEN, "NCT09990001 is recruiting.")
    assert goes_out(answer("RECRUITING"), "open")


@pytest.mark.parametrize(("card_status", "words"), [("not_yet", "still says not yet"), ("closed", "still says closed")])
def test_a_card_may_be_less_hopeful_than_the_registry_and_is_told_so(card_status: str, words: str) -> None:
    assert words in judge_trial(answer("RECRUITING"), card_status=card_status).sentence
    assert goes_out(answer("RECRUITING"), card_status)


def test_a_trial_that_has_not_begun_needs_a_card_that_says_so() -> None:
    assert judge_trial(answer("NOT_YET_RECRUITING"), card_status="open").kind is VerdictKind.NOT_YET
    assert not goes_out(answer("NOT_YET_RECRUITING"), "open")
    assert goes_out(answer("NOT_YET_RECRUITING"), "not_yet")


@pytest.mark.parametrize("status", CLOSED)
def test_every_other_status_is_closed_and_says_why_in_plain_words(status: str) -> None:
    verdict = judge_trial(answer(status), card_status="open")
    assert verdict.kind is VerdictKind.CLOSED
    assert f'"{STATUS_LABELS[status]}" (' in verdict.sentence
    assert status not in verdict.sentence or status.isalpha()
    assert not goes_out(answer(status), "open")
    assert not goes_out(answer(status), "not_yet")
    assert goes_out(answer(status), "closed")


def test_a_status_that_nobody_verified_for_long_is_not_open() -> None:
    assert "status unknown: not verified for long" in judge_trial(answer("UNKNOWN"), card_status="open").sentence


def test_the_sponsors_own_reason_is_repeated() -> None:
    stopped = TrialAnswer(NCT_ID, replace(TRIAL, status="TERMINATED", why_stopped="Slow recruitment."))
    assert judge_trial(stopped, card_status="open").sentence.endswith("The sponsor's reason: Slow recruitment.")


@pytest.mark.parametrize("card_status", ["open", "not_yet", "closed"])
def test_a_status_we_do_not_know_is_no_verdict_and_stops_every_card(card_status: str) -> None:
    verdict = judge_trial(answer("PAUSED_FOR_TEA"), card_status=card_status)
    assert verdict.kind is VerdictKind.COULD_NOT_CHECK
    assert not goes_out(answer("PAUSED_FOR_TEA"), card_status)


@pytest.mark.parametrize("card_status", ["open", "not_yet", "closed"])
def test_a_problem_is_no_verdict_and_stops_every_card(card_status: str) -> None:
    given = TrialAnswer(NCT_ID, problem="the registry asks us to come back later (429).")
    verdict = judge_trial(given, card_status=card_status)
    assert verdict.kind is VerdictKind.COULD_NOT_CHECK
    assert verdict.sentence == "NCT09990001 could not be checked: the registry asks us to come back later (429)."
    assert not goes_out(given, card_status)


@pytest.mark.parametrize("card_status", ["open", "not_yet", "closed"])
def test_an_absent_trial_stops_every_card(card_status: str) -> None:
    assert judge_trial(TrialAnswer(NCT_ID), card_status=card_status).kind is VerdictKind.ABSENT
    assert not goes_out(TrialAnswer(NCT_ID), card_status)


def test_a_card_status_that_no_template_knows_stops_the_send() -> None:
    assert not goes_out(answer("RECRUITING"), "opne")


def test_a_trial_under_a_new_number_says_which() -> None:
    moved = TrialAnswer(NCT_ID, replace(TRIAL, alias_of="NCT09990009"))
    assert judge_trial(moved, card_status="open").sentence.endswith("The registry now lists it as NCT09990009.")


def test_a_refresh_that_finds_nothing_new_leaves_the_lock_byte_identical() -> None:
    renewed = renew_lock(lock(TRIAL), [TrialAnswer(NCT_ID, replace(TRIAL, data_version="2026-11-23"))])
    assert renewed.to_bytes() == lock(TRIAL).to_bytes()


def test_a_refresh_takes_what_is_new_with_the_date_of_the_data() -> None:
    changed = replace(TRIAL, status="COMPLETED", data_version="2026-11-23")
    assert renew_lock(lock(TRIAL), [TrialAnswer(NCT_ID, changed)]).trials == {NCT_ID: changed}


def test_a_trial_that_could_not_be_checked_keeps_its_entry() -> None:
    assert renew_lock(lock(TRIAL), [TrialAnswer(NCT_ID, problem="no answer.")]).trials == {NCT_ID: TRIAL}
    assert renew_lock(lock(), [TrialAnswer(NCT_ID, problem="no answer.")]).trials == {}


def test_trials_that_are_absent_or_no_longer_in_the_issue_leave_the_lock() -> None:
    assert renew_lock(lock(TRIAL), [TrialAnswer(NCT_ID)]).trials == {}
    assert renew_lock(lock(TRIAL), []).trials == {}


def test_changes_are_told_in_words() -> None:
    new_trial = Trial("NCT09990002", "Another", "NOT_YET_RECRUITING")
    after = replace(TRIAL, status="COMPLETED", phases=(), sites=(), contacts=(TrialContact(phone="555-0100"),))
    assert describe_changes(lock(TRIAL), lock(after, new_trial)) == [
        'NCT09990001: the status was "Recruiting", is now "Completed".',
        "NCT09990001: the phase was PHASE2, is now not given.",
        "NCT09990001: the number of sites was 3 in Canada, is now 0.",
        "NCT09990001: whom to ask was not given, is now 555-0100.",
        "NCT09990002 is new: Not yet recruiting.",
    ]
    assert describe_changes(lock(TRIAL), lock()) == ["NCT09990001 is no longer in the lock."]


def test_another_date_of_the_data_is_no_change() -> None:
    assert describe_changes(lock(TRIAL), lock(replace(TRIAL, data_version="2026-11-23"))) == []

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from newsletter.authoring.trial import Trial, TrialSite
from newsletter.checking.trials import STATUS_LABELS, TrialAnswer, TrialLimits, VerdictKind, judge_trial, stops_send

NCT_ID = "NCT09990001"
TRIAL = Trial(
    NCT_ID,
    "An invented trial",
    "RECRUITING",
    phases=("PHASE2",),
    sites=(TrialSite(city="Toronto", country="Canada"),) * 3,
    verified="2026-11",
    data_version="2026-11-20",
)
CLOSED = sorted(set(STATUS_LABELS) - {"RECRUITING", "NOT_YET_RECRUITING", "AVAILABLE"})
CARDS = ["open", "not_yet", "expanded", "closed"]
PROMISING = CARDS[:-1]
CANADA = TrialLimits("Canada", 12, date(2026, 12, 1))


def answer(status: str) -> TrialAnswer:
    return TrialAnswer(NCT_ID, replace(TRIAL, status=status))


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
    assert [goes_out(answer("NOT_YET_RECRUITING"), card) for card in CARDS] == [False, True, False, True]


@pytest.mark.parametrize("status", CLOSED)
def test_every_other_status_is_closed_and_says_why_in_plain_words(status: str) -> None:
    verdict = judge_trial(answer(status), card_status="open")
    assert verdict.kind is VerdictKind.CLOSED
    assert f'"{STATUS_LABELS[status]}" (' in verdict.sentence
    assert status not in verdict.sentence or status.isalpha()
    assert [goes_out(answer(status), card) for card in CARDS] == [False, False, False, True]


def test_a_status_that_nobody_verified_for_long_is_not_open() -> None:
    assert "status unknown: not verified for long" in judge_trial(answer("UNKNOWN"), card_status="open").sentence


def test_the_sponsors_own_reason_is_repeated() -> None:
    stopped = TrialAnswer(NCT_ID, replace(TRIAL, status="TERMINATED", why_stopped="Slow recruitment."))
    assert judge_trial(stopped, card_status="open").sentence.endswith("The sponsor's reason: Slow recruitment.")


@pytest.mark.parametrize("card_status", PROMISING)
def test_a_status_we_do_not_know_is_no_verdict_and_stops_every_card_that_sends_people_there(card_status: str) -> None:
    verdict = judge_trial(answer("PAUSED_FOR_TEA"), card_status=card_status)
    assert verdict.kind is VerdictKind.COULD_NOT_CHECK
    assert not goes_out(answer("PAUSED_FOR_TEA"), card_status)


@pytest.mark.parametrize("silent", [TrialAnswer(NCT_ID, problem="(429)."), answer("PAUSED_FOR_TEA")])
def test_a_closed_card_that_could_not_be_checked_is_only_a_warning(silent: TrialAnswer) -> None:
    """It sends nobody anywhere, and there is no answer about a trial that is there which would make it untrue."""
    verdict = judge_trial(silent, card_status="closed")
    assert (verdict.kind, verdict.warnings) == (VerdictKind.COULD_NOT_CHECK, (verdict.sentence,))
    assert goes_out(silent, "closed")


@pytest.mark.parametrize("card_status", PROMISING)
def test_a_problem_is_no_verdict_and_stops_every_card_that_sends_people_there(card_status: str) -> None:
    given = TrialAnswer(NCT_ID, problem="the registry asks us to come back later (429).")
    verdict = judge_trial(given, card_status=card_status)
    assert verdict.kind is VerdictKind.COULD_NOT_CHECK
    assert verdict.sentence == "NCT09990001 could not be checked: the registry asks us to come back later (429)."
    assert not goes_out(given, card_status)


@pytest.mark.parametrize("card_status", CARDS)
def test_an_absent_trial_stops_every_card(card_status: str) -> None:
    assert judge_trial(TrialAnswer(NCT_ID), card_status=card_status).kind is VerdictKind.ABSENT
    assert not goes_out(TrialAnswer(NCT_ID), card_status)


def test_a_card_status_that_no_template_knows_stops_the_send() -> None:
    assert not goes_out(answer("RECRUITING"), "opne")


def test_a_trial_under_a_new_number_says_which() -> None:
    moved = TrialAnswer(NCT_ID, replace(TRIAL, alias_of="NCT09990009"))
    verdict = judge_trial(moved, card_status="open")
    assert verdict.sentence.endswith("The registry now lists it as NCT09990009.")
    assert verdict.warnings == ("NCT09990001: The registry now lists it as NCT09990009.",)
    assert goes_out(moved, "open")


def test_expanded_access_has_a_card_of_its_own_and_stops_every_card_of_a_trial() -> None:
    assert [goes_out(answer("AVAILABLE"), card) for card in CARDS] == [False, False, True, True]
    assert [goes_out(answer("RECRUITING"), card) for card in CARDS] == [True, True, False, True]
    assert "only with status=expanded" in judge_trial(answer("AVAILABLE"), card_status="open").sentence


@pytest.mark.parametrize("status", ["RECRUITING", "NOT_YET_RECRUITING", "AVAILABLE"])
def test_a_closed_card_of_what_is_in_fact_open_passes_with_a_warning(status: str) -> None:
    verdict = judge_trial(answer(status), card_status="closed", limits=CANADA)
    assert verdict.warnings == (verdict.sentence,)
    assert "the card still says closed" in verdict.sentence


def test_nothing_is_warned_of_a_trial_that_was_verified_lately_and_recruits_in_our_country() -> None:
    assert judge_trial(answer("RECRUITING"), card_status="open", limits=CANADA).warnings == ()


@pytest.mark.parametrize(
    ("verified", "warned"),
    [("2025-12", False), ("2025-11", True), ("2025-12-01", False), ("2025-11-30", True), ("", True), ("soon", True)],
)
def test_a_record_that_nobody_verified_for_long_passes_with_a_warning(verified: str, *, warned: bool) -> None:
    given = TrialAnswer(NCT_ID, replace(TRIAL, verified=verified))
    warnings = judge_trial(given, card_status="open", limits=CANADA).warnings
    assert ["worth a call" in warning for warning in warnings] == [True] * warned
    assert goes_out(given, "open")


@pytest.mark.parametrize("card_status", ["open", "not_yet"])
def test_a_trial_without_a_site_in_our_country_passes_with_a_warning(card_status: str) -> None:
    elsewhere = replace(CANADA, country="United States")
    assert "in Canada only, at no place in United States" in " ".join(
        judge_trial(answer("RECRUITING"), card_status=card_status, limits=elsewhere).warnings
    )
    assert goes_out(answer("RECRUITING"), card_status)


def test_a_recruiting_trial_that_names_no_site_passes_with_a_warning() -> None:
    nowhere = TrialAnswer(NCT_ID, replace(TRIAL, sites=()))
    (warning,) = judge_trial(nowhere, card_status="open", limits=CANADA).warnings
    assert "names no place" in warning
    assert judge_trial(TrialAnswer(NCT_ID, replace(TRIAL, status="COMPLETED", sites=())), card_status="closed").warnings == ()


def test_what_stops_a_send_is_no_warning() -> None:
    old = TrialAnswer(NCT_ID, replace(TRIAL, status="COMPLETED", verified="2019-01", alias_of="NCT09990009"))
    assert judge_trial(old, card_status="open", limits=CANADA).warnings == ()


def test_an_answer_has_one_short_word() -> None:
    assert answer("RECRUITING").in_short == "RECRUITING"
    assert TrialAnswer(NCT_ID).in_short == "absent"
    assert TrialAnswer(NCT_ID, problem="no answer").in_short == answer("PAUSED_FOR_TEA").in_short == "could not check"

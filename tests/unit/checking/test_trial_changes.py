from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from newsletter.authoring.lock import TrialLock
from newsletter.authoring.trial import Trial, TrialContact, TrialSite
from newsletter.checking.trial_changes import changes_of, describe_changes, renew_entry, renew_lock, without_trial
from newsletter.checking.trials import TrialAnswer

NCT_ID = "NCT09990001"
BOSTON = TrialSite("General", "Boston", "Massachusetts", "United States")
AUSTIN = TrialSite("", "Austin", "Texas", "United States")
MADRID = TrialSite("La Casa", "Madrid", "", "Spain")
NURSE = TrialContact("Ann Nurse", "212-555-0101", "", "ann@example.org")
TRIAL = Trial(
    NCT_ID,
    "An invented trial",
    "RECRUITING",
    phases=("PHASE2",),
    sites=(BOSTON, AUSTIN),
    contacts=(NURSE,),
    data_version="2026-11-20",
    checked_on="2026-11-20",
)
LATER = replace(TRIAL, data_version="2026-11-23", checked_on="2026-11-23")


def lock(*trials: Trial) -> TrialLock:
    return TrialLock({trial.nct_id: trial for trial in trials})


def changes(**changed: Any) -> list[str]:
    return changes_of(TRIAL, replace(LATER, **changed))


@pytest.mark.parametrize("said", [LATER, replace(LATER, sites=(AUSTIN, BOSTON))])
def test_a_refresh_that_finds_nothing_new_leaves_the_lock_byte_identical(said: Trial) -> None:
    renewed = renew_lock(lock(TRIAL), [TrialAnswer(NCT_ID, said)])
    assert renewed.to_bytes() == lock(TRIAL).to_bytes()
    assert describe_changes(lock(TRIAL), renewed) == []


def test_what_was_answered_is_dated_anew_where_that_is_asked_for_and_nothing_else() -> None:
    other = replace(TRIAL, nct_id="NCT09990002")
    renewed = renew_lock(
        lock(TRIAL, other), [TrialAnswer(NCT_ID, LATER), TrialAnswer(other.nct_id, problem="no")], date_anew=True
    )
    assert renewed.trials == {NCT_ID: LATER, other.nct_id: other}


def test_a_refresh_takes_what_is_new_with_the_day_it_was_asked() -> None:
    changed = replace(LATER, status="COMPLETED")
    assert renew_lock(lock(TRIAL), [TrialAnswer(NCT_ID, changed)]).trials == {NCT_ID: changed}


def test_a_trial_that_could_not_be_checked_keeps_its_entry() -> None:
    assert renew_lock(lock(TRIAL), [TrialAnswer(NCT_ID, problem="no answer.")]).trials == {NCT_ID: TRIAL}
    assert renew_lock(lock(), [TrialAnswer(NCT_ID, problem="no answer.")]).trials == {}


def test_trials_that_are_absent_or_no_longer_in_the_issue_leave_the_lock() -> None:
    assert renew_lock(lock(TRIAL), [TrialAnswer(NCT_ID)]).trials == {}
    assert renew_lock(lock(TRIAL), []).trials == {}


def test_one_entry_is_renewed_or_taken_out_without_the_others() -> None:
    other = replace(TRIAL, nct_id="NCT09990002")
    assert renew_entry(lock(TRIAL, other), TrialAnswer(NCT_ID, LATER)).trials == {NCT_ID: LATER, other.nct_id: other}
    assert renew_entry(lock(TRIAL), TrialAnswer(NCT_ID)).trials == {NCT_ID: TRIAL}
    assert without_trial(lock(TRIAL, other), NCT_ID).trials == {other.nct_id: other}


def test_changes_are_told_trial_by_trial_in_words() -> None:
    new_trial = Trial("NCT09990002", "Another", "NOT_YET_RECRUITING")
    after = replace(LATER, status="COMPLETED", phases=(), sites=())
    assert describe_changes(lock(TRIAL), lock(after, new_trial)) == [
        'NCT09990001: the status was "Recruiting", is now "Completed".',
        "NCT09990001: the phase was PHASE2, is now not given.",
        "NCT09990001: none of its 2 sites takes people any longer.",
        "NCT09990002 is new: Not yet recruiting.",
    ]
    assert describe_changes(lock(TRIAL), lock()) == ["NCT09990001 is no longer in the lock."]


def test_sites_that_came_and_went_are_named() -> None:
    assert changes(sites=(MADRID, BOSTON)) == ["a new site: Madrid, Spain (La Casa).", "no longer takes people: Austin, Texas."]
    assert changes(sites=(BOSTON, BOSTON, AUSTIN)) == ["a new site: Boston, Massachusetts (General)."]


def test_of_many_sites_some_are_named_and_the_others_counted() -> None:
    towns = tuple(TrialSite(city=f"Town {number}", country="Spain") for number in range(20))
    said = changes(sites=(BOSTON, AUSTIN, *towns))
    assert said[0] == "a new site: Town 0, Spain."
    assert (len(said), said[-1]) == (9, "and 12 more new sites.")


def test_a_contact_is_told_part_by_part() -> None:
    assert changes(contacts=(replace(NURSE, phone="212-555-0199", email=""),)) == [
        "the contact's phone was 212-555-0101, is now 212-555-0199.",
        "the contact's e-mail address was ann@example.org, is now not given.",
    ]
    assert changes(contacts=()) == ["no longer a contact: Ann Nurse, 212-555-0101, ann@example.org."]


def test_contacts_that_came_went_or_changed_are_told_by_name() -> None:
    two = replace(TRIAL, contacts=(NURSE, TrialContact("Bo", phone="1")))
    after = replace(two, contacts=(TrialContact("Bo", phone="1", phone_ext="7"), TrialContact("Cy", email="cy@example.org")))
    assert changes_of(two, after) == [
        "no longer a contact: Ann Nurse, 212-555-0101, ann@example.org.",
        "Bo's phone extension was not given, is now 7.",
        "a new contact: Cy, cy@example.org.",
    ]
    assert changes_of(two, replace(two, contacts=two.contacts[::-1])) == ["the contacts stand in another order."]


def test_contacts_without_a_name_of_their_own_are_told_apart_by_the_rest() -> None:
    before = replace(TRIAL, contacts=(TrialContact(phone="1"), TrialContact(phone="2")))
    assert changes_of(before, replace(before, contacts=(TrialContact(phone="1"), TrialContact(phone="3")))) == [
        "no longer a contact: somebody without a name, 2.",
        "a new contact: somebody without a name, 3.",
    ]


def test_another_day_of_asking_is_no_change() -> None:
    assert changes() == []


@pytest.mark.parametrize("name", [field.name for field in fields(Trial)])
def test_no_fact_about_a_trial_changes_unsaid(name: str) -> None:
    other = {"sites": (MADRID,), "contacts": ()}.get(name, ("other",) if isinstance(getattr(TRIAL, name), tuple) else "other")
    assert (changes(**{name: other}) == []) == (name in {"nct_id", "checked_on", "data_version"})

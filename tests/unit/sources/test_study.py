from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.authoring.trial import Trial, TrialContact, TrialSite
from newsletter.checking.trials import STATUS_LABELS
from newsletter.errors import SourceError
from newsletter.sources.trials.study import OPEN_STATUSES, PHASES, SEXES, STUDY_TYPES, read_study
from tests.unit.sources.records import REAL_DATA, study


def test_a_record_becomes_what_a_card_needs() -> None:
    record = read_study(study(nctIdAliases=["NCT09990007"]))
    assert record.aliases == {"NCT09990007"}
    assert record.trial == Trial(
        nct_id="NCT09990001",
        brief_title="An invented trial",
        status="RECRUITING",
        phases=("PHASE1", "PHASE2"),
        sex="ALL",
        minimum_age="18 Years",
        maximum_age="",
        lead_sponsor="Example Network",
        sponsor_class="NETWORK",
        contacts=(TrialContact("Nobody"), TrialContact("Study Desk", "555-0100")),
        sites=(TrialSite(city="Toronto", country="Canada"), TrialSite(city="Barcelona", country="Spain")),
        last_update="2026-11-10",
        data_version="2026-11-20",
    )


def test_sites_of_a_trial_that_does_not_recruit_count_as_none() -> None:
    trial = read_study(study(status="UNKNOWN")).trial
    assert trial.sites == ()


def test_a_record_of_almost_nothing_is_read() -> None:
    nearly_empty = {
        "protocolSection": {"identificationModule": {"nctId": "NCT09990001"}, "statusModule": {"overallStatus": "WITHHELD"}}
    }
    assert read_study(nearly_empty).trial == Trial("NCT09990001", "", "WITHHELD")


def test_the_sponsors_reason_for_stopping_is_kept() -> None:
    stopped = study(status="TERMINATED")
    stopped["protocolSection"]["statusModule"]["whyStopped"] = "Slow\nrecruitment"
    assert read_study(stopped).trial.why_stopped == "Slow recruitment"


def _broken(path: str, value: object) -> dict[str, Any]:
    record = study()
    *way, last = path.split(".")
    part: Any = record["protocolSection"]
    for name in way:
        part = part[name]
    part[last] = value
    return record


def _paths(value: Any, before: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the way to each part of a record, modules and lists and single values alike."""
    if before:
        yield before
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _paths(part, (*before, name))
    if isinstance(value, list):
        for number, part in enumerate(value):
            yield from _paths(part, (*before, number))


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (["no record"], "no study record"),
        ({}, "without an NCT number"),
        (_broken("identificationModule.nctId", "NCT00000000"), "without an NCT number"),
        (_broken("identificationModule.nctId", "NCT09990001|X"), "without an NCT number"),
        (_broken("statusModule.overallStatus", "PAUSED"), 'the status "PAUSED"'),
        (_broken("statusModule.overallStatus", None), "no sense at overallStatus"),
        (_broken("designModule.phases", ["PHASE9"]), 'the phase "PHASE9"'),
        (_broken("designModule.phases", "PHASE2"), "no sense at phases"),
        (_broken("designModule.phases", [2]), "no sense at phases"),
        (_broken("eligibilityModule.sex", "X"), 'the sex "X"'),
        (_broken("eligibilityModule", []), "no sense at eligibilityModule"),
        (_broken("contactsLocationsModule.locations", ["Canada"]), "no sense at locations"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(record: object, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        read_study(record)


def _of(**modules: dict[str, Any]) -> Trial:
    record = study()
    for name, module in modules.items():
        record["protocolSection"][name] |= module
    return read_study(record).trial


@pytest.mark.parametrize("status", ["RECRUITING\u200b", " RECRUITING", "&#82;ECRUITING", "RECRUITING\x00", "recruiting"])
def test_a_status_that_only_resembles_one_of_the_registrys_is_none(status: str) -> None:
    with pytest.raises(SourceError, match="does not know"):
        read_study(study(status=status))


def test_what_nobody_sees_and_what_steers_a_terminal_is_taken_out_of_texts() -> None:
    assert _of(identificationModule={"briefTitle": "A\x1b[2J\x07\u202eB\u200b\x9bC\x00\nD"}).brief_title == "A [2J B C D"
    with pytest.raises(SourceError) as refused:
        read_study(study(status="\x1b[2J\u202eOPEN"))
    assert '"[2JOPEN"' in str(refused.value)


def test_escapes_of_markdown_are_taken_out_of_what_is_shown() -> None:
    stopped = {"overallStatus": "TERMINATED", "whyStopped": r"Dose \>= 5 mg \[too high\]; see a\b and C:\\"}
    trial = _of(identificationModule={"briefTitle": r"Women \> 65 \& men \< 40\* \(HER2\-low\)"}, statusModule=stopped)
    assert trial.brief_title == "Women > 65 & men < 40* (HER2-low)"
    assert trial.why_stopped == "Dose >= 5 mg [too high]; see a\\b and C:\\"


def test_a_contact_of_whom_nothing_is_known_is_left_out() -> None:
    contacts = [
        {},
        {"role": "CONTACT", "phoneExt": "7"},
        {"name": " "},
        {"phone": "555-0100", "phoneExt": "7"},
        {"email": "a@example.org"},
    ]
    assert _of(contactsLocationsModule={"centralContacts": contacts}).contacts == (
        TrialContact(phone="555-0100", phone_ext="7"),
        TrialContact(email="a@example.org"),
    )


def test_expanded_access_is_offered_at_the_sites_that_offer_it() -> None:
    sites = [
        {"city": "Anytown", "country": "United States", "status": "AVAILABLE"},
        {"city": "Barcelona", "country": "Spain", "status": "RECRUITING"},
        {"city": "Toronto", "country": "Canada"},
    ]
    trial = _of(statusModule={"overallStatus": "AVAILABLE"}, contactsLocationsModule={"locations": sites})
    assert trial.sites == (TrialSite(city="Anytown", country="United States"),)


@pytest.mark.parametrize("status", sorted(set(STATUS_LABELS) - OPEN_STATUSES))
def test_no_site_of_a_study_that_takes_nobody_takes_anybody(status: str) -> None:
    sites = [{"country": "Spain", "status": one} for one in ("RECRUITING", "AVAILABLE", status)]
    assert _of(statusModule={"overallStatus": status}, contactsLocationsModule={"locations": sites}).sites == ()


def test_a_site_of_a_status_that_nobody_knows_is_not_said_to_recruit() -> None:
    sites = [{"country": "Spain", "status": "PAUSED"}, {"country": "France"}, {"country": "Italy", "status": "RECRUITING"}]
    assert _of(contactsLocationsModule={"locations": sites}).sites == (TrialSite(country="Italy"),)


def test_no_phase_is_not_the_same_as_not_applicable() -> None:
    assert _of(designModule={"phases": []}).phases == ()
    assert _of(designModule={"phases": ["NA"]}).phases == ("NA",)


def test_the_number_of_expanded_access_and_who_pays_are_kept() -> None:
    trial = _of(
        statusModule={"expandedAccessInfo": {"hasExpandedAccess": True, "nctId": "NCT09990003"}, "statusVerifiedDate": "2026-10"},
        sponsorCollaboratorsModule={"collaborators": [{"name": "A Fund", "class": "OTHER"}, {"name": "A Company"}]},
        designModule={"studyType": "INTERVENTIONAL"},
    )
    assert (trial.expanded_access, trial.verified, trial.study_type) == ("NCT09990003", "2026-10", "INTERVENTIONAL")
    assert trial.collaborators == ("A Fund", "A Company")


def test_whatever_module_is_missing_the_rest_is_read() -> None:
    for module in ("sponsorCollaboratorsModule", "designModule", "eligibilityModule", "contactsLocationsModule"):
        record = study()
        del record["protocolSection"][module]
        assert read_study(record).trial.brief_title == "An invented trial"
    record = study()
    del record["derivedSection"], record["hasResults"]
    assert read_study(record).trial.data_version == ""


def test_references_that_sponsors_typed_become_what_they_stand_for() -> None:
    assert read_study(study(briefTitle="A &amp; B &lt; C")).trial.brief_title == "A & B < C"


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["RECRUITING", "PHASE2", "NCT09990001"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_PLACES = list(_paths(study(nctIdAliases=["NCT09990007"])))


@given(place=st.sampled_from(_PLACES), value=_ANY)
def test_whatever_a_record_holds_it_is_read_or_refused(place: tuple[str | int, ...], value: Any) -> None:
    record: Any = study(nctIdAliases=["NCT09990007"])
    part = record
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    try:
        trial = read_study(record).trial
    except SourceError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - either is right; a refusal is one sentence
    else:
        assert trial.status in STATUS_LABELS
        assert isinstance(trial.brief_title, str)


if REAL_DATA.exists():

    def test_what_we_know_of_the_registrys_words_is_what_it_says() -> None:
        enums = json.loads((REAL_DATA / "registry" / "enums.json").read_text("utf-8"))
        values = {enum["type"]: {value["value"]: value["legacyValue"] for value in enum["values"]} for enum in enums}
        assert values["Status"] == STATUS_LABELS
        assert set(values["Phase"]) == PHASES
        assert set(values["Sex"]) == SEXES - {""}
        assert set(values["StudyType"]) == STUDY_TYPES - {""}

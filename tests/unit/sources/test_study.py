from __future__ import annotations

import json
from typing import Any

import pytest

from newsletter.authoring.trial import Trial, TrialContact, TrialSite
from newsletter.checking.trials import STATUS_LABELS
from newsletter.errors import SourceError
from newsletter.sources.study import PHASES, SEXES, read_study
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


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (["no record"], "no study record"),
        ({}, "without an NCT number"),
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


if REAL_DATA.exists():

    @pytest.mark.parametrize("file", sorted((REAL_DATA / "trials").glob("*.json")), ids=lambda file: file.stem)
    def test_a_real_record_is_read(file: Any) -> None:
        trial = read_study(json.loads(file.read_text("utf-8"))).trial
        assert trial.nct_id == file.stem
        assert trial.brief_title
        assert bool(trial.sites) is (trial.status == "RECRUITING")

    def test_what_we_know_of_the_registrys_words_is_what_it_says() -> None:
        enums = json.loads((REAL_DATA / "registry" / "enums.json").read_text("utf-8"))
        values = {enum["type"]: {value["value"]: value["legacyValue"] for value in enum["values"]} for enum in enums}
        assert values["Status"] == STATUS_LABELS
        assert set(values["Phase"]) == PHASES
        assert set(values["Sex"]) == SEXES - {""}

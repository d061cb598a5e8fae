"""Real records, where they lie beside the repository: nothing that a Trial promises is lost, whole or by ``fields``."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from typing import Any

import pytest

from newsletter.authoring.trial import Trial
from newsletter.settings import TrialSettings
from newsletter.sources.practice.registry import PracticeRegistry
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.sources.trials.study import read_study
from tests.unit.sources.records import REAL_DATA, write_records

PATHS = {
    "nct_id": "protocolSection.identificationModule.nctId",
    "brief_title": "protocolSection.identificationModule.briefTitle",
    "status": "protocolSection.statusModule.overallStatus",
    "why_stopped": "protocolSection.statusModule.whyStopped",
    "verified": "protocolSection.statusModule.statusVerifiedDate",
    "last_update": "protocolSection.statusModule.lastUpdatePostDateStruct.date",
    "expanded_access": "protocolSection.statusModule.expandedAccessInfo.nctId",
    "study_type": "protocolSection.designModule.studyType",
    "phases": "protocolSection.designModule.phases",
    "sex": "protocolSection.eligibilityModule.sex",
    "minimum_age": "protocolSection.eligibilityModule.minimumAge",
    "maximum_age": "protocolSection.eligibilityModule.maximumAge",
    "lead_sponsor": "protocolSection.sponsorCollaboratorsModule.leadSponsor.name",
    "sponsor_class": "protocolSection.sponsorCollaboratorsModule.leadSponsor.class",
    "data_version": "derivedSection.miscInfoModule.versionHolder",
}
"""Where a real record has what a field of a Trial promises."""
LISTS = {
    "collaborators": "protocolSection.sponsorCollaboratorsModule.collaborators",
    "contacts": "protocolSection.contactsLocationsModule.centralContacts",
    "sites": "protocolSection.contactsLocationsModule.locations",
}
OURS = {"alias_of", "checked_on"}
"""What we say, not the record."""


def at(record: Any, path: str) -> Any:
    for name in path.split("."):
        record = record.get(name, {}) if isinstance(record, dict) else {}
    return record


def words(value: Any) -> Any:
    """Give a raw value as a reader sees it: spaces made one, no escapes of Markdown or HTML; nothing for what is not there."""
    if isinstance(value, list):
        return tuple(words(one) for one in value)
    return " ".join(html.unescape(re.sub(r"\\(?=[^\w\s])", "", value)).split()) if value else ""


def lost(record: dict[str, Any], trial: Trial) -> list[str]:
    """Name every field of a Trial that does not say what its record says."""
    wrong = [name for name, path in PATHS.items() if (getattr(trial, name) or "") != (words(at(record, path)) or "")]
    takes_people = trial.status in {"RECRUITING", "AVAILABLE"}
    expected = {
        "collaborators": [words(one["name"]) for one in at(record, LISTS["collaborators"]) or []],
        "contacts": [
            {
                ours: words(one.get(theirs, ""))
                for ours, theirs in (("name", "name"), ("phone", "phone"), ("phone_ext", "phoneExt"), ("email", "email"))
            }
            for one in at(record, LISTS["contacts"]) or []
        ],
        "sites": [
            {name: words(one.get(name, "")) for name in ("facility", "city", "state", "country")}
            for one in at(record, LISTS["sites"]) or []
            if takes_people and one["status"] == trial.status
        ],
    }
    said = asdict(trial)
    return wrong + [name for name, value in expected.items() if list(said[name]) != value]


def test_every_promised_field_has_its_place_in_a_record() -> None:
    assert {field.name for field in fields(Trial)} == {*PATHS, *LISTS, *OURS}


if REAL_DATA.exists():
    RECORDS = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted((REAL_DATA / "trials").glob("*.json"))}

    @pytest.fixture(scope="module")
    def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeRegistry]:
        file = write_records(tmp_path_factory.mktemp("real") / "trials.json", *RECORDS.values())
        with PracticeRegistry(file) as registry:
            yield registry

    @pytest.mark.parametrize("nct_id", RECORDS)
    def test_a_real_record_is_read_without_loss(nct_id: str) -> None:
        record = read_study(RECORDS[nct_id])
        assert record.nct_id == nct_id
        assert lost(RECORDS[nct_id], record.trial) == []

    def test_the_pieces_that_are_asked_for_leave_nothing_out(practice: PracticeRegistry) -> None:
        registry = TrialRegistry(TrialSettings(base_url=practice.base_url), min_interval_seconds=0)
        answers = registry.ask(list(RECORDS))
        assert [answer.problem for answer in answers if answer.problem] == []
        for answer in answers:
            assert answer.found is not None
            assert answer.found.checked_on
            assert replace(answer.found, checked_on="") == read_study(RECORDS[answer.nct_id]).trial
            assert lost(RECORDS[answer.nct_id], answer.found) == []

    @pytest.mark.parametrize("name", ["study-404", "version"])
    def test_the_practice_registry_answers_in_the_real_ones_form(practice: PracticeRegistry, name: str) -> None:
        recorded = json.loads((REAL_DATA / "registry" / f"{name}.json").read_text("utf-8"))
        answer = practice.answer("/api/v2" + recorded["request"]["url"].partition("/api/v2")[2])
        assert (answer.status, answer.headers["Content-Type"]) == (recorded["status"], recorded["headers"]["content-type"])
        if answer.status == 200:
            assert json.loads(answer.body).keys() == json.loads(recorded["text"]).keys()
        else:
            assert answer.body == recorded["text"]

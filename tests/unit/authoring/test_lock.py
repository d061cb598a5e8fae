from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from newsletter.authoring.lock import (
    LOCK_FILE,
    TrialLock,
    hash_trial,
    parse_frozen_lock,
    parse_lock,
    read_lock,
    read_what_is_whole,
)
from newsletter.authoring.trial import Trial, TrialContact, TrialSite
from newsletter.errors import IssueError

FOUND = Trial("NCT09990002", "Título", "RECRUITING", phases=("PHASE2",), sites=(TrialSite(country="France"),))
LOCK = TrialLock({"NCT09990002": FOUND})


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_bytes(LOCK.to_bytes())
    assert read_lock(tmp_path, "issues/2026-12") == LOCK
    assert read_lock(tmp_path, "issues/2026-12").digest == LOCK.digest


def test_no_lock_is_an_empty_lock(tmp_path: Path) -> None:
    assert read_lock(tmp_path, "issues/2026-12") == TrialLock()


def test_the_order_of_trials_does_not_change_the_bytes() -> None:
    one, two = Trial("NCT1", "a", "RECRUITING"), Trial("NCT2", "b", "RECRUITING")
    assert TrialLock({"NCT1": one, "NCT2": two}).to_bytes() == TrialLock({"NCT2": two, "NCT1": one}).to_bytes()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"trials": []}', '{"trials": {"NCT1": {"colour": "red"}}}', "\udcff"])
def test_what_is_no_lock_is_a_finding(tmp_path: Path, text: str) -> None:
    (tmp_path / LOCK_FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(IssueError) as caught:
        read_lock(tmp_path, "issues/2026-12")
    assert [finding.rule for finding in caught.value.findings] == ["trial-lock-unreadable"]


WHOLE = Trial(
    nct_id="NCT09990002",
    brief_title="Título",
    status="RECRUITING",
    study_type="INTERVENTIONAL",
    phases=("PHASE1", "PHASE2"),
    sex="ALL",
    minimum_age="18 Years",
    maximum_age="75 Years",
    lead_sponsor="Example Network",
    sponsor_class="NETWORK",
    collaborators=("Another",),
    contacts=(TrialContact("Study Desk", "555-0100", "7", "desk@example.org"),),
    sites=(TrialSite("Hospital", "Anytown", "Ohio", "United States"),),
    expanded_access="NCT09990009",
    why_stopped="None",
    verified="2026-11",
    last_update="2026-11-10",
    data_version="2026-11-20",
    alias_of="NCT09990008",
    checked_on="2026-11-23",
)


def test_every_field_of_a_trial_comes_back() -> None:
    assert all(getattr(WHOLE, field.name) for field in fields(WHOLE))
    lock = TrialLock({WHOLE.nct_id: WHOLE})
    assert parse_lock(lock.to_bytes()) == lock
    assert parse_lock(lock.to_bytes()).to_bytes() == lock.to_bytes()


def test_the_hash_is_over_what_the_registry_said_and_not_when() -> None:
    assert hash_trial(replace(WHOLE, checked_on="2026-12-24", data_version="2026-12-23")) == hash_trial(WHOLE)
    for field in fields(WHOLE):
        if field.name not in {"checked_on", "data_version"}:
            nothing: dict[str, Any] = {field.name: ()}
            assert hash_trial(replace(WHOLE, **nothing)) != hash_trial(WHOLE)


def edited(**changes: Any) -> bytes:
    content = json.loads(TrialLock({WHOLE.nct_id: WHOLE}).to_bytes())
    content["trials"][WHOLE.nct_id].update(changes)
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    "changes",
    [{"status": "AVAILABLE"}, {"sites": []}, {"contacts": []}, {"nct_id": "NCT1"}, {"praise": "works"}, {"sha256": "0"}],
)
def test_an_entry_that_was_edited_by_hand_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="changed by hand"):
        parse_lock(edited(**changes))


def test_an_entry_of_another_trial_is_refused() -> None:
    content = json.loads(TrialLock({WHOLE.nct_id: WHOLE}).to_bytes())
    content["trials"] = {"NCT09990001": content["trials"][WHOLE.nct_id]}
    with pytest.raises(ValueError, match="changed by hand"):
        parse_lock(json.dumps(content).encode())


def test_the_day_of_asking_may_change_without_a_new_hash() -> None:
    assert parse_lock(edited(checked_on="2026-12-24")).trials[WHOLE.nct_id].checked_on == "2026-12-24"


def test_an_entry_written_before_a_field_was_known_is_as_good_as_then() -> None:
    """A program that learns of one more field must not take every lock for a forgery."""
    content = json.loads(TrialLock({FOUND.nct_id: FOUND}).to_bytes())
    entry = content["trials"][FOUND.nct_id]
    del entry["expanded_access"], entry["sha256"]
    said = {name: value for name, value in entry.items() if name not in {"checked_on", "data_version"}}
    entry["sha256"] = hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    assert parse_lock(json.dumps(content).encode()).trials == {FOUND.nct_id: FOUND}


FIRST_FORM = b"""{
  "version": 1,
  "trials": {
    "NCT09990002": {
      "nct_id": "NCT09990002",
      "brief_title": "T\xc3\xadtulo",
      "status": "RECRUITING",
      "phases": ["PHASE2"],
      "sex": "ALL",
      "minimum_age": "18 Years",
      "maximum_age": "",
      "lead_sponsor": "Example Network",
      "recruiting_sites": 1,
      "countries": ["France"],
      "contact_phone": "555-0100",
      "last_update": "2026-11-10",
      "data_version": "2026-11-20",
      "alias_of": ""
    }
  }
}
"""


def test_a_frozen_lock_of_the_first_form_is_still_read_and_names_no_site() -> None:
    assert parse_frozen_lock(FIRST_FORM).trials == {
        "NCT09990002": Trial(
            nct_id="NCT09990002",
            brief_title="Título",
            status="RECRUITING",
            phases=("PHASE2",),
            sex="ALL",
            minimum_age="18 Years",
            lead_sponsor="Example Network",
            contacts=(TrialContact(phone="555-0100"),),
            last_update="2026-11-10",
            data_version="2026-11-20",
        )
    }
    lock = TrialLock({WHOLE.nct_id: WHOLE})
    assert parse_frozen_lock(lock.to_bytes()) == lock


def test_an_issues_lock_of_the_first_form_has_to_be_written_anew(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_bytes(FIRST_FORM)
    with pytest.raises(IssueError) as caught:
        read_lock(tmp_path, "issues/2026-12")
    [finding] = caught.value.findings
    assert finding.rule == "trial-lock-unreadable"
    assert "the form 1, and this program reads 2" in finding.message
    assert finding.fix.startswith(f"Run `newsletter trials refresh {tmp_path.name}`, which writes it anew")


@pytest.mark.parametrize("version", [0, 3, "2", None, []])
def test_a_form_that_nobody_knows_is_refused(version: object) -> None:
    with pytest.raises(ValueError, match=r"form|not a trial lock"):
        parse_frozen_lock(json.dumps({"version": version, "trials": {}}).encode())


def test_of_a_lock_that_is_written_anew_the_whole_entries_are_kept(tmp_path: Path) -> None:
    other = replace(FOUND, nct_id="NCT09990003")
    content = json.loads(TrialLock({FOUND.nct_id: FOUND, other.nct_id: other}).to_bytes())
    content["trials"][FOUND.nct_id]["status"] = "COMPLETED"
    (tmp_path / LOCK_FILE).write_text(json.dumps(content), "utf-8")
    lock, wrong = read_what_is_whole(tmp_path)
    assert lock.trials == {other.nct_id: other}
    assert f"{FOUND.nct_id} was changed by hand" in wrong


@pytest.mark.parametrize(
    "text", ["", "<<<<<<< HEAD", "[]", '{"version": 1, "trials": {"NCT1": {}}}', '{"version": 2, "trials": 3}']
)
def test_of_what_is_no_lock_nothing_is_kept(tmp_path: Path, text: str) -> None:
    (tmp_path / LOCK_FILE).write_text(text, "utf-8")
    lock, wrong = read_what_is_whole(tmp_path)
    assert (lock, bool(wrong)) == (TrialLock(), True)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{\n<<<<<<< HEAD\n", "since a merge was not finished"), ('{\n"version": 2,\n', "cannot be read from line 3 on")],
)
def test_an_unfinished_merge_and_a_cut_file_are_said_in_words(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / LOCK_FILE).write_text(text, "utf-8")
    with pytest.raises(IssueError, match=said) as raised:
        read_lock(tmp_path, "issues/2026-12")
    assert "Expecting" not in str(raised.value)


def test_a_whole_lock_is_kept_as_it_is(tmp_path: Path) -> None:
    assert read_what_is_whole(tmp_path) == (TrialLock(), "")
    (tmp_path / LOCK_FILE).write_bytes(LOCK.to_bytes())
    assert read_what_is_whole(tmp_path) == (LOCK, "")

"""`newsletter trials show`, `check` and `refresh`, asking a registry of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.sources.practice.registry import PracticeRegistry
from tests.acceptance.conftest import REPOSITORY, Site
from tests.faulty_registry import Fault, FaultyRegistry

TRIAL, OTHER = "NCT09990001", "NCT09990002"


@pytest.fixture
def registry(site: Site) -> Iterator[FaultyRegistry]:
    practice = PracticeRegistry(REPOSITORY / "issues/practice-trials.json")
    with practice, FaultyRegistry(practice) as edge:
        site.environment["NEWSLETTER_TRIALS__BASE_URL"] = edge.base_url
        yield edge


def lock_file(site: Site) -> Path:
    return site.folder / "issues/2026-12/trials.lock.json"


def test_a_refresh_that_finds_nothing_new_leaves_the_file_as_it_is(site: Site, registry: FaultyRegistry) -> None:
    before = lock_file(site).read_bytes()
    assert "Nothing changed." in site.run("trials", "refresh", "2026-12")
    assert lock_file(site).read_bytes() == before
    assert registry.asked
    shown = json.loads(site.run("trials", "show", "2026-12", "--format", "json"))
    assert [(one["nct_id"], one["card"], one["last_asked"]["answer"]) for one in shown] == [
        (TRIAL, "open", "RECRUITING"),
        (OTHER, "open", "RECRUITING"),
    ]


@pytest.mark.usefixtures("registry")
def test_what_is_still_true_is_dated_anew_on_demand(site: Site) -> None:
    old = re.sub('"checked_on": "[0-9-]+"', '"checked_on": "2026-01-01"', lock_file(site).read_text("utf-8"))
    lock_file(site).write_text(old, "utf-8")
    assert "Nothing changed, but the day on which it was asked." in site.run("trials", "refresh", "2026-12", "--renew")
    new = lock_file(site).read_text("utf-8")
    assert "2026-01-01" not in new
    undated = [re.sub('"(checked_on|data_version)": "[0-9-]+"', "", text) for text in (old, new)]
    assert undated[0] == undated[1]


def test_a_refresh_says_what_changed_and_what_it_means_for_the_card(site: Site, registry: FaultyRegistry) -> None:
    registry.practice.change_status(TRIAL, "TERMINATED", why_stopped="Too few people joined")
    printed = site.run("trials", "refresh", "2026-12")
    assert f'{TRIAL}: the status was "Recruiting", is now "Terminated".' in printed
    assert f"{TRIAL}: the reason for stopping was not given, is now Too few people joined." in printed
    assert f"{TRIAL}: none of its 4 sites takes people any longer." in printed
    assert "The sponsor's reason: Too few people joined" in site.run("trials", "check", "2026-12", code=1)
    looked = json.loads(site.run("trials", "check", "2026-12", "--format", "json", code=1))
    assert [(one["nct_id"], one["answer"], one["stops"]) for one in looked] == [
        (TRIAL, "TERMINATED", True),
        (OTHER, "RECRUITING", False),
    ]


def test_what_could_not_be_checked_keeps_its_entry_and_is_said(site: Site, registry: FaultyRegistry) -> None:
    before = lock_file(site).read_bytes()
    registry.plan = lambda _: Fault(status=403, media_type="text/html", body=b"<h1>No</h1>")
    done = json.loads(site.run("trials", "refresh", "2026-12", "--format", "json", code=1))
    assert (done["written"], done["changes"], len(done["not_found"])) == (False, [], 2)
    assert "403" in done["not_found"][0]
    assert lock_file(site).read_bytes() == before


def test_a_finding_about_a_trial_proposes_only_what_would_pass(site: Site, registry: FaultyRegistry) -> None:
    registry.practice.change_status(TRIAL, "TERMINATED")
    registry.practice.remove(OTHER)
    findings = json.loads(site.run("check", "2026-12", "--on", "2026-12-01", "--format", "json", code=1))
    assert [finding["fix"] for finding in findings if finding["rule"] == "trial-status"] == [
        "Take the card out, or write what is true in it: status=closed.",
        "Compare the number with the trial's page, or take the card out.",
    ]


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("damage", ["by hand", "by a merge"])
def test_a_broken_lock_is_written_anew(site: Site, damage: str) -> None:
    text = lock_file(site).read_text("utf-8")
    broken = (
        text.replace('"status": "RECRUITING"', '"status": "COMPLETED"', 1) if damage == "by hand" else f"<<<<<<< HEAD\n{text}"
    )
    lock_file(site).write_text(broken, "utf-8")
    assert "newsletter trials refresh 2026-12" in site.run("check", "2026-12", "--offline", code=1)
    printed = site.run("trials", "refresh", "2026-12")
    assert "trials.lock.json could not be used" in printed
    assert "It is written anew." in printed
    assert f"{TRIAL} is new: Recruiting." in printed
    site.run("check", "2026-12", "--offline", "--on", "2026-12-01")


@pytest.mark.usefixtures("registry")
def test_a_card_of_no_such_trial_can_neither_be_closed_nor_dropped(site: Site) -> None:
    assert f"It lists {TRIAL}, {OTHER}." in site.run("trials", "close", "2026-12", "NCT09990009", code=3)
    assert "has no card of NCT09990009" in site.run("trials", "drop", "2026-12", "NCT09990009", code=3)
    assert "is not a trial's number" in site.run("trials", "drop", "2026-12", "9990001", code=2)


@pytest.mark.usefixtures("registry")
def test_dropping_may_be_done_again_after_it_broke_off(site: Site) -> None:
    file = site.folder / "issues/2026-12/issue.md"
    lock = lock_file(site).read_bytes()
    site.run("trials", "drop", "2026-12", TRIAL)
    dropped = file.read_bytes()
    lock_file(site).write_bytes(lock)
    assert f"{TRIAL} is out of trials.lock.json" in site.run("trials", "drop", "2026-12", TRIAL)
    assert file.read_bytes() == dropped
    site.run("check", "2026-12", "--offline", "--on", "2026-12-01")

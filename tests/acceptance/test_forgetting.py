"""Being forgotten, and what is kept no longer, as whoever answers readers' letters does it."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from tests.acceptance.conftest import Site

ADDRESS = "rosa.lima@example.org"


@pytest.fixture
def rosa(site: Site) -> Site:
    """Give a site with one reader of that address."""
    site.run("subscribers", "add", ADDRESS, "--consent", "paper", "--name", "Rosa")
    return site


def listed(site: Site) -> Any:
    return json.loads(site.run("subscribers", "stats", "--on", "2026-12-01", "--format", "json"))


def audit(site: Site) -> list[tuple[str, ...]]:
    [file] = (site.folder / "var").rglob("newsletter.sqlite3")
    database = sqlite3.connect(file)
    try:
        return database.execute("SELECT act, subject, person, note FROM publishing_auditentry ORDER BY id").fetchall()
    finally:
        database.close()


def test_who_asks_to_be_forgotten_is_and_cannot_be_added_again_by_a_list(rosa: Site) -> None:
    printed = rosa.run("subscribers", "erase", ADDRESS, "--as", "ada", "--yes")
    assert "They are mailed no more, and are forgotten." in printed
    assert ADDRESS not in printed
    shown = rosa.run("subscribers", "show", ADDRESS, "--as", "ada")
    assert "its owner asked to be forgotten" in shown
    assert "Beyond that, nothing is stored with it." in shown
    assert ("show", "a suppressed address", "ada", "") in audit(rosa)
    assert "must not be mailed" in rosa.run("subscribers", "add", ADDRESS, "--consent", "paper", code=3)
    [erasure] = json.loads(rosa.run("subscribers", "erasures", "--format", "json"))
    assert (erasure["reason"], erasure["waiting"]) == ("staff", [])
    assert erasure["done_at"]
    assert ("erase", "a reader", "ada", "") in audit(rosa)
    rosa.run("subscribers", "lift", ADDRESS, "--as", "ada", "--note", "they wrote again")
    assert ("lift", "a suppression (erased)", "ada", "they wrote again") in audit(rosa)
    assert "they get the next issue" in rosa.run("subscribers", "add", ADDRESS, "--consent", "paper")


def test_nobody_is_forgotten_without_a_yes_or_by_a_person_who_is_not_known(rosa: Site) -> None:
    assert "add --yes" in rosa.run("subscribers", "erase", ADDRESS, "--as", "ada", code=2)
    rosa.run("subscribers", "erase", ADDRESS, "--as", "nobody", "--yes", code=2)
    assert ADDRESS not in str(audit(rosa))
    assert rosa.run("subscribers", "show", ADDRESS, "--as", "ada")


def test_what_is_not_so_is_refused(rosa: Site) -> None:
    assert "Nobody with this address" in rosa.run("subscribers", "revive", ADDRESS, "--as", "ada", code=3)
    assert "not suppressed" in rosa.run("subscribers", "lift", ADDRESS, "--as", "ada", "--note", "x", code=3)
    assert "Say why" in rosa.run("subscribers", "lift", ADDRESS, "--as", "ada", "--note", " ", code=2)
    stranger = rosa.run("subscribers", "erase", "no.reader@example.org", "--as", "ada", "--yes")
    assert "Nobody is subscribed with this address" in stranger


def test_a_purge_says_what_it_forgets_and_a_dry_run_what_it_would(rosa: Site) -> None:
    found = json.loads(rosa.run("purge", "--dry-run", "--format", "json"))
    assert {one["what"]: one["days"] for one in found}["deliveries"] == 400
    assert "Nothing is older than that." in rosa.run("purge")
    doctor = json.loads(rosa.run("doctor", "--offline", "--format", "json"))
    assert {one["check"]: one["verdict"] for one in doctor}["readers.retention"] == "ok"

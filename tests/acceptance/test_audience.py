"""`newsletter audience` says beforehand what the send does."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from tests.acceptance.conftest import Site, make_due, newsletters


def audience(site: Site, *more: str) -> dict[str, Any]:
    counted: dict[str, Any] = json.loads(site.run("audience", "2026-12", "--format", "json", *more))
    return counted


def report(site: Site) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(site.run("report", "2026-12", "--format", "json"))
    return told


@pytest.fixture
def due_site(approved_site: Site) -> Site:
    """Give a site whose approved issue is due now."""
    approved_site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    make_due(approved_site)
    return approved_site


def test_the_numbers_of_the_audience_come_out_of_the_send_group_by_group(due_site: Site) -> None:
    before = audience(due_site)
    assert (sum(before["by_language"].values()), before["excluded"]) == (211, {"snoozed": 15})
    due_site.run("send", "2026-12")
    told = report(due_site)
    accepted = {language: counts["accepted"] for language, counts in told["by_language"].items()}
    assert accepted == before["by_language"]
    assert told["excluded"] == before["excluded"]
    assert told["status"]["frozen"] == before["to_be_mailed"] + sum(before["excluded"].values())
    assert "newsletter report 2026-12" in due_site.run("audience", "2026-12")


def test_who_leaves_in_between_stands_among_those_who_have_left(due_site: Site, sent_site: Site) -> None:
    before = audience(due_site)
    address = str(newsletters(sent_site)[0]["To"])
    due_site.run("subscribers", "end", address, "--as", "ada")
    after = audience(due_site)
    assert after["to_be_mailed"] == before["to_be_mailed"] - 1
    assert sum(after["ended"].values()) == sum(before["ended"].values()) + 1
    due_site.run("send", "2026-12")
    assert report(due_site)["status"]["handovers"]["accepted"] == after["to_be_mailed"]


def test_a_pause_is_held_against_the_day_of_the_slot(approved_site: Site) -> None:
    assert audience(approved_site)["excluded"] == {"snoozed": 15}
    approved_site.run("schedule", "2026-12", "--at", "2099-06-01T21:00")
    counted = audience(approved_site)
    assert (counted["on"], counted["excluded"]) == ("2099-06-01", {})
    assert counted["to_be_mailed"] == 226
    assert audience(approved_site, "--on", "2098-12-31")["excluded"] == {"snoozed": 15}


def test_it_says_who_gets_the_edition_of_another_language(site: Site) -> None:
    (site.folder / "issues/2026-12/issue.es.md").unlink()
    site.run("subscribers", "import", "subscribers/sample.csv", "--apply", "--no-ask", code=1)
    assert audience(site)["written_in"] == {"en": "en", "es": "en"}
    assert "es, in the edition en with a line that says so" in site.run("audience", "2026-12")


def test_topics_are_counted_roughly_and_a_small_group_is_not_said(site: Site) -> None:
    for name in ("issue.md", "issue.es.md"):
        file = site.folder / "issues/2026-12" / name
        parts = "".join(f"\n::: for topic={topic}\nQuinces.\n:::\n" for topic in ("tnbc", "trials"))
        file.write_text(f"{file.read_text('utf-8')}{parts}", "utf-8")
    site.run("subscribers", "import", "subscribers/sample.csv", "--apply", "--no-ask", code=1)
    counted = audience(site, "--topics")["topics"]
    assert counted.keys() == {"", "tnbc", "trials"}
    assert [number for number in counted.values() if number < 10 or number % 10] == []
    assert "Triple negative (tnbc)" in site.run("audience", "2026-12", "--topics")
    with sqlite3.connect(site.folder / "var/database/newsletter.sqlite3") as database:
        database.execute("UPDATE subscribers_subscriber SET snoozed_until = '2099-01-01' WHERE id > 9")
        database.commit()
    database.close()
    assert set(audience(site, "--topics")["topics"].values()) == {None}
    assert "fewer than 10" in site.run("audience", "2026-12", "--topics")

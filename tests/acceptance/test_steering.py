"""A publisher pauses a send, lets it go on, ends it, and has the failed tried again."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.conftest import Site, make_due, newsletters

MINUTES = 60
"""Somebody is due every fifteen seconds: many more than the test's quarter of a minute needs, and few enough that it is soon.

Who comes first is chance (imported readers stand in the order of a keyed hash), and one in fourteen of the sample list is snoozed
and gets nothing: over ten hours the next would be due after two minutes only.
"""


@pytest.fixture
def slow_site(approved_site: Site) -> Iterator[Site]:
    """Begin a send that is spread over an hour, in a process that goes on."""
    approved_site.environment["NEWSLETTER_DELIVERY__SPREAD_MINUTES"] = str(MINUTES)
    approved_site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    make_due(approved_site)
    process = approved_site.start("scheduler")
    try:
        assert wait_for(approved_site, "running")
        yield approved_site
    finally:
        process.terminate()
        assert process.wait(30) == 0


def status_of(site: Site) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(site.run("status", "--format", "json"))
    return found[0] if found else {}


def wait_for(site: Site, state: str, *, seconds: float = 180) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = status_of(site)
        if found.get("state") == state and found["handovers"]["accepted"]:
            return True
        time.sleep(0.3)
    return False


def test_a_send_is_paused_resumed_and_cancelled_and_the_sum_holds(slow_site: Site) -> None:
    site = slow_site
    assert "2026-12 is paused." in site.run("pause", "2026-12", "--as", "ada", "--note", "a wrong number on page 2")
    assert "by ada: a wrong number on page 2" in site.run("status", "2026-12")
    assert "newsletter resume 2026-12" in site.run("send", "2026-12", code=3)
    assert "2026-12 goes on" in site.run("resume", "2026-12", "--as", "ada")
    assert "newsletter cancel 2026-12 --as ada --yes" in site.run("cancel", "2026-12", "--as", "ada", code=3)
    assert "2026-12 is cancelled." in site.run("cancel", "2026-12", "--as", "ada", "--yes")
    report = json.loads(site.run("report", "2026-12", "--format", "json"))
    assert report["sum_holds"] is True
    found = status_of(site)
    assert found["state"] == "cancelled"
    assert found["handovers"]["queued"] == found["handovers"]["sending"] == 0
    # The publisher's mails, about a pause and the end, lie there too when the alerts' second of the minute has passed.
    assert len(newsletters(site)) == found["handovers"]["accepted"] < found["frozen"]
    assert "is cancelled: nobody of it is tried again" in site.run("retry", "2026-12", "--as", "ada", code=3)


def test_the_failed_are_tried_again_but_for_those_whose_address_does_not_exist(sent_site: Site) -> None:
    site = sent_site
    with sqlite3.connect(site.folder / "var/database/newsletter.sqlite3") as database:
        for place, reason in enumerate(["450 4.2.1 (attempt 4)", "550 5.7.1 (policy)", "550 5.1.1 (addressing)"]):
            database.execute(
                "UPDATE delivery_delivery SET handover = 'failed', reason = ? WHERE id = "
                "(SELECT id FROM delivery_delivery WHERE handover = 'accepted' ORDER BY id LIMIT 1 OFFSET ?)",
                [reason, place],
            )
        database.commit()
    database.close()
    before = status_of(site)["handovers"]
    said = site.run("retry", "2026-12", "--as", "ada")
    assert "2 of the failed are queued again" in said
    assert "1 left out: the address does not exist" in said
    site.run("send", "2026-12", code=1)
    found = status_of(site)
    assert (found["state"], found["handovers"]["failed"]) == ("done", 1)
    assert found["handovers"]["accepted"] == before["accepted"] + 2
    assert "0 of the failed are queued again" in site.run("retry", "2026-12", "--as", "ada")


def test_whoever_acts_says_who_they_are_and_what_has_not_begun_is_held_instead(site: Site) -> None:
    assert "Nobody is called “eve”" in site.run("pause", "2026-12", "--as", "eve", code=2)
    assert "--as" in site.run("cancel", "2026-12", code=2)
    for command in ("pause", "resume", "cancel", "retry"):
        assert "newsletter hold 2026-12" in site.run(command, "2026-12", "--as", "ada", code=3)

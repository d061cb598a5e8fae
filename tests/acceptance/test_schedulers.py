"""Two `newsletter scheduler` processes on one database, as a careful publisher might run them."""

from __future__ import annotations

import json
import time

from tests.acceptance.conftest import Site, make_due, newsletters


def test_two_schedulers_at_a_slot_make_one_send(approved_site: Site) -> None:
    site = approved_site
    site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    make_due(site)
    schedulers = [site.start("scheduler") for _ in range(2)]
    try:
        assert _finished(site)
    finally:
        for scheduler in schedulers:
            scheduler.terminate()
        codes = [scheduler.wait(30) for scheduler in schedulers]
    assert codes == [0, 0]
    statuses = json.loads(site.run("status", "--format", "json"))
    assert [(one["issue"], one["state"]) for one in statuses] == [("2026-12", "done")]
    addresses = [str(message["To"]) for message in newsletters(site)]
    assert len(addresses) == len(set(addresses)) == statuses[0]["handovers"]["accepted"]


def _finished(site: Site) -> bool:
    end = time.monotonic() + 180
    while time.monotonic() < end:
        statuses = json.loads(site.run("status", "--format", "json"))
        if statuses and statuses[0]["state"] == "done":
            return True
        time.sleep(0.5)
    return False

"""A person pauses a send while a worker stands still in the middle of a transaction, with all its locks."""

from __future__ import annotations

import pytest

from tests.chaos.ground import ground_with
from tests.chaos.trials import begin_trial, database_on_trial

CONNECTIONS = 2
LEASE = 1.0
PATIENCE = 60.0
"""Seconds; PostgreSQL lets go after three leases, SQLite gives up after the two seconds of these tests."""


@pytest.mark.database
def test_a_pause_is_not_kept_waiting_for_ever() -> None:
    settings = {"DELIVERY__SMTP__CONNECTIONS": CONNECTIONS, "DELIVERY__LEASE_SECONDS": LEASE}
    with ground_with("smtp_server", database=database_on_trial(), settings=settings) as (ground, server):
        ground.do("add", readers=120)
        trial = begin_trial(ground, server, transport="smtp")
        sleeper = ground.start("deliver", step="marked, not committed", blow="stop")
        sleeper.wait(until_stopped=True)
        assert sleeper.stopped
        code = ground.start("steer", how="pause", issue=trial.issue).wait(seconds=PATIENCE)
        if ground.books.on_postgresql:
            assert (code, ground.books.sends()[0].state) == (0, "paused")
        else:
            assert code != 0
            assert "database is locked" in ground.log.read_text()
        sleeper.go_on()
        if ground.books.on_postgresql:
            ground.do("steer", how="resume", issue=trial.issue)
        sleeper.wait()
        trial.deliver()
        assert trial.judge(most_unknown=2 * (CONNECTIONS + 20)).complaints == ()
        assert trial.settle().complaints == ()

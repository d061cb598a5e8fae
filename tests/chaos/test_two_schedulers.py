"""Two schedulers that tick on one database, each with a runner; one of them is killed."""

from __future__ import annotations

import signal
import time

import pytest

from tests.chaos.ground import ground_with
from tests.chaos.judge import judge
from tests.chaos.trials import database_on_trial, issue_name

READERS = 900
CONNECTIONS = 3
ISSUES = [issue_name(number) for number in range(2)]


@pytest.mark.database
def test_two_schedulers_start_each_send_once_and_one_goes_on_for_the_other() -> None:
    settings = {"DELIVERY__SMTP__CONNECTIONS": CONNECTIONS, "DELIVERY__LEASE_SECONDS": 3}
    with ground_with("smtp_server", database=database_on_trial(), settings=settings) as (ground, server):
        ground.do("add", readers=READERS)
        ground.do("put_on_the_calendar", issues=ISSUES)
        schedulers = [ground.start("tick", name=name) for name in ("one", "two")]
        until = time.monotonic() + 240
        while server.held < READERS:
            assert time.monotonic() < until, ground.log.read_text()
            time.sleep(0.005)
        schedulers[0].strike(signal.SIGKILL)
        ground.do("deliver")
        schedulers[1].strike(signal.SIGTERM)
        assert [one.wait() for one in schedulers] == [-signal.SIGKILL, 0]
        judgement = judge(ground, server, most_unknown=CONNECTIONS + 20, issues=ISSUES)
    assert judgement.complaints == ()
    assert judgement.deliveries == READERS * len(ISSUES)

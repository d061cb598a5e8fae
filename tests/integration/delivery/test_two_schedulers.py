from __future__ import annotations

import time
from pathlib import Path

from tests.integration.delivery.processes import finish, rows, start, worker_environment
from tests.site_folder import make_site_folder


def test_two_schedulers_at_one_slot_start_one_send(tmp_path: Path) -> None:
    site = make_site_folder(tmp_path / "site")
    environment = worker_environment(site)
    finish(start("prepare-slot", 20, environment=environment))
    together = time.time() + 2.5
    schedulers = [start("tick", together, environment=environment) for _ in range(2)]
    started = [int(finish(scheduler).split()[-1]) for scheduler in schedulers]
    assert sum(started) == 1
    assert rows(site, "SELECT issue, state FROM delivery_send") == [("2026-12", "preparing")]
    finish(start("deliver", environment=environment))
    assert len(list((site / "var" / "outbox" / "new").iterdir())) == 20

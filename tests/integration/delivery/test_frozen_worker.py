"""A worker that stands still for longer than its lease, and then goes on as if nothing had happened."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

from tests.integration.delivery.processes import finish, rows, start, worker_environment
from tests.integration.delivery.recording_smtp import RecordingSmtp, running
from tests.site_folder import make_site_folder


def test_a_worker_that_wakes_after_its_lease_mails_nobody_twice(tmp_path: Path) -> None:
    site = make_site_folder(tmp_path / "site")
    with running(RecordingSmtp()) as server:
        environment = worker_environment(site, smtp_port=server.port)
        finish(start("prepare", 1_000, environment=environment))
        sleeper = start("deliver", environment=environment)
        while len(server.mails) < 200:
            assert sleeper.poll() is None
            time.sleep(0.001)
        try:
            freeze_outside_a_transaction(sleeper, site)
            finish(start("deliver", environment=environment))
            before = len(server.mails)
        finally:
            sleeper.send_signal(signal.SIGCONT)
        finish(sleeper)
    arrived = Counter(mail.key for mail in server.mails)
    by_handover = Counter(str(handover) for (handover,) in rows(site, "SELECT handover FROM delivery_delivery"))
    assert [count for count in arrived.values() if count != 1] == []
    assert by_handover["accepted"] + by_handover["unknown"] == 1_000
    assert 0 < by_handover["unknown"] <= 25
    assert len(arrived) >= by_handover["accepted"]
    assert by_handover["accepted"] <= before, "what it does after waking is recorded by nobody"


def freeze_outside_a_transaction(worker: subprocess.Popen[str], site: Path) -> None:
    """Stop a worker at a moment when it does not hold SQLite's one writer's lock, or nobody else could write at all."""
    for _ in range(1_000):
        worker.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, worker.pid, os.WSTOPPED)
        if is_writable(site):
            return
        worker.send_signal(signal.SIGCONT)
        time.sleep(0.002)
    raise AssertionError("the worker always held the lock")


def is_writable(site: Path) -> bool:
    database = sqlite3.connect(site / "var" / "kept.sqlite3", timeout=0, isolation_level=None)
    try:
        database.execute("BEGIN IMMEDIATE")
        database.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        database.close()
    return True

"""Calls that can be cancelled, and a process that is killed for real at each step round one: nobody twice, nobody forgotten."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.delivery.processes import finish, rows, start, worker_environment
from tests.integration.delivery.recording_sendgrid import LOST, Fault, RecordingSendgrid, posting_to
from tests.site_folder import REPOSITORY, make_site_folder

READERS = 1_400
GONE: Fault = (503, {}, {})


def environment(site: Path, service: RecordingSendgrid) -> dict[str, str]:
    return worker_environment(site) | {
        "NEWSLETTER_DELIVERY__TRANSPORT": "sendgrid",
        "NEWSLETTER_DELIVERY__SENDGRID__HOST": service.url,
        "NEWSLETTER_DELIVERY__SENDGRID__API_KEY": "SG.test",
        "NEWSLETTER_DELIVERY__SENDGRID__IN_DOUBT": "cancel",
        "NEWSLETTER_DELIVERY__SENDGRID__CONNECTIONS": "2",
    }


class Killing:
    """Kills the process in hand when the service says so, once."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.done = False

    def kill(self) -> None:
        if self.process is not None and not self.done:
            self.done = True
            self.process.kill()
            self.process.wait()

    def run(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        process.communicate(timeout=60)
        assert self.done, "it ended before it could be killed"
        self.process = None


def start_settling(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.integration.delivery.doubtful_process"]
    return subprocess.Popen(command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def mail_fault(killing: Killing, *, taken: bool) -> Callable[[dict[str, Any]], Fault | None]:
    """Kill the worker after it stored its second call: before SendGrid has read it, or before its answer is back."""
    seen = list[str]()

    def fault(body: dict[str, Any]) -> Fault | None:
        seen.append(body["batch_id"])
        if len(seen) == 2:
            killing.kill()
            return (LOST, {}, {}) if taken else GONE
        return None

    return fault


@pytest.mark.parametrize(
    ("taken", "settling_killed"),
    [(False, False), (True, True)],
    ids=["between storing and posting", "before the answer, and between cancelling and putting back"],
)
def test_killed_round_a_call_nobody_gets_two_and_nobody_is_forgotten(
    tmp_path: Path, *, taken: bool, settling_killed: bool
) -> None:
    site, killing, service = make_site_folder(tmp_path / "site"), Killing(), RecordingSendgrid()
    with posting_to(service):
        process = environment(site, service)
        finish(start("prepare", READERS, environment=process))
        service.fault = mail_fault(killing, taken=taken)
        killing.run(start("deliver", environment=process))
        service.fault = lambda _: None
        finish(start("deliver", environment=process))
        [(unknown,)] = rows(site, "SELECT count(*) FROM delivery_delivery WHERE handover = 'unknown'")
        assert isinstance(unknown, int)
        assert unknown > 0
        if settling_killed:
            second = Killing()
            service.refuse = lambda method, path: second.kill() if (method, path.count("/")) == ("GET", 4) else None
            second.run(start_settling(process))
            service.refuse = lambda _method, _path: None
        assert int(finish(start_settling(process))) == unknown
        finish(start("deliver", environment=process))

    arrived = Counter(mail.key for mail in service.arrived())
    ledger = {str(key): handover for key, handover in rows(site, "SELECT key, handover FROM delivery_delivery")}
    assert set(arrived.values()) == {1}, "nobody gets two"
    assert set(arrived) == set(ledger), "nobody is forgotten"
    assert set(ledger.values()) == {"accepted"}
    assert rows(site, "SELECT state FROM delivery_send") == [("done",)]
    assert rows(site, "SELECT count(*) FROM delivery_delivery WHERE call_id IS NOT NULL") == [(0,)], (
        "who was in a call is forgotten"
    )
    assert all(mail.send_at for mail in service.mails)

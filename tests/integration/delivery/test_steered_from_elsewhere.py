"""A worker's process sends by SMTP while a person pauses, resumes and cancels from another one; and it is killed meanwhile."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.delivery.samples import ISSUE
from tests.integration.delivery.processes import finish, rows, start, worker_environment
from tests.integration.delivery.recording_smtp import RecordingSmtp, running
from tests.site_folder import REPOSITORY, make_site_folder

NEWSLETTER = Path(sys.executable).with_name("newsletter")

READERS = 1_000
WINDOW = 5 + 20
"""Connections and 20 more: as many may be in doubt."""


class Sending:
    """A site, its mail server, and a worker at work."""

    def __init__(self, site: Path, server: RecordingSmtp) -> None:
        self.site, self.server = site, server
        self.environment = worker_environment(site, smtp_port=server.port)
        finish(start("prepare", READERS, environment=self.environment))
        self.worker = start("deliver", environment=self.environment)

    def wait_for_mails(self, count: int) -> None:
        while len(self.server.mails) < count:
            assert self.worker.poll() is None, "the send ended too early"
            time.sleep(0.001)
        self.server.slowness = 0.3  # until a command has started, on a busy machine

    def finish(self) -> None:
        self.server.slowness = 0
        finish(self.worker)

    def command(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [NEWSLETTER, *arguments],
            env=self.environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def handovers(self) -> Counter[str]:
        found = rows(self.site, "SELECT handover, count(*) FROM delivery_delivery GROUP BY handover")
        return Counter({str(handover): int(str(number)) for handover, number in found})

    def wait_until_nothing_is_on_the_wire(self) -> Counter[str]:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = self.handovers()
            if not found["sending"] and not rows(self.site, "SELECT 1 FROM delivery_batch WHERE leased_at IS NOT NULL"):
                return found
            time.sleep(0.02)
        raise AssertionError("the worker did not give its batch back")

    def most_copies(self) -> int:
        return max(Counter(mail.key for mail in self.server.mails).values())


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    """Begin to send to readers whose mail server takes its time."""
    with running(RecordingSmtp(slowness=0.001)) as server:
        begun = Sending(make_site_folder(tmp_path / "site"), server)
        try:
            yield begun
        finally:
            begun.worker.kill()
            if begun.worker.stdout is not None and not begun.worker.stdout.closed:
                begun.worker.communicate()


def test_a_worker_in_another_process_pauses_and_goes_on_and_leaves_nothing_unknown(sending: Sending) -> None:
    sending.wait_for_mails(200)
    assert "is paused" in sending.command("pause", ISSUE, "--as", "ada", "--note", "a wrong number")
    found = sending.wait_until_nothing_is_on_the_wire()
    assert found == Counter(accepted=len(sending.server.mails), queued=READERS - len(sending.server.mails))
    time.sleep(0.3)
    assert sending.handovers() == found, "nothing is begun while it is paused"
    assert "by ada: a wrong number" in sending.command("resume", ISSUE, "--as", "ada")
    sending.finish()
    assert sending.handovers() == Counter(accepted=READERS)
    assert (sending.most_copies(), len(sending.server.mails)) == (1, READERS)


def test_a_worker_in_another_process_finishes_what_is_on_the_wire_of_a_cancelled_send(sending: Sending) -> None:
    sending.wait_for_mails(200)
    assert (
        "cannot be undone"
        in subprocess.run(
            [NEWSLETTER, "cancel", ISSUE, "--as", "ada"],
            env=sending.environment,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        ).stderr
    ), "somebody has to say that they mean it"
    assert f"{ISSUE} is cancelled." in sending.command("cancel", ISSUE, "--as", "ada", "--yes")
    sending.finish()
    mailed = len(sending.server.mails)
    assert 200 <= mailed < READERS
    assert sending.handovers() == Counter(accepted=mailed, excluded=READERS - mailed)
    assert rows(sending.site, "SELECT state, frozen FROM delivery_send") == [("cancelled", READERS)]


def test_of_a_killed_worker_no_more_is_in_doubt_than_the_window_and_a_paused_send_settles_it(sending: Sending) -> None:
    sending.wait_for_mails(300)
    sending.worker.kill()
    sending.worker.communicate()
    time.sleep(0.1)
    found = sending.handovers()
    assert 0 < found["sending"] <= WINDOW
    assert 0 <= len(sending.server.mails) - found["accepted"] <= found["sending"], "whoever has a copy is accepted or marked"
    sending.command("pause", ISSUE, "--as", "ada")
    time.sleep(0.6)  # the lease runs out
    sending.worker = start("deliver", environment=sending.environment)
    settled = sending.wait_until_nothing_is_on_the_wire()
    assert settled == found - Counter(sending=found["sending"]) + Counter(unknown=found["sending"])
    sending.command("resume", ISSUE, "--as", "ada")
    sending.finish()
    assert sending.handovers() == Counter(accepted=READERS - found["sending"], unknown=found["sending"])
    assert sending.most_copies() == 1


def test_a_cancellation_waits_for_the_lease_of_a_killed_worker_and_calls_unknown_what_it_had(sending: Sending) -> None:
    sending.wait_for_mails(300)
    sending.worker.kill()
    sending.worker.communicate()
    doubtful = sending.handovers()["sending"]
    assert 0 < doubtful <= WINDOW
    assert f"{doubtful} unknown" in sending.command("cancel", ISSUE, "--as", "ada", "--yes")
    found = sending.handovers()
    assert found["unknown"] == doubtful
    assert found.total() == READERS
    assert set(found) == {"accepted", "unknown", "excluded"}
    assert rows(sending.site, "SELECT state FROM delivery_send") == [("cancelled",)]

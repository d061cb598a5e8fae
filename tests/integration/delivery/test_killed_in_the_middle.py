"""The promise of the ledger, kept by a real process that is killed for real."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

from tests.contract.delivery.samples import TOPICS, expected_mark
from tests.integration.delivery.processes import finish, rows, start, worker_environment
from tests.integration.delivery.recording_smtp import RecordingSmtp, running
from tests.site_folder import make_site_folder

READERS = 5_000
KILLS = 4
CONNECTIONS = 5


def test_killed_in_the_middle_nobody_gets_two_and_nobody_is_forgotten(tmp_path: Path) -> None:
    """Kill -9 at random points of a send to 5,000: each reader is accepted once, or unknown, and never mailed again.

    The issue has four variants: whoever gets a mail gets theirs, whichever worker it was that made it.
    """
    site = make_site_folder(tmp_path / "site")
    chance = random.Random(20261201)  # noqa: S311 - any points will do, the same ones every time
    points = sorted(chance.sample(range(200, READERS - 400), KILLS))
    with running(RecordingSmtp()) as server:
        environment = worker_environment(site, smtp_port=server.port)
        finish(start("prepare", READERS, environment=environment))
        for point in points:
            worker = start("deliver", environment=environment)
            while len(server.mails) < point:
                assert worker.poll() is None, "the send ended before it could be killed"
                time.sleep(0.001)
            worker.kill()
            worker.communicate()
        finish(start("deliver", environment=environment), seconds=120)

    arrived = Counter(mail.key for mail in server.mails)
    by_handover: dict[str, set[str]] = {}
    for key, handover in rows(site, "SELECT key, handover FROM delivery_delivery"):
        by_handover.setdefault(str(handover), set()).add(str(key))
    accepted, unknown = by_handover.get("accepted", set()), by_handover.get("unknown", set())
    assert [count for count in arrived.values() if count != 1] == [], "nobody gets two"
    assert set(by_handover) <= {"accepted", "unknown"}
    assert len(accepted) + len(unknown) == READERS, "nobody is forgotten"
    assert accepted <= set(arrived), "whoever counts as accepted has the mail"
    assert set(arrived) - accepted <= unknown, "a mail that nobody recorded is unknown"
    for mail in server.mails:
        assert mail.content.count(b"[variant") == mail.content.count(expected_mark(mail.recipients[0]).encode()) == 2
    stored = repr([rows(site, "SELECT * FROM delivery_delivery"), rows(site, "SELECT * FROM delivery_batch")])
    assert not any(topic in stored for topic in TOPICS)
    assert 0 < len(unknown) <= KILLS * (CONNECTIONS + 20)
    assert rows(site, "SELECT state, frozen FROM delivery_send") == [("done", READERS)]

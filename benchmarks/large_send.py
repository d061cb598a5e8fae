"""A whole send to a large list: the memory of the process that sends, and how soon mail goes on after it is killed.

    python -m benchmarks.large_send [--readers 1000000] [--rounds 1] [--json FILE]

The readers are invented, the mail is small, the sink is in another process; SQLite, ledger and all. Memory is the highest that
the sending process ever held, its freeze included. For the other figure the worker of a send that is one batch is killed with
SIGKILL in the middle, and another is started at once: it has to wait for the lease of the first.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.invented_list import DATABASE, add_readable_readers, begin_send, open_site
from benchmarks.sides import MEGABYTES, MESSAGES_A_SECOND, SECONDS, Comparison, Reach, ReachOf, Report, Side, make_parser
from benchmarks.smtp_servers import fast_sink

REACH_MEGABYTES = 200.0

REACH_SECONDS = 15.0

ONE_BATCH = 1_000

A_SECOND = 100
"""Mails a second at most while a worker is to be killed in the middle of a batch."""


def _prepare(folder: Path, count: int) -> None:
    database = open_site(folder)
    add_readable_readers(database, count)
    begin_send(transport="smtp")


def _send(folder: Path, port: int, per_minute: int) -> None:
    """Freeze and deliver; say what it took."""
    open_site(folder)
    from django.conf import settings  # noqa: PLC0415 - after open_site

    from newsletter.clock import system_clock  # noqa: PLC0415
    from newsletter.delivery.sending import deliver_open_sends  # noqa: PLC0415
    from newsletter.settings import SmtpSettings  # noqa: PLC0415

    smtp = SmtpSettings(port=port, connections=10, messages_per_connection=1_000_000, per_minute=per_minute)
    delivery = settings.NEWSLETTER.delivery.model_copy(update={"transport": "smtp", "smtp": smtp})
    config = settings.NEWSLETTER.model_copy(update={"delivery": delivery})
    started = time.monotonic()
    while not (summary := deliver_open_sends(config, system_clock, worker=f"benchmark:{os.getpid()}")).finished:
        assert not summary.problem, summary
        time.sleep(0.2)
    seconds = time.monotonic() - started
    print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def _start(act: str, folder: Path, *arguments: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.large_send", f"--{act}", str(folder), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _finish(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit("a part of the benchmark failed; see above")
    return said


def _accepted(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "site" / DATABASE, timeout=20)) as database:
        found: int = database.execute("SELECT count(*) FROM delivery_delivery WHERE handover = 'accepted'").fetchone()[0]
        return found


class LargeSends:
    """Whole sends, each to a list of its own; what the last one of a size held in memory is kept beside its rate."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._megabytes: dict[int, float] = {}

    def send(self, count: int) -> float:
        """Send to a new list; give the mails a second."""
        with tempfile.TemporaryDirectory(prefix="newsletter-large-") as name:
            folder = Path(name)
            _finish(_start("prepare", folder, count))
            found = json.loads(_finish(_start("send", folder, self._port, 0)))
            assert _accepted(folder) == count
        self._megabytes[count] = found["megabytes"]
        return float(count / found["seconds"])

    def megabytes(self, count: int) -> float:
        """Give what the last send to so many held at most."""
        return self._megabytes[count]

    def recover(self) -> float:
        """Kill a worker in the middle of the last batch; give the seconds until the next worker's first mail."""
        with tempfile.TemporaryDirectory(prefix="newsletter-large-") as name:
            folder = Path(name)
            _finish(_start("prepare", folder, ONE_BATCH))
            first = _start("send", folder, self._port, A_SECOND * 60)
            while not _wait_for(folder, more_than=ONE_BATCH // 10):
                pass
            first.send_signal(signal.SIGKILL)
            first.wait()
            killed, before = time.monotonic(), _accepted(folder)
            second = _start("send", folder, self._port, 0)
            while not _wait_for(folder, more_than=before):
                pass
            seconds = time.monotonic() - killed
            _finish(second)
            return seconds


def _wait_for(folder: Path, *, more_than: int) -> bool:
    time.sleep(0.05)
    return _accepted(folder) > more_than


def main() -> int:
    """Measure, or do the part of a process of its own."""
    parser = make_parser(__doc__, rounds=1)
    parser.add_argument("--readers", type=int, default=1_000_000, help="of the large list (1,000,000)")
    parser.add_argument("--prepare", nargs=2, metavar=("FOLDER", "COUNT"), help="only make a list")
    parser.add_argument("--send", nargs=3, metavar=("FOLDER", "PORT", "PER_MINUTE"), help="only send, and say what it took")
    options = parser.parse_args()
    if options.prepare:
        _prepare(Path(options.prepare[0]), int(options.prepare[1]))
        return 0
    if options.send:
        _send(Path(options.send[0]), int(options.send[1]), int(options.send[2]))
        return 0
    report = Report("large_send", title="A whole send to a large list", rounds=options.rounds)
    sizes = (options.readers, options.readers // 10)
    with fast_sink() as port:
        sends = LargeSends(port)
        report.compare(
            Comparison(
                "after SIGKILL, until the next worker's first mail",
                SECONDS,
                [Side("one batch left, lease of 10 s", sends.recover, reach=Reach(REACH_SECONDS, of=ReachOf.FIGURE))],
            )
        )
        rates = [Side(f"{count:,} readers", lambda count=count: sends.send(count)) for count in sizes]  # type: ignore[misc]
        report.compare(Comparison("freeze and send, ledger included", MESSAGES_A_SECOND, rates))
        reach = Reach(REACH_MEGABYTES, of=ReachOf.FIGURE)
        report.compare(
            Comparison(
                "highest memory of the sending process, in the last round",
                MEGABYTES,
                [
                    Side(f"{count:,} readers", lambda count=count: sends.megabytes(count), reach=reach)  # type: ignore[misc]
                    for count in sizes
                ],
            )
        )
    report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())

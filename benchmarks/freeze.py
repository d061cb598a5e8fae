"""Freezing an audience: time and memory, for a large list and one a tenth its size, each in a process of its own.

    python -m benchmarks.freeze [--readers 1000000] [--rounds 3] [--json FILE]

The list is invented by SQL. Memory is the highest that the process ever held; flat means that ten times the readers take no more.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.invented_list import begin_send, invent_readers, open_site
from benchmarks.sides import MEGABYTES, SECONDS, Comparison, Reach, ReachOf, Report, Side, make_parser

REACH_SECONDS = 8.0
REACH_MEGABYTES = 150.0


class Freezes:
    """Lists of readers, and freezes of copies of them; what the last one held in memory is kept beside its time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._megabytes: dict[int, float] = {}
        self._processor: dict[int, float] = {}

    def invent(self, count: int) -> None:
        """Make a list."""
        subprocess.run([sys.executable, "-m", "benchmarks.freeze", "--invent", str(self._place(count)), str(count)], check=True)

    def freeze(self, count: int) -> float:
        """Freeze a copy of a list, in a process of its own; give the seconds that it took."""
        copy = self._folder / "copy"
        shutil.copytree(self._place(count), copy, symlinks=True)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.freeze", "--freeze", str(copy)], check=True, capture_output=True, text=True
            )
        finally:
            shutil.rmtree(copy)
        found = json.loads(done.stdout)
        assert found["frozen"] == count, found
        self._megabytes[count] = found["megabytes"]
        self._processor[count] = found["processor"]
        return float(found["seconds"])

    def megabytes(self, count: int) -> float:
        """Give what the last freeze of a list held at most."""
        return self._megabytes[count]

    def processor(self, count: int) -> float:
        """Give the processor time of the last freeze of a list: what else the machine does changes it little."""
        return self._processor[count]

    def _place(self, count: int) -> Path:
        return self._folder / str(count)


def _invent(folder: Path, count: int) -> None:
    invent_readers(open_site(folder), count)


def _freeze(folder: Path) -> None:
    open_site(folder)
    from newsletter.delivery.models import Send  # noqa: PLC0415 - after open_site
    from newsletter.delivery.preparing import freeze_audience  # noqa: PLC0415

    send_id = begin_send()
    now = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    started, used = time.perf_counter(), time.process_time()
    freeze_audience(send_id, on=now.date(), now=now)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    frozen = Send.objects.get(pk=send_id).frozen
    print(json.dumps({"seconds": seconds, "processor": processor, "megabytes": megabytes, "frozen": frozen}))


def main() -> int:
    """Measure, or do the part of a process of its own."""
    parser = make_parser(__doc__, rounds=3)
    parser.add_argument("--readers", type=int, default=1_000_000, help="in the large list (1,000,000)")
    parser.add_argument("--invent", nargs=2, metavar=("FOLDER", "COUNT"), help="only make a list")
    parser.add_argument("--freeze", metavar="FOLDER", help="only freeze a list, and say what it took")
    options = parser.parse_args()
    if options.invent:
        _invent(Path(options.invent[0]), int(options.invent[1]))
        return 0
    if options.freeze:
        _freeze(Path(options.freeze))
        return 0
    large, small = options.readers, options.readers // 10
    report = Report("freeze", title="Freezing an audience, verified", rounds=options.rounds)
    with tempfile.TemporaryDirectory(prefix="newsletter-freeze-") as folder:
        freezes = Freezes(Path(folder))
        for count in (large, small):
            freezes.invent(count)
        full = large >= 1_000_000
        report.compare(
            Comparison(
                "time to freeze and verify",
                SECONDS,
                [
                    Side(f"{large:,} readers", lambda: freezes.freeze(large), reach=_reach(REACH_SECONDS) if full else None),
                    Side(f"{small:,} readers", lambda: freezes.freeze(small)),
                ],
            )
        )
        report.compare(
            Comparison(
                "processor time of the last round",
                SECONDS,
                [
                    Side(f"{large:,} readers", lambda: freezes.processor(large)),
                    Side(f"{small:,} readers", lambda: freezes.processor(small)),
                ],
            )
        )
        report.compare(
            Comparison(
                "highest memory of the process in the last round",
                MEGABYTES,
                [
                    Side(f"{large:,} readers", lambda: freezes.megabytes(large), reach=_reach(REACH_MEGABYTES)),
                    Side(f"{small:,} readers", lambda: freezes.megabytes(small)),
                ],
            )
        )
    report.save(options.json)
    return 0


def _reach(figure: float) -> Reach:
    return Reach(figure, of=ReachOf.FIGURE)


if __name__ == "__main__":
    sys.exit(main())

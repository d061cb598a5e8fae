"""Freezing an audience, and opening everybody's topics: time and memory for a list, a tenth and a hundredth of it.

    python -m benchmarks.freeze [--readers 1000000] [--rounds 3] [--json FILE]

A freeze opens no topics: nobody's are looked at until their batch is claimed, twenty at a time, and then they stay in memory.
What that takes for a whole list is measured apart, and the goal is for both together. Each act is in a process of its own, on a
copy of an invented list; memory is the highest that the process ever held. A short run: --readers 100000 --rounds 1.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.invented_list import begin_send, invent_readers, open_site, seal_choices
from benchmarks.sides import MEGABYTES, SECONDS, Comparison, Reach, ReachOf, Report, Side, make_parser

REACH_SECONDS: Final = 8.0
REACH_MEGABYTES: Final = 150.0

NOW: Final = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)

A_MILLION: Final = 1_000_000
A_PAGE: Final = 5_000
A_STEP: Final = 20

TOPICS_PAGE: Final = "SELECT id, lookup, topics FROM subscribers_subscriber WHERE id > %s ORDER BY id LIMIT %s"


ACTS: Final = ("freeze", "topics", "addressees")


@dataclass(frozen=True, slots=True)
class Found:
    """What an act took: wall and processor seconds, and megabytes at most."""

    seconds: float
    processor: float
    megabytes: float


class Lists:
    """Lists of readers, and acts on copies of them; what the last act of a kind took is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[tuple[str, int], Found] = {}

    def invent(self, count: int) -> None:
        """Make a list."""
        subprocess.run([sys.executable, "-m", "benchmarks.freeze", "--invent", str(self._place(count)), str(count)], check=True)

    def act(self, act: str, count: int) -> float:
        """Do an act with a copy of a list, in a process of its own; give the seconds that it took."""
        copy = self._folder / "copy"
        shutil.copytree(self._place(count), copy, symlinks=True)
        command = [sys.executable, "-m", "benchmarks.freeze", "--act", act, str(copy), str(count)]
        try:
            done = subprocess.run(command, check=True, capture_output=True, text=True)
        finally:
            shutil.rmtree(copy)
        found = self._found[act, count] = Found(**json.loads(done.stdout))
        return found.seconds

    def freeze_and_open(self, count: int) -> float:
        """Give the seconds of the last freeze of a list and of the last opening of its topics."""
        return self.last("freeze", count).seconds + self.last("topics", count).seconds

    def last(self, act: str, count: int) -> Found:
        """Give what the last act of a kind took."""
        return self._found[act, count]

    def _place(self, count: int) -> Path:
        return self._folder / str(count)


def _invent(folder: Path, count: int) -> None:
    database = open_site(folder)
    invent_readers(database, count)
    seal_choices(database)


def _act(act: str, folder: Path, count: int) -> None:
    open_site(folder)
    send_id = begin_send()
    started, used = time.perf_counter(), time.process_time()
    {"freeze": _freeze, "topics": _open_topics, "addressees": _find_addressees}[act](send_id, count)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "megabytes": megabytes}))


def _freeze(send_id: int, count: int) -> None:
    from newsletter.delivery.models import Send  # noqa: PLC0415 - after open_site
    from newsletter.delivery.preparing import freeze_audience  # noqa: PLC0415

    freeze_audience(send_id, on=NOW.date(), now=NOW)
    assert Send.objects.get(pk=send_id).frozen == count


def _open_topics(_: int, count: int) -> None:
    """Open the topics of everybody, page by page."""
    from django.db import connection  # noqa: PLC0415 - after open_site

    from newsletter.subscribers.installation import sealer  # noqa: PLC0415

    seal, opened, last = sealer(), 0, 0
    with connection.cursor() as cursor:
        while cursor.execute(TOPICS_PAGE, [last, A_PAGE]) and (page := cursor.fetchall()):
            opened += sum(seal.readable_topics(topics, lookup=bytes(lookup)) is not None for _, lookup, topics in page)
            last = page[-1][0]
    assert opened == count


def _find_addressees(_: int, count: int) -> None:
    """Do for everybody what each step of a send does for twenty: say who may be mailed, where, and in which variant."""
    from newsletter.subscribers.audience import addressees  # noqa: PLC0415 - after open_site

    for first in range(1, count + 1, A_STEP):
        addressees(range(first, min(first + A_STEP, count + 1)), on=NOW.date(), with_topics=True)


def main() -> int:
    """Measure, or do the part of a process of its own."""
    parser = make_parser(__doc__, rounds=3)
    parser.add_argument("--readers", type=int, default=1_000_000, help="in the large list (1,000,000)")
    parser.add_argument("--invent", nargs=2, metavar=("FOLDER", "COUNT"), help="only make a list")
    parser.add_argument("--act", nargs=3, metavar=("ACT", "FOLDER", "COUNT"), help="only do an act, and say what it took")
    options = parser.parse_args()
    if options.invent:
        _invent(Path(options.invent[0]), int(options.invent[1]))
        return 0
    if options.act:
        act, folder, count = options.act
        _act(act, Path(folder), int(count))
        return 0
    sizes = (options.readers, options.readers // 10, options.readers // 100)
    report = Report("freeze", title="Freezing an audience, verified, and opening its topics", rounds=options.rounds)
    with tempfile.TemporaryDirectory(prefix="newsletter-freeze-") as name:
        lists = Lists(Path(name))
        for size in sizes:
            lists.invent(size)
        measure(report, lists, sizes)
    report.save(options.json)
    return 0


def measure(report: Report, lists: Lists, sizes: Sequence[int]) -> None:
    """Measure all sizes beside each other."""
    goal = {size: size >= A_MILLION for size in sizes}

    def sides(figure: Callable[[int], float], *, reach: float = 0) -> list[Side]:
        return [
            Side(f"{size:,} readers", partial(figure, size), reach=_reach(reach) if reach and goal[size] else None)
            for size in sizes
        ]

    for name, act in (
        ("time to freeze and verify", "freeze"),
        ("time to open the topics of everybody", "topics"),
        ("time to find where everybody's mail goes, with their topics, twenty at a time", "addressees"),
    ):
        report.compare(Comparison(name, SECONDS, sides(partial(lists.act, act))))
    both = sides(lists.freeze_and_open, reach=REACH_SECONDS)
    report.compare(Comparison("freeze, and topics of everybody opened, in the last round", SECONDS, both), rounds=1)
    for what, unit in (("processor", SECONDS), ("megabytes", MEGABYTES)):
        for act in ACTS:
            figures = sides(partial(_last, lists, what, act), reach=REACH_MEGABYTES if what == "megabytes" else 0)
            words = "processor time" if what == "processor" else "highest memory of the process"
            report.compare(Comparison(f"{act}: {words} in the last round", unit, figures), rounds=1)


def _last(lists: Lists, what: str, act: str, size: int) -> float:
    return float(getattr(lists.last(act, size), what))


def _reach(figure: float) -> Reach:
    return Reach(figure, of=ReachOf.FIGURE)


if __name__ == "__main__":
    sys.exit(main())

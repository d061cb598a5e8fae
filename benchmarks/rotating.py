"""Sealing a list again with another key: time, memory, and how long somebody else's write waits meanwhile.

    python -m benchmarks.rotating [--readers 1000000] [--rounds 1] [--json FILE]

Each rotation is a process of its own on a copy of an invented list; beside it this process writes one row a hundred times a
second, each on the disk before the next, as a reader's press does.
"""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks.invented_list import DATABASE, add_readable_readers, open_site
from benchmarks.sides import MEGABYTES, SECONDS, Comparison, Report, Side, make_parser

BETWEEN_WRITES = 0.01


class Rotations:
    """Lists of readers, and rotations of copies of them; what the last one took is kept beside its time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.megabytes: dict[int, float] = {}
        self.slowest: dict[int, float] = {}

    def invent(self, count: int) -> None:
        """Make a list."""
        subprocess.run([sys.executable, "-m", "benchmarks.rotating", "--invent", self._place(count), str(count)], check=True)

    def rotate(self, count: int) -> float:
        """Rotate the key of a copy of a list; give the seconds that sealing it again took."""
        copy = self._folder / "copy"
        shutil.copytree(self._place(count), copy, symlinks=True)
        try:
            command = [sys.executable, "-m", "benchmarks.rotating", "--rotate", str(copy)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as rotating:
                waits = _write_beside(copy / "site" / DATABASE, rotating, count)
                assert rotating.stdout is not None
                found = json.loads(rotating.stdout.read().splitlines()[-1])
        finally:
            shutil.rmtree(copy)
        assert found["resealed"] == count, found
        self.megabytes[count] = found["megabytes"]
        self.slowest[count] = sorted(waits)[int(len(waits) * 0.99)]
        return float(found["seconds"])

    def _place(self, count: int) -> Path:
        return self._folder / str(count)


def _write_beside(database: Path, rotating: subprocess.Popen[str], count: int) -> list[float]:
    waits: list[float] = []
    with closing(sqlite3.connect(database, timeout=20, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        while rotating.poll() is None:
            time.sleep(BETWEEN_WRITES)
            began = time.perf_counter()
            connection.execute(
                "UPDATE subscribers_subscription SET gave_reason = 0 WHERE id = ?", [len(waits) * 7919 % count + 1]
            )
            waits.append(time.perf_counter() - began)
    return waits


def _rotate(folder: Path) -> None:
    open_site(folder)
    from django.conf import settings  # noqa: PLC0415 - after open_site

    from newsletter.keys.changing import with_new_seal_key  # noqa: PLC0415
    from newsletter.keys.file import KEY_FILE, change_key_file  # noqa: PLC0415
    from newsletter.subscribers.installation import rings  # noqa: PLC0415
    from newsletter.subscribers.rotating import RotationEnd, reseal_everything  # noqa: PLC0415

    change_key_file(settings.NEWSLETTER.path(KEY_FILE), with_new_seal_key)
    done = reseal_everything(rings(), stop=threading.Event(), tell=lambda _: None)
    assert done.end is RotationEnd.DONE, done
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": done.seconds, "resealed": done.resealed, "megabytes": megabytes}))


def main() -> int:
    """Measure, or do the part of a process of its own."""
    parser = make_parser(__doc__, rounds=1)
    parser.add_argument("--readers", type=int, default=1_000_000, help="in the large list (1,000,000)")
    parser.add_argument("--invent", nargs=2, metavar=("FOLDER", "COUNT"), help="only make a list")
    parser.add_argument("--rotate", metavar="FOLDER", help="only rotate the key of a list, and say what it took")
    options = parser.parse_args()
    if options.invent:
        folder, count = Path(options.invent[0]), int(options.invent[1])
        add_readable_readers(open_site(folder), count)
        return 0
    if options.rotate:
        _rotate(Path(options.rotate))
        return 0
    sizes = (options.readers, options.readers // 10)
    report = Report("rotating", title="Rotating the key that seals a list", rounds=options.rounds)
    with tempfile.TemporaryDirectory(prefix="newsletter-rotating-") as place:
        rotations = Rotations(Path(place))
        for count in sizes:
            rotations.invent(count)
        for what, unit, figure in (
            ("time to seal everything again, other writes beside it", SECONDS, rotations.rotate),
            ("highest memory of the process", MEGABYTES, rotations.megabytes.__getitem__),
            ("99 of 100 writes beside it took at most", SECONDS, rotations.slowest.__getitem__),
        ):
            sides = [Side(f"{count:,} readers", partial(figure, count)) for count in sizes]
            report.compare(Comparison(what, unit, sides))
    report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Taking in a list: time and memory at three sizes, each in a process of its own, into an empty SQLite database.

    python -m benchmarks.importing [--lines 1000000] [--rounds 1] [--json FILE]

One line in twenty is a person again, one in a hundred is broken, six in a hundred have left. The anchor is the bare loop on a
list of the middle size: the csv module, email-validator and Django's bulk_create in chunks of as many rows, with nothing sealed,
no consent looked at, no duplicate counted and no place to go on from.
"""

from __future__ import annotations

import csv
import json
import resource
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.invented_csv import write_list
from benchmarks.invented_list import open_site
from benchmarks.sides import MEGABYTES, MILLISECONDS, SECONDS, Comparison, Reach, ReachOf, Report, Side, make_parser

REACH_SECONDS: Final = 75.0
REACH_MEGABYTES: Final = 200.0
LONGEST_HOLD: Final = 300.0
CHUNK: Final = 3_000
NOW: Final = datetime(2026, 11, 5, 15, 0, tzinfo=UTC)


class Imports:
    """Lists, and what taking them in took: each time in a new process with a database of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[tuple[str, int], dict[str, float]] = {}

    def take_in(self, how: str, count: int) -> float:
        """Take in a list of so many lines; give the seconds."""
        file = self._folder / f"{count}.csv"
        if not file.exists():
            write_list(file, count)
        site = self._folder / f"site-{how}-{count}"
        command = [sys.executable, "-m", "benchmarks.importing", "--one", how, str(site), str(file)]
        try:
            done = subprocess.run(command, check=True, capture_output=True, text=True)
        finally:
            shutil.rmtree(site, ignore_errors=True)
        found: dict[str, float] = json.loads(done.stdout)
        self._found[how, count] = found
        return found["seconds"]

    def last(self, how: str, count: int, figure: str) -> float:
        """Give a figure of the last time that a list of so many lines was taken in."""
        return self._found[how, count][figure]


class _Held:
    """The longest time between the beginning of a transaction and its end."""

    def __init__(self, wrapper: Any) -> None:
        self.longest = 0.0
        # Nothing public tells when a transaction begins and when it ends.
        begin, commit = wrapper._start_transaction_under_autocommit, wrapper._commit  # noqa: SLF001

        def begin_and_look(connection: object) -> None:
            begin(connection)
            self._since = time.perf_counter()

        def commit_and_look(connection: object) -> None:
            commit(connection)
            self.longest = max(self.longest, time.perf_counter() - self._since)

        wrapper._start_transaction_under_autocommit = begin_and_look  # noqa: SLF001
        wrapper._commit = commit_and_look  # noqa: SLF001


def _ours(file: Path) -> dict[str, float]:
    from django.db.backends.sqlite3.base import DatabaseWrapper  # noqa: PLC0415 - after open_site

    from newsletter.subscribers.installation import choices  # noqa: PLC0415
    from newsletter.subscribers.lists.importing import ImportOptions, import_list  # noqa: PLC0415

    held = _Held(DatabaseWrapper)
    report = import_list(file, choices=choices(), now=NOW, options=ImportOptions(apply=True, problems_kept=20))
    counts = report.counts
    parts = counts.new + counts.left + counts.known + counts.suppressed + counts.without_consent
    assert parts + counts.duplicates + counts.invalid == counts.lines, counts
    return {"taken": counts.new + counts.left, "hold": 1_000 * held.longest}


def _bare(file: Path) -> dict[str, float]:
    from django.db import transaction  # noqa: PLC0415 - after open_site
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    from newsletter.subscribers.models import Subscriber, Subscription  # noqa: PLC0415

    taken = 0
    with file.open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle)
        while chunk := list(islice(rows, CHUNK)):
            people: dict[bytes, tuple[Subscriber, Subscription]] = {}
            for row in chunk:
                if None in row:
                    continue
                try:
                    address = validate_email(row["email"], check_deliverability=False, test_environment=True).normalized
                except EmailNotValidError:
                    continue
                who = Subscriber(
                    lookup=address.encode(), contact=address.encode(), topics=b"", language=row["language"], created_at=NOW
                )
                people[address.encode()] = (
                    who,
                    Subscription(
                        subscriber=who,
                        public_id=secrets.token_bytes(8),
                        consent_wording=row["consent_wording"],
                        consent_language=row["language"],
                        consent_source=row["consent_source"],
                        consent_at=datetime.fromisoformat(row["consent_date"]).replace(tzinfo=UTC),
                        started_at=NOW,
                    ),
                )
            with transaction.atomic():
                there = {bytes(one) for one in Subscriber.objects.filter(lookup__in=people).values_list("lookup", flat=True)}
                new = [pair for lookup, pair in people.items() if lookup not in there]
                Subscriber.objects.bulk_create([who for who, _ in new])
                Subscription.objects.bulk_create([subscription for _, subscription in new])
            taken += len(new)
    return {"taken": taken}


def _one(how: str, site: Path, file: Path) -> None:
    open_site(site)
    act = _ours if how == "ours" else _bare
    started, used = time.perf_counter(), time.process_time()
    found = act(file)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "megabytes": megabytes, **found}))


def main() -> int:
    """Measure, or do the part of a process of its own."""
    parser = make_parser(__doc__, rounds=1)
    parser.add_argument("--lines", type=int, default=1_000_000, help="in the large list (1,000,000)")
    parser.add_argument("--one", nargs=3, metavar=("HOW", "SITE", "FILE"), help="only take in one list, and say what it took")
    options = parser.parse_args()
    if options.one:
        _one(options.one[0], Path(options.one[1]), Path(options.one[2]))
        return 0
    large, middle, small = options.lines, options.lines // 10, options.lines // 100
    report = Report("importing", title="Taking in a list of readers", rounds=options.rounds)
    with tempfile.TemporaryDirectory(prefix="newsletter-importing-") as folder:
        imports = Imports(Path(folder))
        full = large >= 1_000_000
        bare = f"bare loop, unsealed, {middle:,}"
        report.compare(
            Comparison(
                "time to take in",
                SECONDS,
                [
                    Side(
                        f"{large:,} lines", lambda: imports.take_in("ours", large), reach=_reach(REACH_SECONDS) if full else None
                    ),
                    Side(f"{small:,} lines", lambda: imports.take_in("ours", small)),
                ],
            )
        )
        report.compare(
            Comparison(
                f"time to take in {middle:,} lines",
                SECONDS,
                [
                    Side("ours", lambda: imports.take_in("ours", middle)),
                    Side(bare, lambda: imports.take_in("bare", middle)),
                ],
                anchor=bare,
            )
        )
        for name, unit, key, goal in (
            ("processor time of the last round", SECONDS, "processor", None),
            ("highest memory of the process in the last round", MEGABYTES, "megabytes", REACH_MEGABYTES),
            ("longest that it held the database's one writer in the last round", MILLISECONDS, "hold", LONGEST_HOLD),
        ):
            sides = [
                Side(
                    f"{count:,} lines" if how == "ours" else bare,
                    partial(imports.last, how, count, key),
                    reach=_reach(goal) if goal and how == "ours" and full else None,
                )
                for how, count in (("ours", large), ("ours", middle), ("ours", small), ("bare", middle))
                if how == "ours" or key != "hold"
            ]
            report.compare(Comparison(name, unit, sides), rounds=1)
    report.save(options.json)
    return 0


def _reach(figure: float) -> Reach:
    return Reach(figure, of=ReachOf.FIGURE)


if __name__ == "__main__":
    sys.exit(main())

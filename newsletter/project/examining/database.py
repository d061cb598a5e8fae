"""The database, asked through the connection that workers use; nothing is written."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from newsletter.delivery.models import Installation
from newsletter.errors import SettingsError
from newsletter.postbox.models import PostState, ServiceMail
from newsletter.project.examining.diagnosis import Diagnosis, ok, problem, skipped, warning
from newsletter.project.examining.forgetting import examine_forgetting
from newsletter.project.examining.timing import examine_clock_of_database
from newsletter.publishing.models import Slot, SlotState
from newsletter.subscribers.installation import rings, sealer
from newsletter.subscribers.models import Subscription
from newsletter.subscribers.own_keys import require_own_keys
from newsletter.subscribers.resealing import count_versions

PATIENCE: Final = timedelta(minutes=10)
"""How late something may be before nobody seems to do it."""

OLD_BACKUP: Final = timedelta(days=8)
"""A week, and a day for whoever does it by hand."""

LONGEST_LOOK: Final = 5.0
"""Seconds for reading through a database file."""


def examine_database(*, clock: Callable[[], datetime]) -> Iterator[Diagnosis]:
    """Look at an existing database; stops at the first check without which the others have no sense."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        yield problem(
            "database.reachable",
            f"The database cannot be used: {str(error).partition(chr(10))[0]}.",
            "Look at [database] url in newsletter.toml, and whether the server runs and lets you in.",
        )
        return
    yield ok("database.reachable", _who_answers())
    yield _durability()
    if connection.vendor == "postgresql":
        yield examine_clock_of_database(_server_time, clock=clock)
    pending = _pending_migrations()
    if pending:
        names = ", ".join(pending[:3]) + (" …" if len(pending) > 3 else "")
        act = warning if connection.vendor == "sqlite" else problem
        yield act("database.migrations", f"The tables are older than this program: {names}.", "newsletter manage migrate")
        return
    yield ok("database.migrations", "The tables are those of this program.")
    yield _own_keys()
    yield _backup(clock())
    yield _overdue(clock())
    yield from examine_forgetting(now=clock())


def count_readers() -> int:
    """Give how many subscriptions are open; 0 where the tables are not there."""
    if _pending_migrations():
        return 0
    return Subscription.objects.filter(ended_at=None).count()


def examine_file(file: Path, *, longest: float = LONGEST_LOOK) -> Diagnosis:
    """Read through an SQLite file for damage, for a few seconds at most (sqlite.org/pragma.html, quick_check)."""
    ends = time.monotonic() + longest
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=longest)) as database:
        database.set_progress_handler(lambda: time.monotonic() > ends, 1_000)
        try:
            found = [row[0] for row in database.execute("PRAGMA quick_check(3)")]
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                return skipped("database.whole", f"{file} is large: {longest:g} seconds did not suffice to read it.")
            return problem(
                "database.whole", f"{file} cannot be read: {error}.", "newsletter restore FILE, with your latest backup"
            )
        except sqlite3.DatabaseError as error:
            return problem("database.whole", f"{file} is damaged: {error}.", "newsletter restore FILE, with your latest backup")
    if found != ["ok"]:
        return problem(
            "database.whole",
            f"{file} is damaged: {'; '.join(found)}.",
            "Stop everything that uses it; then newsletter restore FILE, with your latest backup.",
        )
    return ok("database.whole", "No damage was found.")


def _who_answers() -> str:
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}."
    size = _one("SELECT pg_database_size(current_database())")
    return f"PostgreSQL {_one('SHOW server_version')}, {size / 1e6:,.0f} MB."


def _durability() -> Diagnosis:
    if connection.vendor == "sqlite":
        mode, synchronous = _one("PRAGMA journal_mode"), _one("PRAGMA synchronous")
        if mode != "wal" or synchronous < 2:
            return problem(
                "database.durable",
                f"journal_mode is {mode}, synchronous {synchronous}; it takes wal and 2 (FULL) so that nobody is mailed twice.",
                "Move the file to a disk that takes a write-ahead log: a local one.",
            )
        return ok("database.durable", "WAL, synchronous FULL.")
    off = [name for name in ("fsync", "synchronous_commit", "full_page_writes") if _one(f"SHOW {name}") == "off"]
    if off:
        return problem(
            "database.durable",
            f"{', '.join(off)} switched off: after a power cut the server may forget whom it mailed.",
            *(f"ALTER SYSTEM SET {name} = on;" for name in off),
            "SELECT pg_reload_conf();",
        )
    return ok("database.durable", "fsync, synchronous_commit and full_page_writes are on.")


def _pending_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label} {migration.name}" for migration, _ in plan]


def _own_keys() -> Diagnosis:
    try:
        require_own_keys(sealer())
    except SettingsError as error:
        return problem("keys.opens", str(error))
    return _seal_versions() or ok(
        "keys.opens", "The key ring opens the latest readers' values." if count_readers() else "Nothing is stored yet."
    )


def _seal_versions() -> Diagnosis | None:
    """Look whether the ring has the key of every stored value, and whether all have the newest; None where they do."""
    keys, counts = rings().look_again().seal, count_versions()
    missing = sorted(counts.keys() - keys.keys())
    old = sum(number for version, number in counts.items() if version < max(keys))
    if missing:
        return problem(
            "keys.opens",
            f"{sum(counts[version] for version in missing):,} values are sealed with keys that the ring does not have: "
            f"{', '.join(map(str, missing))}.",
            "Put the copy of var/keys.json back that has them; newsletter keys list shows what each has sealed.",
        )
    if old:
        said = f"{old:,} values are still sealed with an older key than {max(keys)}."
        return warning("keys.opens", said, "newsletter keys rotate goes on with them.")
    return None


def _backup(now: datetime) -> Diagnosis:
    backed_up_at = Installation.objects.values_list("backed_up_at", flat=True).first()
    readers = count_readers()
    if backed_up_at is None:
        if not readers:
            return skipped("database.backup", "Nobody is stored yet.")
        return warning("database.backup", f"There was never a backup of {readers:,} readers.", "newsletter backup FILE")
    age = now - backed_up_at
    if age > OLD_BACKUP:
        return warning("database.backup", f"The latest backup is {age.days} days old.", "newsletter backup FILE, every day")
    return ok("database.backup", f"The latest backup is of {backed_up_at:%d %b %Y, %H:%M} UTC.")


def _overdue(now: datetime) -> Diagnosis:
    late = now - PATIENCE
    slots = [*Slot.objects.filter(state=SlotState.SCHEDULED, at__lt=late).order_by("at").values_list("issue", flat=True)[:3]]
    mails = ServiceMail.objects.filter(state=PostState.QUEUED, due_at__lt=late, attempts=0).count()
    if slots or mails:
        waiting = [f"the slot of {issue}" for issue in slots] + ([f"{mails} service mails"] if mails else [])
        return problem(
            "calendar.overdue",
            f"Nobody does what is due: {', '.join(waiting)} should have gone more than ten minutes ago.",
            "newsletter serve, or newsletter scheduler; as a service, see whether it runs: systemctl status newsletter",
        )
    return ok("calendar.overdue", "Nothing waits that should have gone.")


def _server_time() -> datetime:
    found: datetime = _one("SELECT clock_timestamp()")
    return found.astimezone(UTC)


def _one(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]

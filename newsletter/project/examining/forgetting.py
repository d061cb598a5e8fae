"""Whether what has to be forgotten is: who asked for it, what is kept no longer, and the copies that still know them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from newsletter.config import Config
from newsletter.delivery.models import Installation
from newsletter.project.examining.diagnosis import Diagnosis, ok, skipped, warning
from newsletter.project.examining.storage import sqlite_file
from newsletter.subscribers.models import Erasure, Subscriber
from newsletter.subscribers.open_erasures import overdue_steps

PURGED_WITHIN: Final = timedelta(days=3)
"""It is done every day; a weekend without the machine is no fault."""

NAMED: Final = 3
"""Files named in one sentence."""


def examine_forgetting(*, now: datetime) -> Iterator[Diagnosis]:
    """Look whether erasures are done, and whether what is kept no longer is forgotten."""
    late = overdue_steps(now=now)
    if late:
        said = "; ".join(f"{number} of “{name}”" + (f" ({problem})" if problem else "") for name, problem, number in late)
        yield warning(
            "readers.erasures",
            f"Steps of erasures have waited for more than three days: {said}.",
            "newsletter subscribers erasures says what each waits for; they are tried again by newsletter serve or scheduler.",
        )
    else:
        waiting = Erasure.objects.filter(done_at=None).count()
        yield ok("readers.erasures", f"{waiting} to come or under way." if waiting else "Nobody waits to be forgotten.")
    yield _retention(now)


def examine_copies(config: Config, *, now: datetime) -> Diagnosis:
    """Look for copies of the database that are older than [retention] says: who was erased since is still in them."""
    days = config.retention.backups
    folder = config.path(config.retention.backups_in)
    found = [one for one in folder.iterdir() if one.is_file()] if folder.is_dir() else []
    file = sqlite_file(config)
    if file is not None and file.parent.is_dir():
        found += file.parent.glob(f"{file.stem}.before-restore-*{file.suffix}")
    old = sorted(one for one in found if _changed(one) < now - timedelta(days=days))
    if old:
        names = ", ".join(str(one) for one in old[:NAMED]) + (f" and {len(old) - NAMED} more" if len(old) > NAMED else "")
        return warning(
            "database.copies",
            f"Copies of the database are older than {days} days, and know people who were erased since: {names}.",
            *(f"rm {one}" for one in old[:NAMED]),
        )
    if not found:
        return skipped("database.copies", f"There is none in {folder}; copies elsewhere are for you to delete after {days} days.")
    return ok("database.copies", f"None of {len(found)} is older than {days} days.")


def _retention(now: datetime) -> Diagnosis:
    purged_at = Installation.objects.values_list("purged_at", flat=True).first()
    if purged_at is not None and now - purged_at <= PURGED_WITHIN:
        return ok("readers.retention", f"Last looked at on {purged_at:%d %b %Y, %H:%M} UTC.")
    first = Subscriber.objects.order_by("pk").values_list("created_at", flat=True).first()
    if purged_at is None and (first is None or now - first <= PURGED_WITHIN):
        return skipped("readers.retention", "Nothing is old enough yet.")
    said = f"for {(now - purged_at).days} days" if purged_at else "yet"
    return warning(
        "readers.retention",
        f"What is kept no longer was not forgotten {said}.",
        "newsletter purge; newsletter serve and newsletter scheduler do it every day.",
    )


def _changed(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)

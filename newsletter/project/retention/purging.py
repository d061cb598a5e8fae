"""Forgetting what is kept no longer: a step at a time, with a breath between, so that others get at the database as well.

Killed anywhere, the next run finds what is left. Two runs at once share the work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import connection

from newsletter.delivery.models import Installation
from newsletter.project.backup.rings import ROW
from newsletter.project.retention.keeping import Kept

log = structlog.get_logger()

SECURE_DELETE: Final = "PRAGMA secure_delete=ON"
"""SQLite then writes zeros over what it deletes, which is in the file's free pages otherwise (sqlite.org/pragma.html)."""

ONCE_IN: Final = timedelta(hours=23)
"""With a look every hour that is once a day."""

BREATH: Final = 1.0
"""How long others get the database after a transaction, measured in the time that it took."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of something were forgotten, or would be, since it is kept for ``days`` only."""

    what: str
    days: int
    number: int


def look_what_is_to_go(kept: Sequence[Kept]) -> list[Forgotten]:
    """Count what a purge would forget now, and change nothing."""
    return [Forgotten(one.what, one.days, one.count()) for one in kept]


def purge(
    kept: Sequence[Kept],
    *,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    rest: Callable[[float], None] = time.sleep,
) -> list[Forgotten]:
    """Forget what is kept no longer, and write down that it was done; ``stopping`` ends it early, between two transactions."""
    overwrite_what_is_deleted()
    found = [Forgotten(one.what, one.days, _forget(one, stopping=stopping, rest=rest)) for one in kept]
    if not stopping():
        Installation.objects.update_or_create(pk=ROW, defaults={"purged_at": now})
    numbers = {one.what.replace(" ", "_"): one.number for one in found if one.number}
    if numbers:
        log.info("purged", **numbers)
    return found


def is_purge_due(now: datetime) -> bool:
    """Say whether the last purge was a day ago, or there was none."""
    last = Installation.objects.filter(pk=ROW).values_list("purged_at", flat=True).first()
    return last is None or last <= now - ONCE_IN


def overwrite_what_is_deleted() -> None:
    """Have SQLite overwrite what this connection deletes; PostgreSQL's VACUUM gives such room back by itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(SECURE_DELETE)


def _forget(one: Kept, *, stopping: Callable[[], bool], rest: Callable[[float], None]) -> int:
    number = 0
    begun = time.monotonic()
    for gone in one.forget():
        number += gone
        if stopping():
            break
        rest(min(BREATH * (time.monotonic() - begun), 0.2))
        begun = time.monotonic()
    return number

"""How far the taking in of a list has come: written with each chunk, so that it goes on after a crash where it ended."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import datetime

from newsletter.errors import NotAllowedError
from newsletter.subscribers.lists.file import ListFile
from newsletter.subscribers.lists.report import ImportCounts
from newsletter.subscribers.lists.rows import RowDefaults
from newsletter.subscribers.models import ImportRun


@dataclass(slots=True)
class OpenRun:
    """A run that is going on. ``again``: the same list was taken in to its end before, and nobody in it is asked once more."""

    run_id: int
    started_at: datetime
    through: int
    counts: ImportCounts
    again: bool


def fingerprint(listed: ListFile, defaults: RowDefaults, *, ask: bool) -> bytes:
    """Give what tells one run from another: what the list says, and what was said about it."""
    said = "\n".join([defaults.source, defaults.wording, str(defaults.at or ""), str(ask)])
    return hashlib.sha256(listed.digest + said.encode()).digest()


def was_finished(mark: bytes) -> bool:
    """Say whether this list was taken in to its end before."""
    return ImportRun.objects.filter(fingerprint=mark, finished_at__isnull=False).exists()


def begin(mark: bytes, *, now: datetime) -> OpenRun:
    """Begin a run, or go on with the one that was stopped. One that came to its end begins anew."""
    run, _ = ImportRun.objects.get_or_create(fingerprint=mark, defaults={"started_at": now})
    if run.finished_at is not None:
        run.started_at, run.through, run.counts, run.finished_at = now, 0, {"again": True}, None
        run.save()
    counts = {field.name: run.counts.get(field.name, 0) for field in dataclasses.fields(ImportCounts)}
    return OpenRun(run.pk, run.started_at, run.through, ImportCounts(**counts), bool(run.counts.get("again")))


def checkpoint(run: OpenRun, counts: ImportCounts, *, through: int) -> None:
    """Write down that all rows up to ``through`` are stored, with the counts of all of them.

    Call it in the transaction that stores them. Raises NotAllowedError where another process has come in between.
    """
    kept = {**dataclasses.asdict(counts), "again": run.again}
    mine = ImportRun.objects.filter(pk=run.run_id, through=run.through, started_at=run.started_at, finished_at__isnull=True)
    if not mine.update(through=through, counts=kept):
        raise NotAllowedError("Another process is taking in this very list. Wait for it, then say this once more.")


def finish(run: OpenRun, *, now: datetime) -> None:
    """Write down that a list was taken in to its end."""
    ImportRun.objects.filter(pk=run.run_id).update(finished_at=now)

"""Restoring: unpack beside the present database, hold everything in it, carry the goodbyes over, then put it in place.

A crash before the last step leaves the present database, and one after it the new one, in which everything is held: there is
nothing between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery.generations import adopt, remembered_generation
from newsletter.delivery.models import Installation
from newsletter.errors import NotAllowedError, UsageError
from newsletter.keys import KeyRing
from newsletter.project.backup.goodbyes import CarriedOver, carry_over
from newsletter.project.backup.holding import HeldBack, hold_everything
from newsletter.project.backup.opening import open_store
from newsletter.project.backup.rings import ROW, require_ring_of_backup
from newsletter.project.backup.store import Store, reading_before, working_on
from newsletter.subscribers.own_keys import require_own_keys
from newsletter.subscribers.resealing import require_every_key
from newsletter.subscribers.sealing import Sealer


class RestoreStep(StrEnum):
    """What is done, one after the other; each value says what has just been done."""

    ALONE = "nobody else uses the database"
    KEPT = "the present database is kept aside"
    UNPACKED = "the backup is unpacked and whole"
    HELD = "every slot is held and every open send paused in it"
    CARRIED = "who said no since is carried over"
    IN_PLACE = "it is in place"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. ``made_at`` is None for a copy made by hand, ``carried`` where the other could not be read."""

    aside: str
    made_at: datetime | None
    held: HeldBack
    carried: CarriedOver | None


def restore(
    file: Path,
    config: Config,
    ring: KeyRing,
    clock: Clock,
    *,
    person: str,
    system_user: str,
    done: Callable[[RestoreStep], None],
) -> Restored:
    """Put a backup in the place of the present database; nobody is mailed from it until a person has looked.

    ``done`` is told of each step. Raises UsageError when ``file`` is no backup, NotAllowedError when somebody uses the database
    or the backup was sealed with another key ring; the present database is as it was then.
    """
    if not file.is_file():
        raise UsageError(f"There is no file {file}.")
    store = open_store(config, clock)
    remembered = remembered_generation(config)
    with store.alone():
        done(RestoreStep.ALONE)
        before = store.keep_aside()
        done(RestoreStep.KEPT)
        name = store.unpack(file)
        try:
            done(RestoreStep.UNPACKED)
            with working_on(name):
                made_at = _take_in(ring)
                adopt(remembered)
                held = _hold(file, made_at, person=person, system_user=system_user, now=clock())
                done(RestoreStep.HELD)
                carried = _carry(before, now=clock())
                done(RestoreStep.CARRIED)
            aside = store.put_in_place(name)
        except BaseException:
            _discard(store, name)
            raise
        done(RestoreStep.IN_PLACE)
    if store.may_change_meanwhile and carried is not None:
        # What was said between the first look and the exchange; nothing is sent meanwhile, since all is held.
        carried = carried.plus(_carry(aside, now=clock()))
    return Restored(aside, made_at, held, carried)


def _take_in(ring: KeyRing) -> datetime | None:
    """Bring an unpacked backup to this program's tables, and make sure that it can be read; give when it was made."""
    executor = MigrationExecutor(connection)
    unknown = set(executor.loader.applied_migrations) - set(executor.loader.graph.nodes)
    if not executor.loader.applied_migrations:
        raise UsageError("There is no newsletter in this file. Nothing was changed.")
    if unknown:
        raise NotAllowedError(
            "This backup was made by a newer program than this one. Install that first, then restore. Nothing was changed."
        )
    call_command("migrate", verbosity=0)
    installation = Installation.objects.filter(pk=ROW).first()
    require_ring_of_backup(installation.ring if installation else "", ring)
    require_own_keys(Sealer(ring))
    require_every_key(ring)
    return installation.backed_up_at if installation else None


def _hold(file: Path, made_at: datetime | None, *, person: str, system_user: str, now: datetime) -> HeldBack:
    since = f"{made_at:%Y-%m-%d %H:%M} UTC" if made_at else "an unknown time"
    why = f"restored from a backup of {since}: look whether it went out after that"
    return hold_everything(why, person=person, note=f"{file.name}, of {since}", now=now, system_user=system_user)


def _carry(before: str | None, *, now: datetime) -> CarriedOver | None:
    if before is None:
        return None
    with reading_before(before) as alias:
        try:
            return carry_over(alias, now=now)
        except DatabaseError:
            # Nothing of ours was ever in it, or it is too damaged to be read.
            return None


def _discard(store: Store, name: str) -> None:
    connection.close()
    store.discard(name)

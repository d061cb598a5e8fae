"""The key ring of a running process: whoever changed it in another one need not restart this one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Final, Generic, TypeVar

import structlog

from newsletter.errors import SettingsError
from newsletter.keys.file import read_key_file
from newsletter.keys.ring import KeyRing

T = TypeVar("T")

LOOK_EVERY: Final = 1.0
"""Seconds after which it is looked whether the file was changed: what a key is changed for takes effect as soon everywhere."""

log = structlog.get_logger()


class RingInUse:
    """The key ring as it is now: of ``file``, looked at every few seconds; without one it stays as it is."""

    def __init__(self, ring: KeyRing, file: Path | None = None) -> None:
        self._ring = ring
        self._file = file
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] | None = None
        """What the file looked like when it was read; nothing yet, for it may have changed since ``ring`` was."""
        self._look_at = 0.0
        self._said = ""

    def ring(self) -> KeyRing:
        """Give the ring, at most LOOK_EVERY seconds behind its file."""
        if monotonic() >= self._look_at:
            self.look_again()
        return self._ring

    def look_again(self) -> KeyRing:
        """Give the ring of this moment: a value or a link may name a key that another process has just made."""
        with self._lock:
            self._look_at = monotonic() + LOOK_EVERY
            if self._file is not None:
                self._look(self._file)
            return self._ring

    def _look(self, file: Path) -> None:
        try:
            status = os.stat(file)  # noqa: PTH116 - a third of the time of Path.stat
            looks = (status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode)
            if looks == self._seen:
                return
            found = read_key_file(file)
        except SettingsError as error:
            # It is said once, and the old one works on: half a file may be whole in a moment.
            self._say(str(error))
        except OSError as error:
            self._say(f"{file} cannot be read: {error.strerror}.")
        else:
            self._seen = looks
            self._take(found, file)

    def _take(self, found: KeyRing, file: Path) -> None:
        mine = self._ring
        if found.lookup != mine.lookup:
            self._say(f"{file} is another installation's now: nobody would be found with it. Put the one back that was there.")
            return
        lost = sorted(mine.seal.keys() - found.seal.keys())
        self._said = ""
        # What this process can open it goes on opening. A link key is never taken away, and none comes back from retirement.
        merged = replace(
            found,
            seal={**mine.seal, **found.seal},
            link={**mine.link, **found.link},
            retired_links=mine.retired_links | found.retired_links,
        )
        if merged != mine:
            self._ring = merged
            log.info("key ring read again", seals_with=max(merged.seal), signs_with=max(merged.link))
        if lost and lost[-1] > max(found.seal):
            self._say(f"{file} is an older one: it does not have seal key {lost[-1]}, which is in use. Put the newer one back.")

    def _say(self, problem: str) -> None:
        if problem != self._said:
            log.error("key ring not read again", problem=problem)
        self._said = problem


class MadeOfRing(Generic[T]):
    """What is made of the key ring once, and anew where that has changed; calling it gives it."""

    def __init__(self, rings: Callable[[], RingInUse], make: Callable[[RingInUse], T]) -> None:
        self._rings = rings
        self._make = make
        self._made: tuple[KeyRing, T] | None = None

    def __call__(self) -> T:
        """Give what is made of the ring that is in use now."""
        rings = self._rings()
        ring, made = rings.ring(), self._made
        if made is None or made[0] is not ring:
            made = self._made = (ring, self._make(rings))
        return made[1]

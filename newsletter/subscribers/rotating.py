"""From an older seal key to the newest one: pass after pass, until no process seals with the old one any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Final

from newsletter.keys.in_use import LOOK_EVERY, RingInUse
from newsletter.sealing import RowSeal
from newsletter.subscribers.resealing import reseal_once

SETTLED_AFTER: Final = 2.5 * LOOK_EVERY
"""Seconds after which every process seals with a key that was made before."""

MOST_PASSES: Final = 6
"""The first seals the list, the second what others wrote meanwhile; what the sixth still finds, somebody goes on writing."""


class RotationEnd(StrEnum):
    """How sealing everything again ended."""

    DONE = "done"
    STOPPED = "stopped"
    OTHERS_SEAL_WITH_AN_OLD_KEY = "others seal with an old key"


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of it. ``damaged`` values do not open, ``without_key`` ones need a key that the ring does not have."""

    end: RotationEnd
    version: int
    resealed: int
    damaged: int
    without_key: int
    seconds: float


def reseal_everything(
    rings: RingInUse, *, stop: threading.Event, tell: Callable[[int], None], settled_after: float = SETTLED_AFTER
) -> Rotation:
    """Seal every value again that an older key sealed, and return when nobody seals with one any more.

    ``tell`` is told how many rows were looked at. May be killed at any moment, and run again or in two processes.
    """
    ring = rings.look_again()
    newest, seal = max(ring.seal), RowSeal(ring.seal)
    began, resealed = monotonic(), 0

    def ended(end: RotationEnd) -> Rotation:
        return Rotation(end, newest, resealed, result.damaged, result.without_key, monotonic() - began)

    for number in range(MOST_PASSES):
        pass_began = monotonic()
        result = reseal_once(seal, newest, stop=stop, tell=tell)
        resealed += result.resealed
        if stop.is_set():
            return ended(RotationEnd.STOPPED)
        untouched = result.resealed + result.overtaken == 0
        if untouched and pass_began - began >= settled_after:
            return ended(RotationEnd.DONE)
        if number + 1 < MOST_PASSES:
            # The next pass begins when whatever this one came too early for is written with the new key.
            wait = settled_after if number else began + settled_after - monotonic()
            stop.wait(max(wait, 0.0))
    return ended(RotationEnd.OTHERS_SEAL_WITH_AN_OLD_KEY)

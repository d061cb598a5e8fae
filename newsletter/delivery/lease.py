"""The clock that leases are measured by: one that no step of the wall clock moves, and that two workers share.

On PostgreSQL it is the database server's; on SQLite it is this machine's time since boot, named by the boot's id, since only
processes of one machine share an SQLite file.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from django.db import connection

SINCE_BOOT: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class LeaseTime:
    """A moment of the lease clock: seconds, and the epoch that they are counted in."""

    epoch: str
    seconds: float


LeaseClock = Callable[[], LeaseTime]
"""Reads the lease clock inside the caller's transaction."""


def read_lease_clock() -> LeaseTime:
    """Read the lease clock of the database in use."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            return LeaseTime("database", float(cursor.fetchone()[0]))
    return read_boot_clock()


def read_boot_clock(boot_id: Path = BOOT_ID) -> LeaseTime:
    """Give the seconds since this machine's boot.

    Where the system does not name its boots (only Linux does), a lease from before a reboot lies in the future, or
    expires as any other.
    """
    return LeaseTime(_name_of_this_boot(boot_id), seconds_since_boot())


def seconds_since_boot() -> float:
    """Give the seconds since this machine's boot; on Linux the time that it slept counts."""
    return time.clock_gettime(SINCE_BOOT)


@cache
def _name_of_this_boot(boot_id: Path) -> str:
    return boot_id.read_text("ascii").strip() if boot_id.exists() else "boot"

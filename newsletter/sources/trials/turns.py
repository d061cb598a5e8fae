"""Whose turn it is to ask a host: all of a process's threads together keep the distance that one of them would."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class Turns:
    """When each host may be asked next, in seconds of a monotonic clock that the caller reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}

    def take(self, host: str, *, now: float, interval: float, longest: float) -> float:
        """Give the seconds until the host's next turn, and book that turn unless they are more than ``longest``."""
        with self._lock:
            at = max(now, self._free_at.get(host, now))
            if at - now <= longest:
                self._free_at[host] = at + interval
            return at - now

    def close(self, host: str, *, until: float) -> None:
        """Let nobody ask the host before then: it said so itself (Retry-After)."""
        with self._lock:
            self._free_at[host] = max(until, self._free_at.get(host, until))


OF_THIS_PROCESS = Turns()
"""The turns that count: two threads of ``newsletter serve`` must not ask twice in one interval."""


def seconds_asked_for(retry_after: str, *, now: datetime) -> float | None:
    """Read a Retry-After, seconds or an HTTP date (RFC 9110, 10.2.3); None when there is none that makes sense."""
    value = retry_after.strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    # An obsolete asctime date has no zone; HTTP's dates are in UTC.
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())

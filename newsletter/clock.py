"""The time of day comes in through here, so that a test or the demo can hold it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment as an aware datetime."""


def system_clock() -> datetime:
    """Give the present moment in UTC."""
    return datetime.now(UTC)

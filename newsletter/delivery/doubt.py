"""What is asked about an unknown delivery, and what evidence says: the words that every source of evidence shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from newsletter.delivery.models import BounceKind, Outcome


class Verdict(StrEnum):
    """What evidence shows of a delivery that was lost sight of."""

    TAKEN = "taken"
    """The other side took it: a copy left, whatever became of it then."""
    REFUSED = "refused"
    """The other side refused it for good: no copy left, and another attempt would end alike."""
    NEVER_LEFT = "never left"
    """Certainly no copy left or ever will: it may be queued again."""
    NOT_FOUND = "not found"
    """The evidence says nothing of it; it stays unknown."""


@dataclass(frozen=True, slots=True)
class InDoubt:
    """An unknown delivery. ``call`` is the provider's name for the call that it was in and ``send_at`` when that takes effect."""

    key: str
    address: str = field(repr=False)
    call: str = ""
    send_at: float | None = None


@dataclass(frozen=True, slots=True)
class Clue:
    """What one source says of one delivery; ``reason`` names no person. ``at`` is when it was taken, where that is known.

    ``bounce`` says of which kind its bounce was, where the source tells.
    """

    key: str
    verdict: Verdict
    at: datetime | None = None
    outcome: Outcome | None = None
    reason: str = ""
    bounce: BounceKind = BounceKind.NONE

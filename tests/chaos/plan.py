"""What a campaign plays with: its size, its seed, and how often the servers fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.chaos.sendgrid_server import SendgridFault
from tests.chaos.smtp_server import SmtpFault

SMTP_RATES: Final[Mapping[str, float]] = {**dict.fromkeys(SmtpFault, 0.0002), SmtpFault.STORED_AND_STALLED: 0.00005}
SENDGRID_RATES: Final[Mapping[str, float]] = {**dict.fromkeys(SendgridFault, 0.02), SendgridFault.STORED_AND_STALLED: 0.004}
IN_DOUBT: Final = {
    SmtpFault.DROP_IN_MESSAGE,
    SmtpFault.STORED_AND_DROPPED,
    SmtpFault.LOST_AND_DROPPED,
    SmtpFault.STORED_AND_STALLED,
    SendgridFault.UNREAD,
    SendgridFault.STORED_AND_LOST,
    SendgridFault.STORED_AND_STALLED,
    SendgridFault.STORED_AND_500,
    SendgridFault.NOT_STORED_AND_500,
    SendgridFault.NOT_STORED_AND_503,
}
"""Faults of servers after which their client cannot know what became of the mails."""

MOST_IN_A_CALL: Final = 1_000
SENDGRID_CALLS_AT_ONCE: Final = 2


@dataclass(frozen=True)
class Campaign:
    """What is played. ``faults`` of our own side are dealt, ``every`` so many seconds on average; the servers' come by rates.

    More than ``sends`` are begun where faults are left to deal when these are over; none after ``seconds``.
    """

    name: str
    transport: str
    readers: int
    sends: int
    faults: int
    seed: int
    every: float = 0.4
    database: str = ""
    connections: int = 5
    lock_for: float = 2.5
    seconds: float = 600

    @property
    def window(self) -> int:
        """How many may be in flight or unrecorded in one worker."""
        return self.connections + 20 if self.transport == "smtp" else MOST_IN_A_CALL * SENDGRID_CALLS_AT_ONCE

    @property
    def doubted(self) -> int:
        """How many one fault of the server leaves in doubt."""
        return 1 if self.transport == "smtp" else MOST_IN_A_CALL

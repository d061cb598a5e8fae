"""What a worker knows of a batch that it has claimed, between two steps of the ledger."""

from __future__ import annotations

import asyncio

from newsletter.delivery.handovers import Record
from newsletter.delivery.lease import seconds_since_boot
from newsletter.delivery.ledger import Claim, Marked


class BatchInHand:
    """A claimed batch: what is marked and not yet answered, and what is answered and not yet recorded.

    ``halted``: its send was paused or cancelled, so that nothing more of it is begun; ``complaint`` says why it is to be paused.
    """

    def __init__(self, claim: Claim) -> None:
        """``renewed`` is on the boot clock, ``paced_until`` on the monotonic one."""
        self.claim = claim
        self.marked: dict[int, Marked] = {}
        self.records: list[Record] = []
        self.exhausted = False
        self.halted = False
        self.complaint = ""
        self.paced_until = 0.0
        self.renewed = seconds_since_boot()
        self.wake = asyncio.Event()

    @property
    def unrecorded(self) -> int:
        """How many are in doubt, should the process die now."""
        return len(self.marked) + len(self.records)

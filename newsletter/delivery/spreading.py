"""Spreading a send over a window: each delivery is due at its place in the audience, and not before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

SECONDS_TOGETHER: Final = 5.0
"""Deliveries become due in clumps as far apart as two looks for work: one by one, each would be a claim and a commit."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A window of ``seconds`` from ``begin`` (Unix seconds), for the subscriptions from ``first`` to ``last``."""

    begin: float
    seconds: float
    first: int
    last: int

    def due_at(self, subscription_id: int) -> float:
        """Give the moment (Unix seconds) from which one is due; 0, which is at once, where nothing is spread.

        It grows with the id, so that a batch's deliveries become due in their order.
        """
        if self.seconds <= 0:
            return 0.0
        place = (subscription_id - self.first) / max(self.last - self.first, 1)
        clump = math.ceil(min(max(place, 0.0), 1.0) * self.seconds / SECONDS_TOGETHER)
        return self.begin + min(clump * SECONDS_TOGETHER, self.seconds)

"""What a full run came to: as a table for people, as JSON for whoever compares runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.campaign import Account
from tests.chaos.measures import LeftByOneKill, Recovery

COLUMNS = ("campaign", "deliveries", "faults", "held", "failed", "doubled", "forgotten", "unknown", "after", "seconds")


@dataclass(frozen=True)
class Summary:
    """Of one full run, or of what there is of it."""

    seed: int
    accounts: Sequence[Account] = ()
    kills: Sequence[LeftByOneKill] = ()
    recoveries: Sequence[Recovery] = ()

    @property
    def seconds(self) -> float:
        """Of all campaigns."""
        return sum(one.seconds for one in self.accounts)

    @property
    def complaints(self) -> list[str]:
        """Everything that is not as it should be."""
        found = [f"{one.campaign.name}: {complaint}" for one in self.accounts for complaint in one.complaints]
        found += [
            f"a kill left {max(one.marked)} with {one.connections} connections" for one in self.kills if not one.within_limit
        ]
        return found + [f"recovery took {max(one.seconds):.1f} s" for one in self.recoveries if not one.within_limit]

    @property
    def deliveries(self) -> int:
        """Of all campaigns."""
        return sum(one.after.deliveries for one in self.accounts)

    def to_text(self) -> str:
        """Give the table."""
        rows = [COLUMNS, *(_row(one) for one in self.accounts), _total(self.accounts)]
        widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        dealt, suffered = self._faults()
        lines += ["", "faults of ours: " + _in_words(dealt), "faults of the servers: " + _in_words(suffered)]
        lines += [
            f"left marked by one kill -9, {one.connections} connections: {', '.join(map(str, one.marked))} "
            f"(held by the server: {', '.join(map(str, one.held))}; limit {one.connections + 20})"
            for one in self.kills
        ]
        lines += [f"recovery after kill -9: {', '.join(f'{one:.1f}' for one in found.seconds)} s" for found in self.recoveries]
        lines += [f"seed {self.seed}, {self.seconds:.0f} s", *(f"COMPLAINT: {one}" for one in self.complaints)]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Give the same for a machine."""
        dealt, suffered = self._faults()
        return {
            "seed": self.seed,
            "seconds": round(self.seconds),
            "deliveries": self.deliveries,
            "faults": {"ours": dict(dealt), "servers": dict(suffered)},
            "campaigns": [dict(zip(COLUMNS, _row(one), strict=True)) for one in self.accounts],
            "left_by_one_kill": {one.connections: one.marked for one in self.kills},
            "recovery_seconds": [one for found in self.recoveries for one in found.seconds],
            "complaints": self.complaints,
        }

    def _faults(self) -> tuple[Counter[str], Counter[str]]:
        dealt: Counter[str] = Counter()
        suffered: Counter[str] = Counter()
        for one in self.accounts:
            dealt += one.dealt
            suffered += one.suffered
        return dealt, suffered


def _in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in counts.most_common()) or "none"


def _row(one: Account) -> tuple[str, ...]:
    last = one.after
    numbers = (last.deliveries, one.faults, last.held, last.handovers.get("failed", 0), last.doubled, last.forgotten)
    return (one.campaign.name, *map(str, numbers), str(one.before.unknown), str(last.unknown), f"{one.seconds:.0f}")


def _total(accounts: Sequence[Account]) -> tuple[str, ...]:
    sums = [sum(int(_row(one)[place]) for one in accounts) for place in range(1, len(COLUMNS))]
    return ("all", *map(str, sums))

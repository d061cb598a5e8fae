"""Chance that is the same every time: which fault strikes depends on the seed and on what it strikes, never on timing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class FaultPlan:
    """Which fault strikes what.

    ``rates`` give each kind its share of all occasions; ``script`` names what strikes one thing at its first, second, third …
    occasion, and then nothing more by chance ("" strikes nothing).
    """

    seed: int = 0
    rates: Mapping[str, float] = field(default_factory=dict)
    script: Mapping[str, Sequence[str]] = field(default_factory=dict)
    _occasions: dict[str, int] = field(default_factory=dict)

    def strike(self, what: str, kinds: Sequence[str]) -> str:
        """Give the fault of one of ``kinds`` that strikes ``what`` this time; empty: none does."""
        occasion = self._occasions[what] = self._occasions.get(what, -1) + 1
        scripted = self.script.get(what)
        if scripted is not None:
            return scripted[occasion] if occasion < len(scripted) else ""
        if not self.rates:
            return ""
        drawn = _draw(f"{self.seed}:{what}:{occasion}")
        for kind in kinds:
            drawn -= self.rates.get(kind, 0)
            if drawn < 0:
                return kind
        return ""


def _draw(text: str) -> float:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big") / 2**56

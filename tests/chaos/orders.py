"""What a worker is told: one value that travels from the test to the process as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """``act`` is one of ``acts.ACTS``, with its ``arguments``.

    ``plant`` breaks the product by name (``plants.PLANTS``). At its ``passing``-th passing of the named ``step`` the process
    deals itself the ``blow``: "kill" or "stop". ``clock_seed`` lets its wall clock jump by hours; ``full_disk`` gives seconds
    between moments at which it cannot write a byte.
    """

    act: str
    arguments: dict[str, Any] = field(default_factory=dict)
    name: str = "worker"
    plant: str = ""
    step: str = ""
    passing: int = 1
    blow: str = "kill"
    clock_seed: int | None = None
    full_disk: float = 0

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Order:
        return Order(**json.loads(text))

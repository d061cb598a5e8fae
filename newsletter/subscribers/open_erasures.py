"""Where erasures stand: what is done, and what still waits for what. Nothing in it names anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from newsletter.subscribers.models import Erasure, ErasureStep

OVERDUE: Final = timedelta(days=3)
"""A step that has waited for so long after its erasure was due needs a person."""


@dataclass(frozen=True, slots=True)
class StandingErasure:
    """One erasure. ``waiting`` are the steps still to be done, each with what keeps it, "" where nothing is known to."""

    erasure_id: int
    reason: str
    asked_at: datetime
    due_at: datetime
    done_at: datetime | None
    waiting: Sequence[tuple[str, str]]


def standing_erasures(*, latest: int) -> list[StandingErasure]:
    """Give every erasure that is not done, and the latest that are, the latest first."""
    open_ones = list(Erasure.objects.filter(done_at__isnull=True).order_by("-pk"))
    done = list(Erasure.objects.filter(done_at__isnull=False).order_by("-pk")[:latest])
    waiting: dict[int, list[tuple[str, str]]] = {}
    steps = ErasureStep.objects.filter(done_at__isnull=True, erasure__in=[one.pk for one in open_ones]).order_by("pk")
    for erasure_id, name, problem in steps.values_list("erasure_id", "name", "problem"):
        waiting.setdefault(erasure_id, []).append((name, problem))
    return [
        StandingErasure(one.pk, one.reason, one.asked_at, one.due_at, one.done_at, waiting.get(one.pk, ()))
        for one in (*open_ones, *done)
    ]


def overdue_steps(*, now: datetime) -> list[tuple[str, str, int]]:
    """Give the steps that have waited too long, by name, with a problem that one of them has, and how many they are."""
    late = ErasureStep.objects.filter(done_at__isnull=True, erasure__due_at__lt=now - OVERDUE).order_by("pk")
    found: dict[str, tuple[str, int]] = {}
    for name, problem in late.values_list("name", "problem"):
        known, number = found.get(name, ("", 0))
        found[name] = (problem or known, number + 1)
    return [(name, problem, number) for name, (problem, number) in found.items()]

"""Objections that stand: who asked for changes to the latest candidate and has not approved it since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from newsletter.publishing.models import Candidate, Objection


def standing_objections(candidate: Candidate) -> Sequence[Objection]:
    """Give the objections that stand in the way of a candidate's release, the oldest first.

    They end when the same person approves it, or with another candidate: ``turn`` tells this one from itself come back.
    """
    return list(Objection.objects.filter(candidate=candidate, turn=candidate.turn, lifted_at=None).order_by("pk"))


def lift_objections(candidate: Candidate, *, person: str, now: datetime) -> None:
    """End a person's objections to a candidate, because they approve it."""
    Objection.objects.filter(candidate=candidate, person=person, lifted_at=None).update(lifted_at=now)

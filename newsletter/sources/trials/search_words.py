"""The words that editors use for a search, on the command line and in ``issues/trials.toml`` alike → a ``TrialSearch``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from newsletter.errors import UsageError
from newsletter.sources.trials.places import find_place
from newsletter.sources.trials.search import DEFAULT_WITHIN_MILES, PHASES, STATUSES, TrialSearch

_DISTANCE = re.compile(r"([0-9]{1,5}(?:\.[0-9]+)?)\s*(mi|miles?|km)?", re.IGNORECASE)
_MILES_A_KILOMETRE = 0.621371


def build_search(
    *,
    text: str = "",
    condition: str = "",
    near: str = "",
    within: str = "",
    status: Sequence[str] = (),
    phase: Sequence[str] = (),
) -> TrialSearch:
    """Make a search of what somebody wrote. Raises UsageError."""
    if within and not near:
        raise UsageError("A distance needs a place: say near which ZIP code or town, too.")
    return TrialSearch(
        text=text,
        condition=condition,
        near=find_place(near) if near else None,
        within_miles=read_distance(within) if within else DEFAULT_WITHIN_MILES,
        statuses=_together(STATUSES, status or ["recruiting"], "status"),
        phases=_together(PHASES, phase, "phase"),
    )


def read_distance(text: str) -> float:
    """Read "50mi", "50" (miles as well) or "80km", in miles. Raises UsageError."""
    match = _DISTANCE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"“{text}” is no distance. Write it as 50mi or 80km.")
    miles = float(match[1])
    return round(miles * _MILES_A_KILOMETRE, 1) if (match[2] or "").lower() == "km" else miles


def read_status(word: str) -> tuple[str, ...]:
    """Give the registry's statuses for an editor's word. Raises UsageError."""
    return _together(STATUSES, [word], "status")


def read_phase(word: str) -> tuple[str, ...]:
    """Give the registry's phases for an editor's word. Raises UsageError."""
    return _together(PHASES, [word], "phase")


def _together(known: Mapping[str, tuple[str, ...]], words: Sequence[str], what: str) -> tuple[str, ...]:
    values: list[str] = []
    for word in words:
        if word not in known:
            raise UsageError(f"“{word}” is no {what}. There are: {', '.join(known)}.")
        values += known[word]
    return tuple(dict.fromkeys(values))

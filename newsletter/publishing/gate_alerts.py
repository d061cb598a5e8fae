"""What people are told of trials at the release gate: that one stopped an issue, that it waits, or that a trial needs a look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from newsletter.checking.trials import ABSENT
from newsletter.config import Config
from newsletter.publishing.alerts import ALERTS_LAST, EDITORS_AND_PUBLISHERS, Occasion, Reader
from newsletter.publishing.approving import APPROVING_ROLES
from newsletter.publishing.cadence import next_dates
from newsletter.publishing.candidates import latest_candidate
from newsletter.publishing.models import HeldFor, Slot, SlotState
from newsletter.publishing.trial_gate import TrialStop
from newsletter.publishing.trial_overrides import override_command, stops_left

WAITS_BEFORE_A_MAIL: Final = timedelta(minutes=15)
"""A registry that gives no answer for so long may go on like that; people can decide while the grace lasts."""

WAYS: Final = ("close", "drop", "override")


def is_held_for_trials(slot: Slot) -> bool:
    """Say whether the gate named trials for which it held a slot."""
    return bool(slot.stops) and slot.held_for in {HeldFor.GATE, HeldFor.MISSED}


def stopped(slot: Slot, key: str, *, now: datetime) -> Occasion:
    """Tell which trials hold a slot, and the ways to go on."""
    stops = [TrialStop.of(kept) for kept in slot.stops]
    return Occasion(
        key,
        "alert-stopped",
        slot.issue,
        EDITORS_AND_PUBLISHERS,
        now + ALERTS_LAST,
        lambda reader: _values(slot, stops, reader, now=now),
    )


def find_gate_occasions(slot: Slot, config: Config, now: datetime) -> Iterator[Occasion]:
    """Tell of a slot that waits for the registry, and of one that went out with something to look at."""
    until = slot.at + timedelta(hours=config.cadence.grace_hours)
    if slot.state == SlotState.SCHEDULED and slot.at + WAITS_BEFORE_A_MAIL <= now <= until:
        yield from _waiting(slot, until=until, now=now)
    if slot.state == SlotState.RELEASED and slot.warnings:
        yield _went_out(slot, now=now)


def _waiting(slot: Slot, *, until: datetime, now: datetime) -> Iterator[Occasion]:
    candidate = latest_candidate(slot.issue)
    stops = stops_left(slot, candidate) if candidate else ()
    if stops:
        key = f"trial-waits/{slot.issue}/{slot.at.timestamp():.0f}"
        yield Occasion(
            key,
            "alert-stopped",
            slot.issue,
            EDITORS_AND_PUBLISHERS,
            until,
            lambda reader: _values(slot, stops, reader, now=now, until=until),
        )


def _went_out(slot: Slot, *, now: datetime) -> Occasion:
    warnings = list(slot.warnings)
    key = f"trial-warnings/{slot.pk}/{slot.candidate_id}"
    return Occasion(
        key, "alert-warnings", slot.issue, EDITORS_AND_PUBLISHERS, now + ALERTS_LAST, lambda _reader: {"warnings": warnings}
    )


def _values(
    slot: Slot, stops: Sequence[TrialStop], reader: Reader, *, now: datetime, until: datetime | None = None
) -> Mapping[str, object]:
    me = reader.key if set(reader.person.roles) & set(APPROVING_ROLES) else "PERSON"
    again = f"newsletter schedule {slot.issue} --at {next_dates(reader.config.cadence, now, 1)} --as {reader.key}"
    return {
        "when": reader.moment(slot.at),
        "until": reader.moment(until) if until else "",
        "trials": [{"stop": stop, "ways": ways(slot.issue, stop, me)} for stop in stops],
        "approving": _approving(slot.issue, reader),
        "schedule": again if slot.held_for == HeldFor.MISSED else "",
    }


def ways(issue: str, stop: TrialStop, me: str) -> Mapping[str, str]:
    """Give what to type for each way to go on with an issue that a trial stops; nothing can be said closed that is not there."""
    commands = {
        "close": f"newsletter trials close {issue} {stop.nct_id}",
        "drop": f"newsletter trials drop {issue} {stop.nct_id}",
        "override": override_command(issue, stop, me),
    }
    return {way: commands[way] for way in WAYS if not (way == "close" and stop.said == ABSENT)}


def _approving(issue: str, reader: Reader) -> Sequence[str]:
    me = reader.key if "editor" in reader.person.roles else "PERSON"
    return [f"newsletter approve {issue} --role editor --as {me}", f"newsletter request-review {issue}"]

"""What people are told about the calendar: a slot that comes near without an approved candidate, and one that is held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.config import Config
from newsletter.publishing.alerts import (
    ALERTS_LAST,
    EDITORS_AND_PUBLISHERS,
    Occasion,
    Reader,
    find_act,
    people_with,
    without_addresses,
)
from newsletter.publishing.approving import APPROVING_ROLES, ApprovingRole, missing_approvals
from newsletter.publishing.cadence import next_dates
from newsletter.publishing.candidates import latest_candidate
from newsletter.publishing.gate_alerts import find_gate_occasions, is_held_for_trials, stopped
from newsletter.publishing.models import HeldFor, Slot, SlotState
from newsletter.publishing.objections import standing_objections


@dataclass(frozen=True, slots=True)
class Missing:
    """What keeps an issue from being approved: roles that did not say yes, people who asked for changes."""

    roles: Sequence[ApprovingRole]
    objecting: Sequence[str]


def find_slot_occasions(config: Config, now: datetime) -> Iterator[Occasion]:
    """Give what there is to be told about slots, as the calendar stands now."""
    for slot in Slot.objects.exclude(state=SlotState.RELEASED, at__lte=now - ALERTS_LAST).order_by("at"):
        yield from find_gate_occasions(slot, config, now)
        if slot.state == SlotState.RELEASED:
            continue
        if slot.state == SlotState.HELD:
            yield from _held(slot, now=now)
        days = [days for days in config.alerts.days_before_slot if now >= slot.at - timedelta(days=days)]
        if now < slot.at and days:
            yield from _unapproved(slot, min(days), config=config, now=now)


def find_missing(issue: str) -> Missing:
    """Say what the latest candidate of an issue lacks; nothing when it may go out."""
    candidate = latest_candidate(issue)
    if candidate is None:
        return Missing(tuple(APPROVING_ROLES), ())
    return Missing(missing_approvals(candidate), [one.person for one in standing_objections(candidate)])


def _unapproved(slot: Slot, days: int, *, config: Config, now: datetime) -> Iterator[Occasion]:
    missing = find_missing(slot.issue)
    if not (missing.roles or missing.objecting):
        return

    def values(reader: Reader) -> Mapping[str, object]:
        zone = ZoneInfo(config.cadence.timezone)
        return {
            "days": (slot.at.astimezone(zone).date() - now.astimezone(zone).date()).days,
            "when": reader.moment(slot.at),
            "missing": [{"role": reader.words.say("review", role), "people": _names(role, config)} for role in missing.roles],
            "objecting": ", ".join(config.people[key].name if key in config.people else key for key in missing.objecting),
            "commands": _approving(slot.issue, missing, reader),
        }

    key = f"unapproved/{slot.issue}/{slot.at.timestamp():.0f}/{days}"
    yield Occasion(key, "alert-unapproved", slot.issue, EDITORS_AND_PUBLISHERS, slot.at, values)


def _held(slot: Slot, *, now: datetime) -> Iterator[Occasion]:
    """Tell of a hold, unless it and its slot are long past: then nobody waits for it."""
    act = find_act("hold", slot.issue)
    if max(slot.at, act.at if act else slot.at) < now - ALERTS_LAST:
        return
    key = f"held/{act.pk}" if act else f"held/{slot.issue}/{slot.at.timestamp():.0f}/{slot.held_for}"
    if is_held_for_trials(slot):
        yield stopped(slot, key, now=now)
        return
    by = act.person if act and slot.held_for == HeldFor.PERSON else ""

    def values(reader: Reader) -> Mapping[str, object]:
        return {
            "held_for": slot.held_for,
            "reason": without_addresses(slot.reason),
            "when": reader.moment(slot.at),
            "commands": _mending(slot, reader, now=now),
        }

    yield Occasion(key, "alert-held", slot.issue, EDITORS_AND_PUBLISHERS, now + ALERTS_LAST, values, but=by)


def _mending(slot: Slot, reader: Reader, *, now: datetime) -> Sequence[str]:
    """Give what to type about a held slot."""
    issue, by = slot.issue, f"--as {reader.key}"
    unhold = f'newsletter unhold {issue} --because "…" {by}'
    approving = _approving(issue, find_missing(issue), reader)
    match slot.held_for:
        case HeldFor.APPROVAL:
            return approving
        case HeldFor.MISSED:
            return [*approving, f"newsletter schedule {issue} --at {next_dates(reader.config.cadence, now, 1)} {by}"]
        case HeldFor.GATE:
            return [f"newsletter check {issue}", *approving, unhold]
        case HeldFor.RESTORE:
            return [f"newsletter status {issue}", unhold]
        case _:
            return [unhold]


def _approving(issue: str, missing: Missing, reader: Reader) -> Sequence[str]:
    """Give what to type so that an issue is approved."""
    commands = []
    if "editor" in missing.roles:
        me = reader.key if "editor" in reader.person.roles else "PERSON"
        commands.append(f"newsletter approve {issue} --role editor --as {me}")
    if "medical" in missing.roles:
        commands.append(f"newsletter request-review {issue}")
    if missing.objecting:
        commands.append(f"newsletter reviews {issue}")
    return commands


def _names(role: ApprovingRole, config: Config) -> str:
    return ", ".join(config.people[key].name for key in people_with(config, [role]))

"""The release gate: whether the candidate of a due slot may be handed to delivery, or why not, in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from newsletter.checking.trials import TrialVerdict
from newsletter.errors import NotAllowedError
from newsletter.publishing.approving import APPROVING_ROLES, missing_approvals, role_in_words
from newsletter.publishing.audit import record_act
from newsletter.publishing.cadence import in_words, time_zone
from newsletter.publishing.candidates import frozen_editions, latest_candidate
from newsletter.publishing.models import Candidate, HeldFor, Slot, SlotState
from newsletter.publishing.objections import standing_objections
from newsletter.publishing.slots import move_slot
from newsletter.publishing.trial_checks import next_asking
from newsletter.publishing.trial_gate import TrialLook, TrialStop, look_at_trials
from newsletter.settings import Cadence


@dataclass(frozen=True, slots=True)
class Released:
    """The candidate is delivery's now. ``warnings`` are what a person should know of its trials, though nothing stopped it."""

    candidate_id: int
    slot_id: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A person has to look first; the slot stays held until they unhold it or give it another hour."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not now, but the next tick may find it well; nothing was changed."""

    reasons: tuple[str, ...]


@dataclass(slots=True)
class _Obstacles:
    """What the gate found: ``now`` needs a person, ``maybe_later`` may settle itself while the grace lasts.

    ``stops`` are the trials among them.
    """

    now: list[str] = field(default_factory=list)
    maybe_later: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    stops: list[TrialStop] = field(default_factory=list)


@transaction.atomic
def release_slot(
    slot_id: int,
    *,
    now: datetime,
    cadence: Cadence,
    verdicts: Sequence[TrialVerdict],
    leaves_machine: bool,
    not_yet: str = "",
    system_user: str = "scheduler",
) -> Released | Held | Waiting:
    """Release a due slot, hold it, or let it wait.

    Call it in the transaction that begins the send: both are there or neither. ``verdicts`` are about the trials of the latest
    candidate (``trials_of``), asked before, outside any transaction. What the registry could not be asked about waits while it
    will be asked again within the grace; where no mail leaves this machine it is only a warning. What a person answers for
    (newsletter.publishing.trial_overrides) passes. ``not_yet`` is the caller's own reason to wait.
    """
    slot = Slot.objects.select_for_update().get(pk=slot_id)
    too_early = _not_to_be_looked_at(slot, now=now, cadence=cadence)
    if too_early is not None:
        return too_early
    candidate = latest_candidate(slot.issue)
    found = _obstacles(slot, candidate, now=now, cadence=cadence, verdicts=verdicts, leaves_machine=leaves_machine)
    found.maybe_later += [not_yet] if not_yet else []
    held_for = HeldFor.GATE
    if now > slot.at + timedelta(hours=cadence.grace_hours):
        held_for = HeldFor.MISSED
        found.now.insert(0, missed(slot, cadence))
    if found.now:
        return _hold(slot, found, held_for, now=now, system_user=system_user)
    if found.maybe_later or candidate is None:
        return Waiting(tuple(found.maybe_later))
    return _release(slot, candidate, found.warnings, now=now, system_user=system_user)


def missed(slot: Slot, cadence: Cadence) -> str:
    """Say that a slot's hour is past by more than the grace, and what to do."""
    return (
        f"The hour of {slot.issue}, {in_words(slot.at, cadence)}, is past by more than {cadence.grace_hours:g} hours. "
        f"Give it a new one: newsletter schedule {slot.issue} --at …"
    )


def _not_to_be_looked_at(slot: Slot, *, now: datetime, cadence: Cadence) -> Held | Waiting | None:
    if slot.state == SlotState.RELEASED:
        return Waiting((f"{slot.issue} was released before.",))
    if slot.state == SlotState.HELD:
        return Held((slot.reason,))
    if now < slot.at:
        return Waiting((f"{slot.issue} is not due before {in_words(slot.at, cadence)}.",))
    return None


def _obstacles(
    slot: Slot,
    candidate: Candidate | None,
    *,
    now: datetime,
    cadence: Cadence,
    verdicts: Sequence[TrialVerdict],
    leaves_machine: bool,
) -> _Obstacles:
    found = _Obstacles()
    if candidate is None:
        found.maybe_later.append(f"{slot.issue} was not approved by anybody. First: newsletter approve {slot.issue}")
        return found
    missing = missing_approvals(candidate)
    for role in missing:
        found.maybe_later.append(
            f"The approval by {APPROVING_ROLES[role]} is missing: newsletter approve {slot.issue} --role {role} --as PERSON"
        )
    for objection in standing_objections(candidate):
        found.maybe_later.append(
            f"“{objection.person}”, {role_in_words(objection.role)}, asked for changes. Mend the issue and have it approved, "
            f"or have them approve it as it is. See: newsletter reviews {slot.issue}"
        )
    try:
        frozen_editions(candidate.pk)
    except NotAllowedError as error:
        found.now.append(str(error))
    today = now.astimezone(time_zone(cadence)).date()
    if candidate.review_by and candidate.review_by < today:
        found.now.append(
            f"The facts of {slot.issue} were to be re-checked by {candidate.review_by}. Check them, set a new review_by and have "
            "the issue approved again."
        )
    if not missing:  # until both approvals stand the registry is not asked
        last_chance = next_asking(slot, now) > slot.at + timedelta(hours=cadence.grace_hours)
        look = look_at_trials(candidate, verdicts, leaves_machine=leaves_machine)
        _sort_trials(found, look, was_asked={verdict.nct_id for verdict in verdicts}, last_chance=last_chance)
    return found


def _sort_trials(found: _Obstacles, look: TrialLook, *, was_asked: Collection[str], last_chance: bool) -> None:
    """Hold for what the registry said; for what it did not say only where it will not be asked again in time."""
    given_up = [stop for stop in look.unchecked if last_chance and stop.nct_id in was_asked]
    found.stops += look.stops or given_up
    found.now += [stop.sentence for stop in found.stops]
    found.maybe_later += [stop.sentence for stop in look.unchecked if stop not in found.stops]
    found.warnings += look.warnings


def _release(slot: Slot, candidate: Candidate, warnings: Sequence[str], *, now: datetime, system_user: str) -> Released | Waiting:
    if not move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=candidate, warnings=warnings):
        return Waiting((f"{slot.issue} was released before.",))
    note = "; ".join([f"candidate {candidate.digest[:12]}", *warnings])
    record_act("release", slot.issue, person="", note=note, now=now, system_user=system_user)
    return Released(candidate.pk, slot.pk, tuple(warnings))


def _hold(slot: Slot, found: _Obstacles, held_for: HeldFor, *, now: datetime, system_user: str) -> Held:
    reasons = (*found.now, *found.maybe_later)
    reason = "\n".join(reasons)
    stops = [stop.as_json() for stop in found.stops]
    if move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.HELD, held_for=held_for, reason=reason, stops=stops):
        record_act("hold", slot.issue, person="", note=reason, now=now, system_user=system_user)
    return Held(reasons)

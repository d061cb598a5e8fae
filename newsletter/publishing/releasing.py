"""The release gate: whether the candidate of a due slot may be handed to delivery, or why not, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from newsletter.checking.trials import TrialVerdict, VerdictKind, stops_send
from newsletter.errors import NotAllowedError
from newsletter.publishing.approving import APPROVING_ROLES, missing_approvals, role_in_words
from newsletter.publishing.audit import record_act
from newsletter.publishing.cadence import in_words, time_zone
from newsletter.publishing.candidates import frozen_editions, latest_candidate, trials_of
from newsletter.publishing.models import Candidate, HeldFor, Slot, SlotState
from newsletter.publishing.objections import standing_objections
from newsletter.publishing.slots import move_slot
from newsletter.settings import Cadence


@dataclass(frozen=True, slots=True)
class Released:
    """The candidate is delivery's now. ``warnings`` are what would have stopped a send that leaves the machine."""

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
    """What the gate found: ``now`` needs a person, ``maybe_later`` may settle itself while the grace lasts."""

    now: list[str] = field(default_factory=list)
    maybe_later: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


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
    candidate (``trials_of``), asked before, outside any transaction. What the registry could not be asked about waits until
    the grace is over; where no mail leaves this machine it is only a warning. ``not_yet`` is the caller's own reason to wait.
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
        found.now.insert(
            0,
            f"The hour of {slot.issue}, {in_words(slot.at, cadence)}, is past by more than {cadence.grace_hours:g} hours. "
            f"Give it a new one: newsletter schedule {slot.issue} --at …",
        )
    if found.now:
        return _hold(slot, [*found.now, *found.maybe_later], held_for, now=now, system_user=system_user)
    if found.maybe_later or candidate is None:
        return Waiting(tuple(found.maybe_later))
    return _release(slot, candidate, found.warnings, now=now, system_user=system_user)


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
        _look_at_trials(found, trials_of(candidate), verdicts, leaves_machine=leaves_machine)
    return found


def _look_at_trials(
    found: _Obstacles, cards: Mapping[str, str], verdicts: Sequence[TrialVerdict], *, leaves_machine: bool
) -> None:
    """Sort what the registry said; a card without a verdict counts as one that could not be checked."""
    by_trial = {verdict.nct_id: verdict for verdict in verdicts}
    for nct_id, status in sorted(cards.items()):
        verdict = by_trial.get(nct_id) or TrialVerdict(
            nct_id, VerdictKind.COULD_NOT_CHECK, f"{nct_id} could not be checked: the registry was not asked about it."
        )
        if not stops_send(verdict, card_status=status):
            continue
        if verdict.kind is not VerdictKind.COULD_NOT_CHECK:
            found.now.append(verdict.sentence)
        elif leaves_machine:
            found.maybe_later.append(verdict.sentence)
        else:
            found.warnings.append(verdict.sentence)


def _release(slot: Slot, candidate: Candidate, warnings: Sequence[str], *, now: datetime, system_user: str) -> Released | Waiting:
    if not move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=candidate):
        return Waiting((f"{slot.issue} was released before.",))
    note = "; ".join([f"candidate {candidate.digest[:12]}", *warnings])
    record_act("release", slot.issue, person="", note=note, now=now, system_user=system_user)
    return Released(candidate.pk, slot.pk, tuple(warnings))


def _hold(slot: Slot, reasons: Sequence[str], held_for: HeldFor, *, now: datetime, system_user: str) -> Held:
    reason = "\n".join(reasons)
    if move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.HELD, held_for=held_for, reason=reason):
        record_act("hold", slot.issue, person="", note=reason, now=now, system_user=system_user)
    return Held(tuple(reasons))

"""Sending these bytes although a trial in them is not what its card says: a named person's decision, with the reason.

It holds for one candidate and for exactly the answer that the registry had given: other bytes, or another answer, stop again.
Only those decide whose yes an issue needs, an editor or the medical reviewer: whether readers may be told of a trial is a
question of what the issue says. A publisher, who decides when it goes out, does not answer for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from newsletter.checking.trials import NO_ANSWER, VerdictKind
from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.approving import APPROVING_ROLES
from newsletter.publishing.audit import record_act
from newsletter.publishing.candidates import trials_of
from newsletter.publishing.freezing import lock_latest_candidate
from newsletter.publishing.models import Candidate, HeldFor, Slot, SlotState, TrialOverride
from newsletter.publishing.releasing import missed
from newsletter.publishing.slots import get_slot_to_change, move_slot
from newsletter.publishing.trial_checks import unanswered
from newsletter.publishing.trial_gate import TrialStop
from newsletter.settings import Cadence, Person


@dataclass(frozen=True, slots=True)
class Overridden:
    """What an override led to: ``stop`` is what was decided about, ``left`` the trials that still stop the issue.

    ``held`` is why the slot is held nevertheless, empty when it is not.
    """

    stop: TrialStop
    left: tuple[TrialStop, ...]
    held: str


@transaction.atomic
def override_trial(
    issue: str,
    nct_id: str,
    *,
    reason: str,
    person_key: str,
    person: Person,
    cadence: Cadence,
    now: datetime,
    system_user: str,
    answer: str = "",
) -> Overridden:
    """Record that a person sends an issue in spite of what the registry said of a trial, and let its slot go on.

    ``answer`` is the answer that the person knows of (``TrialStop.said``); where another one stops the issue by now, nothing is
    decided. Raises UsageError without a reason, NotAllowedError where nothing about the trial stops the issue, where it is not
    ``answer``, or where the person may not.
    """
    if not reason.strip():
        raise UsageError("Say why it is sent all the same, so that whoever is asked about it later can answer.")
    if not set(person.roles) & set(APPROVING_ROLES):
        raise NotAllowedError(
            f"{person.name} may not decide this: it is about what readers are told, which takes the role “editor” or “medical”. "
            f"Roles are given in newsletter.toml under [people.{person_key}]."
        )
    slot = get_slot_to_change(issue)
    candidate, _ = lock_latest_candidate(issue)
    stop = next((one for one in stops_of(slot, candidate) if one.nct_id == nct_id), None)
    if candidate is None or stop is None:
        raise NotAllowedError(
            f"Nothing that the registry said of {nct_id} stops {issue} at present, so that there is nothing to decide. See what "
            "does: newsletter calendar"
        )
    if answer and answer.casefold() != stop.said.casefold():
        raise NotAllowedError(
            f"Nothing was decided: that was about the answer “{answer}”, and what stops {issue} by now is “{stop.said}”. "
            f"{stop.sentence} To send it all the same: {override_command(issue, stop, person_key)}"
        )
    known, new = TrialOverride.objects.get_or_create(
        candidate=candidate,
        nct_id=nct_id,
        answer=stop.said,
        defaults={"person": person_key, "reason": reason.strip(), "at": now},
    )
    if new:
        note = f"candidate {candidate.digest[:12]}, {nct_id}, although {known.answer}: {known.reason}"
        record_act("override", issue, person=person_key, note=note, now=now, system_user=system_user)
    left = stops_left(slot, candidate)
    if slot.stops and not left:
        _go_on(slot, cadence, person_key=person_key, now=now, system_user=system_user)
    slot.refresh_from_db()
    return Overridden(stop, left, slot.reason)


def override_command(issue: str, stop: TrialStop, person_key: str) -> str:
    """Give what a person types to send an issue in spite of this answer, and of no other that came since."""
    said = f'"{stop.said}"' if " " in stop.said else stop.said
    return f'newsletter trials override {issue} {stop.nct_id} --answer {said} --as {person_key} --because "…"'


def stops_of(slot: Slot, candidate: Candidate | None) -> tuple[TrialStop, ...]:
    """Give the trials that hold a slot, or that it waits for since the registry gave no answer."""
    if slot.state == SlotState.HELD:
        return tuple(TrialStop.of(kept) for kept in slot.stops)
    if slot.state == SlotState.RELEASED or candidate is None:
        return ()
    cards = trials_of(candidate)
    return tuple(
        TrialStop(
            check.nct_id, cards[check.nct_id], NO_ANSWER, VerdictKind.COULD_NOT_CHECK, f"{check.nct_id} could not be checked."
        )
        for check in unanswered(slot, candidate).order_by("nct_id")
    )


def stops_left(slot: Slot, candidate: Candidate) -> tuple[TrialStop, ...]:
    """Give those that nobody has decided about."""
    decided = set(TrialOverride.objects.filter(candidate=candidate).values_list("nct_id", "answer"))
    return tuple(stop for stop in stops_of(slot, candidate) if (stop.nct_id, stop.said) not in decided)


def _go_on(slot: Slot, cadence: Cadence, *, person_key: str, now: datetime, system_user: str) -> None:
    """Let a slot go on that the gate held for trials alone; what else it held it for, the gate finds again."""
    if slot.state != SlotState.HELD or slot.held_for not in {HeldFor.GATE, HeldFor.MISSED}:
        return
    if now <= slot.at + timedelta(hours=cadence.grace_hours):
        move_slot(slot.pk, expected=SlotState.HELD, to=SlotState.SCHEDULED)
        note = f"somebody answers for every trial that stopped it (was held: {slot.reason})"
        record_act("unhold", slot.issue, person=person_key, note=note, now=now, system_user=system_user)
        return
    reason = missed(slot, cadence)
    Slot.objects.filter(pk=slot.pk, state=SlotState.HELD).update(held_for=HeldFor.MISSED, reason=reason, stops=[])
    record_act("hold", slot.issue, person=person_key, note=reason, now=now, system_user=system_user)

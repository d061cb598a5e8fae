"""The calendar: which issue goes out when, and what keeps it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.audit import record_act
from newsletter.publishing.cadence import hours_from, in_words, next_dates, resolve_time, slot_for_issue
from newsletter.publishing.models import HeldFor, Slot, SlotState
from newsletter.publishing.slots import find_slot, get_slot_to_change, move_slot
from newsletter.settings import Cadence

ROOM_FOR_APPROVALS: Final = timedelta(days=1)


def due_slots(now: datetime) -> Sequence[Slot]:
    """Give the slots whose hour has come and that nothing holds, the oldest first."""
    return list(Slot.objects.filter(state=SlotState.SCHEDULED, at__lte=now).order_by("at"))


def schedule_issue(issue: str, at: datetime | None, *, cadence: Cadence, person: str, now: datetime, system_user: str) -> Slot:
    """Put an issue on the calendar: at ``at`` (without an offset: of the cadence's time zone), else at its cadence's date.

    An issue that already has a slot is moved when ``at`` is given. Raises NotAllowedError when the time is past or taken,
    or when the issue was released.
    """
    slot = find_slot(issue)
    if slot is not None and at is not None:
        return reschedule(issue, at, cadence=cadence, person=person, now=now, system_user=system_user)
    if slot is not None:
        raise NotAllowedError(
            f"{issue} stands on the calendar already, {slot.state}, for {in_words(slot.at, cadence)}. To move it, give the new "
            "time with --at."
        )
    moment = _free_time(issue, at, cadence=cadence, now=now) if at else slot_for_issue(cadence, issue, now)
    _refuse_taken(issue, moment, cadence=cadence, now=now)
    try:
        with transaction.atomic():
            slot = Slot.objects.create(at=moment, issue=issue)
            record_act("schedule", issue, person=person, note=_note(moment, cadence), now=now, system_user=system_user)
    except IntegrityError:
        raise _overtaken(issue) from None
    return slot


def schedule_correction(
    issue: str, at: datetime | None, *, cadence: Cadence, person: str, now: datetime, system_user: str
) -> Slot:
    """Put a correction on the calendar: at ``at``, else a day from now at the cadence's time of day, or the next free hour.

    Corrections cannot wait for the cadence, and two people need the day to approve one.
    """
    if at is None:
        taken = set(Slot.objects.filter(at__gt=now).values_list("at", flat=True))
        at = next(found for found in hours_from(cadence, now + ROOM_FOR_APPROVALS) if found not in taken)
    return schedule_issue(issue, at, cadence=cadence, person=person, now=now, system_user=system_user)


def reschedule(issue: str, at: datetime, *, cadence: Cadence, person: str, now: datetime, system_user: str) -> Slot:
    """Move a slot that is not released. A slot held because its hour was missed goes on; one held otherwise stays held."""
    moment = _free_time(issue, at, cadence=cadence, now=now)
    _refuse_taken(issue, moment, cadence=cadence, now=now)
    try:
        with transaction.atomic():
            slot = get_slot_to_change(issue)
            if slot.held_for == HeldFor.MISSED:
                move_slot(slot.pk, expected=SlotState.HELD, to=SlotState.SCHEDULED, at=moment)
            else:
                Slot.objects.filter(pk=slot.pk).update(at=moment)
            record_act("reschedule", issue, person=person, note=_note(moment, cadence), now=now, system_user=system_user)
            slot.refresh_from_db()
    except IntegrityError:
        raise _overtaken(issue) from None
    return slot


@transaction.atomic
def hold_slot(issue: str, *, reason: str, person: str, now: datetime, system_user: str) -> Slot:
    """Hold the slot of an issue until a person unholds it. Raises NotAllowedError when it is released or held already."""
    if not reason.strip():
        raise UsageError("Say why it is held, so that the next person knows what to look at.")
    slot = get_slot_to_change(issue)
    if slot.state == SlotState.HELD and slot.held_for == HeldFor.PERSON:
        raise NotAllowedError(f"{issue} is held already: {slot.reason}")
    if slot.state == SlotState.HELD:
        # A person's hold outlasts the program's own: it does not end when approvals stand again.
        Slot.objects.filter(pk=slot.pk).update(held_for=HeldFor.PERSON, reason=f"{reason.strip()} (before: {slot.reason})")
    else:
        move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.HELD, held_for=HeldFor.PERSON, reason=reason.strip())
    record_act("hold", issue, person=person, note=reason.strip(), now=now, system_user=system_user)
    slot.refresh_from_db()
    return slot


@transaction.atomic
def unhold_slot(issue: str, *, cadence: Cadence, person: str, now: datetime, system_user: str, reason: str = "") -> Slot:
    """Let a held slot go on; the release gate still has its say. ``reason`` says what was looked at.

    Raises NotAllowedError when its hour is past by more than the grace: then it needs a new one first.
    """
    slot = get_slot_to_change(issue)
    if slot.state != SlotState.HELD:
        raise NotAllowedError(f"{issue} is not held. It goes out {in_words(slot.at, cadence)}.")
    if slot.held_for == HeldFor.APPROVAL:
        raise NotAllowedError(f"{slot.reason} It goes on by itself when both approvals stand.")
    if slot.held_for == HeldFor.RESTORE and not (person and reason.strip()):
        raise UsageError(
            f"{issue}: {slot.reason}. Then say who you are and what you saw: newsletter unhold {issue} --as YOU --because …"
        )
    if now > slot.at + timedelta(hours=cadence.grace_hours):
        raise NotAllowedError(
            f"The hour of {issue}, {in_words(slot.at, cadence)}, is past by more than {cadence.grace_hours:g} hours. Give it a "
            f"new one first: newsletter schedule {issue} --at {next_dates(cadence, now, 1)}"
        )
    move_slot(slot.pk, expected=SlotState.HELD, to=SlotState.SCHEDULED)
    note = f"{reason.strip()} (was held: {slot.reason})".strip()
    record_act("unhold", issue, person=person, note=note, now=now, system_user=system_user)
    slot.refresh_from_db()
    return slot


def _free_time(issue: str, at: datetime, *, cadence: Cadence, now: datetime) -> datetime:
    moment = resolve_time(at, cadence)
    if moment <= now:
        raise NotAllowedError(f"{in_words(moment, cadence)} is past: choose a time to come for {issue}.")
    return moment


def _refuse_taken(issue: str, moment: datetime, *, cadence: Cadence, now: datetime) -> None:
    taken = Slot.objects.filter(at=moment).exclude(issue=issue).first()
    if taken:
        raise NotAllowedError(
            f"{in_words(moment, cadence)} belongs to {taken.issue}. Choose another time with --at; the cadence's next dates: "
            f"{next_dates(cadence, now, 3)}."
        )


def _overtaken(issue: str) -> NotAllowedError:
    return NotAllowedError(f"Somebody else changed the calendar of {issue} at the same moment. Look with: newsletter calendar")


def _note(moment: datetime, cadence: Cadence) -> str:
    return f"for {in_words(moment, cadence)}"

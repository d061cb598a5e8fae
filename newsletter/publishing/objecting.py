"""Asking for changes: a named person's no to the candidate they looked at, with notes tied to its sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.approving import APPROVING_ROLES, ApprovingRole, role_obstacles
from newsletter.publishing.audit import record_act
from newsletter.publishing.freezing import hold_until_approved, lock_latest_candidate
from newsletter.publishing.models import Approval, Candidate, Objection, ReviewNote, Slot
from newsletter.publishing.slots import refuse_released
from newsletter.settings import Person

LONGEST_NOTE = 5_000
"""Characters of one note."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be changed, in one section or, where ``section`` and ``heading`` are empty, in all of the issue."""

    text: str
    section: str = ""
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Objected:
    """What asking for changes led to: ``withdrawn`` says that an approval was taken back, ``held`` why the slot is held."""

    candidate: Candidate
    objection: Objection
    withdrawn: bool
    held: str


@transaction.atomic
def reject(
    issue: str,
    notes: Sequence[Note],
    *,
    person_key: str,
    person: Person,
    role: ApprovingRole,
    now: datetime,
    system_user: str,
) -> Objected:
    """Record that a person asks for changes to the latest candidate of an issue.

    Raises NotAllowedError when the person lacks the role, nothing was frozen yet, or the issue was released; UsageError
    without a note.
    """
    obstacles = role_obstacles(person_key, person, role)
    if obstacles:
        raise NotAllowedError("\n".join(obstacles))
    candidate, slot = lock_latest_candidate(issue)
    refuse_released(slot)
    if candidate is None:
        raise NotAllowedError(
            f"Nobody has looked at {issue} yet, so there is nothing to object to. First: newsletter approve {issue}"
        )
    return record_objection(
        candidate, slot, notes, person_key=person_key, person=person, role=role, now=now, system_user=system_user
    )


def record_objection(
    candidate: Candidate,
    slot: Slot | None,
    notes: Sequence[Note],
    *,
    person_key: str,
    person: Person,
    role: ApprovingRole,
    now: datetime,
    system_user: str,
) -> Objected:
    """Record a no to the latest candidate, however it was given: withdraw that person's approval, hold the slot.

    Call it in the transaction that locked slot and candidate.
    """
    if not any(note.text.strip() for note in notes):
        raise UsageError("Say what is to be changed.")
    objection = Objection.objects.create(candidate=candidate, turn=candidate.turn, person=person_key, role=role, at=now)
    ReviewNote.objects.bulk_create(
        ReviewNote(objection=objection, section=note.section[:120], heading=note.heading, text=note.text.strip()[:LONGEST_NOTE])
        for note in notes
        if note.text.strip()
    )
    withdrawn, _ = Approval.objects.filter(candidate=candidate, person=person_key).delete()
    said = f"as {role}, candidate {candidate.digest[:12]}{', approval withdrawn' if withdrawn else ''}"
    record_act("reject", candidate.issue, person=person_key, note=said, now=now, system_user=system_user)
    held = ""
    if slot is not None:
        reason = f"{person.name}, {APPROVING_ROLES[role]}, asked for changes."
        hold_until_approved(slot, reason=reason, person_key=person_key, now=now, system_user=system_user)
        slot.refresh_from_db()
        held = slot.reason
    return Objected(candidate, objection, bool(withdrawn), held)

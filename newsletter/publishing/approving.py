"""Approvals: two people, two roles, one candidate. The first approval freezes; the second must match what was frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import IntegrityError, transaction

from newsletter.authoring.issue import Issue
from newsletter.checking.report import CheckReport
from newsletter.errors import NotAllowedError
from newsletter.publishing.audit import record_act
from newsletter.publishing.changes import Content, changes_in_words
from newsletter.publishing.freezing import freeze_issue, frozen_content, issue_obstacles, written_content
from newsletter.publishing.models import Approval, Candidate, HeldFor, Slot, SlotState
from newsletter.publishing.objections import lift_objections, standing_objections
from newsletter.publishing.slots import move_slot
from newsletter.rendering.edition import Edition
from newsletter.settings import Person

ApprovingRole = Literal["editor", "medical"]

APPROVING_ROLES: Mapping[ApprovingRole, str] = {"editor": "an editor", "medical": "the medical reviewer"}
"""The roles that both have to say yes, in words."""


@dataclass(frozen=True, slots=True)
class Approved:
    """What an approval led to.

    ``roles`` are those that have approved the candidate by now; ``complete`` that both have and that nobody objects. ``changes``
    says in words what is different from what this role had approved before, or else from the last candidate. ``already`` says
    that this approval stood before, so that nothing was recorded. ``held`` is why the issue's slot is held nevertheless, empty
    when it is not. ``objecting`` are the people who asked for changes and have not approved since.
    """

    candidate: Candidate
    roles: tuple[str, ...]
    complete: bool
    changes: tuple[str, ...]
    already: bool
    held: str = ""
    objecting: tuple[str, ...] = ()


def role_in_words(role: str) -> str:
    """Say a stored role in words."""
    return {str(known): words for known, words in APPROVING_ROLES.items()}.get(role, role)


def missing_approvals(candidate: Candidate) -> tuple[ApprovingRole, ...]:
    """Give the roles that have not approved a candidate."""
    given = set(candidate.approvals.values_list("role", flat=True))
    return tuple(role for role in APPROVING_ROLES if role not in given)


def approve(
    *,
    issues: Sequence[Issue],
    editions: Sequence[Edition],
    report: CheckReport,
    person_key: str,
    person: Person,
    role: ApprovingRole,
    now: datetime,
    system_user: str,
) -> Approved:
    """Record that a person approves an issue in a role, as its files are now.

    Where the files changed since the last candidate, a new one is frozen, and a slot on the calendar is held until both
    approvals stand again. Raises NotAllowedError with every reason why the person may not, or the issue cannot be, approved.
    """
    issue = issues[0].name
    content = written_content(issues, editions)
    obstacles = [*role_obstacles(person_key, person, role), *issue_obstacles(issues, content, report)]
    if obstacles:
        raise NotAllowedError(f"{issue} was not approved:\n  " + "\n  ".join(obstacles))
    try:
        with transaction.atomic():
            candidate, slot = freeze_issue(issue, content, person_key=person_key, now=now, system_user=system_user)
            return record_approval(
                candidate, slot, content, person_key=person_key, person=person, role=role, now=now, system_user=system_user
            )
    except IntegrityError:
        raise NotAllowedError(f"Somebody else approved {issue} at the same moment; run it again.") from None


def role_obstacles(person_key: str, person: Person, role: ApprovingRole) -> list[str]:
    """Say why a person may not approve in a role; nothing when they may."""
    if role in person.roles:
        return []
    return [f"{person.name} does not have the role “{role}”. Roles are given in newsletter.toml under [people.{person_key}]."]


def record_approval(
    candidate: Candidate,
    slot: Slot | None,
    content: Content,
    *,
    person_key: str,
    person: Person,
    role: ApprovingRole,
    now: datetime,
    system_user: str,
) -> Approved:
    """Record a yes to the latest candidate, however it was given, and let a slot go on that waited for it.

    ``content`` is what the candidate froze. Call it in the transaction that locked slot and candidate. Raises NotAllowedError
    when it would be a person's or a role's second voice.
    """
    already = _refuse_second_voice(candidate, person_key=person_key, person=person, role=role)
    changes = changes_for_role(candidate, content, role)
    if not already:
        Approval.objects.create(candidate=candidate, role=role, person=person_key, at=now)
        note = f"as {role}, candidate {candidate.digest[:12]}"
        record_act("approve", candidate.issue, person=person_key, note=note, now=now, system_user=system_user)
    lift_objections(candidate, person=person_key, now=now)
    missing = missing_approvals(candidate)
    objecting = tuple(objection.person for objection in standing_objections(candidate))
    held = ""
    if slot:
        if not missing and not objecting:
            _go_on(slot, person_key=person_key, now=now, system_user=system_user)
        slot.refresh_from_db()
        held = slot.reason
    roles = tuple(given for given in APPROVING_ROLES if given not in missing)
    return Approved(candidate, roles, not missing and not objecting, changes, already, held, objecting)


def _refuse_second_voice(candidate: Candidate, *, person_key: str, person: Person, role: ApprovingRole) -> bool:
    """Say whether this very approval stands already; NotAllowedError when it would be a person's or a role's second."""
    for given in candidate.approvals.all():
        if given.person == person_key and given.role == role:
            return True
        if given.person == person_key:
            raise NotAllowedError(
                f"{person.name} has approved {candidate.issue} as {APPROVING_ROLES[_role(given)]}: one person cannot give both "
                f"approvals. Ask {APPROVING_ROLES[role]} to do it."
            )
        if given.role == role:
            raise NotAllowedError(
                f"{candidate.issue} has been approved as it is by {APPROVING_ROLES[role]}, “{given.person}”; nothing more is "
                "needed in this role."
            )
    return False


def _role(approval: Approval) -> ApprovingRole:
    return "editor" if approval.role == "editor" else "medical"


def changes_for_role(candidate: Candidate, content: Content, role: str) -> tuple[str, ...]:
    """Say in words what is different from ``known_to``; nothing where there was no candidate before."""
    known = known_to(candidate, role)
    if known is None:
        return ()
    try:
        return changes_in_words(frozen_content(known), content)
    except NotAllowedError as error:
        return (f"What changed since the last candidate cannot be said: {error}",)


def known_to(candidate: Candidate, role: str) -> Candidate | None:
    """Give what a role approved last, for that is what the person has in mind; else the candidate before this one."""
    earlier = Candidate.objects.filter(issue=candidate.issue, turn__lt=candidate.turn).order_by("-turn")
    return earlier.filter(approvals__role=role).first() or earlier.first()


def _go_on(slot: Slot, *, person_key: str, now: datetime, system_user: str) -> None:
    """Let a slot that waited for approvals, and for nothing else, go on."""
    slot.refresh_from_db()
    if slot.state == SlotState.HELD and slot.held_for == HeldFor.APPROVAL:
        move_slot(slot.pk, expected=SlotState.HELD, to=SlotState.SCHEDULED)
        note = "both approvals stand again"
        record_act("unhold", slot.issue, person=person_key, note=note, now=now, system_user=system_user)

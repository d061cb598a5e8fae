"""Approvals: two people, two roles, one candidate. The first approval freezes; the second must match what was frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import IntegrityError, transaction

from newsletter.authoring.issue import Issue
from newsletter.checking.report import CheckReport
from newsletter.config import Person
from newsletter.errors import NotAllowedError
from newsletter.publishing.audit import record_act
from newsletter.publishing.candidates import freeze, frozen_editions, frozen_lock, latest_candidate
from newsletter.publishing.changes import Content, changes_in_words
from newsletter.publishing.models import Approval, Candidate, HeldFor, Slot, SlotState
from newsletter.publishing.slots import lock_slot, move_slot, refuse_released
from newsletter.rendering.edition import Edition

ApprovingRole = Literal["editor", "medical"]

APPROVING_ROLES: Mapping[ApprovingRole, str] = {"editor": "an editor", "medical": "the medical reviewer"}
"""The roles that both have to say yes, in words."""


@dataclass(frozen=True, slots=True)
class Approved:
    """What an approval led to.

    ``roles`` are those that have approved the candidate by now; ``complete`` that both have. ``changes`` says in words what
    is different from what this role had approved before, or else from the last candidate. ``already`` says that this
    approval stood before, so that nothing was recorded. ``held`` is why the issue's slot is held nevertheless, empty when
    it is not.
    """

    candidate: Candidate
    roles: tuple[str, ...]
    complete: bool
    changes: tuple[str, ...]
    already: bool
    held: str = ""


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
    content = _content(issues, editions)
    obstacles = [*_person_obstacles(person_key, person, role), *_issue_obstacles(issues, content, report)]
    if obstacles:
        raise NotAllowedError(f"{issue} was not approved:\n  " + "\n  ".join(obstacles))
    try:
        with transaction.atomic():
            return _record(issue, content, person_key=person_key, person=person, role=role, now=now, system_user=system_user)
    except IntegrityError:
        raise NotAllowedError(f"Somebody else approved {issue} at the same moment; run it again.") from None


def _content(issues: Sequence[Issue], editions: Sequence[Edition]) -> Content:
    """Gather what is approved: the earliest review date of all languages counts, and every trial card."""
    dates = [issue.review_by for issue in issues if issue.review_by]
    cards = {nct_id: min(statuses) for nct_id, statuses in _card_statuses(issues).items()}
    return Content(tuple(editions), issues[0].lock, min(dates, default=None), cards)


def _card_statuses(issues: Sequence[Issue]) -> dict[str, set[str]]:
    statuses: dict[str, set[str]] = {}
    for issue in issues:
        for block in issue.blocks:
            if block.kind == "trial":
                statuses.setdefault(str(block.fields["nct_id"]), set()).add(str(block.fields["status"]))
    return statuses


def _person_obstacles(person_key: str, person: Person, role: ApprovingRole) -> list[str]:
    if role in person.roles:
        return []
    return [f"{person.name} does not have the role “{role}”. Roles are given in newsletter.toml under [people.{person_key}]."]


def _issue_obstacles(issues: Sequence[Issue], content: Content, report: CheckReport) -> list[str]:
    name = issues[0].name
    obstacles = [str(finding) for finding in report.errors]
    if report.issue != name or set(report.digests) != {edition.digest for edition in content.editions}:
        obstacles.append("The checks were run on other bytes than these. Run it again.")
    unlocked = sorted(content.cards.keys() - content.lock.trials.keys())
    if unlocked:
        obstacles.append(f"trials.lock.json does not know {', '.join(unlocked)}. Run: newsletter trials refresh {name}")
    for nct_id, statuses in sorted(_card_statuses(issues).items()):
        if len(statuses) > 1:
            said = " and ".join(f"“{status}”" for status in sorted(statuses))
            obstacles.append(f"The cards of {nct_id} say {said}. Make them agree in all languages.")
    return obstacles


def _record(
    issue: str,
    content: Content,
    *,
    person_key: str,
    person: Person,
    role: ApprovingRole,
    now: datetime,
    system_user: str,
) -> Approved:
    slot = lock_slot(issue)
    refuse_released(slot)
    previous = latest_candidate(issue)
    candidate = freeze(content.editions, content.lock, issue=issue, review_by=content.review_by, cards=content.cards, now=now)
    Candidate.objects.select_for_update().get(pk=candidate.pk)
    if slot and previous and previous.turn != candidate.turn:
        _hold_until_approved(slot, person_key=person_key, now=now, system_user=system_user)
    already = _refuse_second_voice(candidate, person_key=person_key, person=person, role=role)
    changes = _changes(candidate, content, role)
    if not already:
        Approval.objects.create(candidate=candidate, role=role, person=person_key, at=now)
        note = f"as {role}, candidate {candidate.digest[:12]}"
        record_act("approve", issue, person=person_key, note=note, now=now, system_user=system_user)
    missing = missing_approvals(candidate)
    held = ""
    if slot:
        if not missing:
            _go_on(slot, person_key=person_key, now=now, system_user=system_user)
        slot.refresh_from_db()
        held = slot.reason
    roles = tuple(given for given in APPROVING_ROLES if given not in missing)
    return Approved(candidate, roles, not missing, changes, already, held)


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


def _changes(candidate: Candidate, content: Content, role: ApprovingRole) -> tuple[str, ...]:
    """Compare with what this role approved last, for that is what the person has in mind; else with the last candidate."""
    earlier = Candidate.objects.filter(issue=candidate.issue, turn__lt=candidate.turn).order_by("-turn")
    known = earlier.filter(approvals__role=role).first() or earlier.first()
    if known is None:
        return ()
    try:
        editions = frozen_editions(known.pk)
    except NotAllowedError as error:
        return (f"What changed since the last candidate cannot be said: {error}",)
    return changes_in_words(Content(editions, frozen_lock(known), known.review_by, known.cards), content)


def _hold_until_approved(slot: Slot, *, person_key: str, now: datetime, system_user: str) -> None:
    reason = "The files changed after an approval: both approvals are needed again."
    if move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.HELD, held_for=HeldFor.APPROVAL, reason=reason):
        record_act("hold", slot.issue, person=person_key, note=reason, now=now, system_user=system_user)


def _go_on(slot: Slot, *, person_key: str, now: datetime, system_user: str) -> None:
    """Let a slot that waited for approvals, and for nothing else, go on."""
    slot.refresh_from_db()
    if slot.state == SlotState.HELD and slot.held_for == HeldFor.APPROVAL:
        move_slot(slot.pk, expected=SlotState.HELD, to=SlotState.SCHEDULED)
        note = "both approvals stand again"
        record_act("unhold", slot.issue, person=person_key, note=note, now=now, system_user=system_user)

"""What a reviewer's link is good for: finding the request, saying why it is closed, and recording the one answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from newsletter.config import Config
from newsletter.publishing.approving import ApprovingRole, record_approval
from newsletter.publishing.candidates import latest_candidate
from newsletter.publishing.freezing import frozen_content, lock_latest_candidate
from newsletter.publishing.models import Candidate, ReviewAnswer, ReviewRequest, Slot, SlotState
from newsletter.publishing.objecting import Note, record_objection
from newsletter.publishing.review_mails import Answerer, post_approval, post_objection
from newsletter.publishing.review_tokens import token_hash
from newsletter.publishing.slots import find_slot

ON_THE_PAGE = "review page"
"""What the audit log says instead of a login."""


class Closed(StrEnum):
    """Why nothing can be answered by a link any more; the value names the words of its page."""

    APPROVED = "approved"
    """Its person has approved by it."""
    CHANGES = "changes"
    """Its person has asked for changes by it."""
    RELEASED = "released"
    """Readers have the issue."""
    ROLE = "role"
    """Its person is none of [people] any more, or has lost the role."""
    EXPIRED = "expired"
    """Its time is over, or a newer link was asked for."""
    SUPERSEDED = "superseded"
    """The files of the issue turned into something else."""


def find_request(token: str) -> ReviewRequest | None:
    """Give the request that a link belongs to."""
    return ReviewRequest.objects.select_related("candidate").filter(token_hash=token_hash(token)).first()


def why_closed(request: ReviewRequest, *, config: Config, now: datetime) -> Closed | None:
    """Say why a request can be answered no more; None while it can."""
    issue = request.candidate.issue
    return _why_closed(request, latest_candidate(issue), find_slot(issue), config=config, now=now)


def approve_by_link(request_id: int, *, config: Config, now: datetime) -> Closed | None:
    """Record the approval of the person who was asked, and tell the editors; says why not when the link is closed.

    Raises NotAllowedError when it would be a person's or a role's second voice.
    """
    with transaction.atomic():
        request, candidate, slot, closed = _lock(request_id, config=config, now=now)
        if closed is not None:
            return closed
        by = Answerer(request.person, config.people[request.person], request.role)
        approved = record_approval(
            candidate,
            slot,
            frozen_content(candidate),
            person_key=by.key,
            person=by.person,
            role=_role(request),
            now=now,
            system_user=ON_THE_PAGE,
        )
        _settle(request, ReviewAnswer.APPROVED, now=now)
        post_approval(approved, by, config=config, now=now)
    return None


def ask_for_changes_by_link(request_id: int, notes: Sequence[Note], *, config: Config, now: datetime) -> Closed | None:
    """Record what the person who was asked wants changed, and tell the editors; says why not when the link is closed.

    Raises UsageError without a note.
    """
    with transaction.atomic():
        request, candidate, slot, closed = _lock(request_id, config=config, now=now)
        if closed is not None:
            return closed
        by = Answerer(request.person, config.people[request.person], request.role)
        objected = record_objection(
            candidate, slot, notes, person_key=by.key, person=by.person, role=_role(request), now=now, system_user=ON_THE_PAGE
        )
        _settle(request, ReviewAnswer.CHANGES, now=now)
        post_objection(objected, by, notes, config=config, now=now)
    return None


def _lock(request_id: int, *, config: Config, now: datetime) -> tuple[ReviewRequest, Candidate, Slot | None, Closed | None]:
    """Lock slot, candidate and request, in this order as everybody does, and look again whether the link is open."""
    issue = ReviewRequest.objects.values_list("candidate__issue", flat=True).get(pk=request_id)
    candidate, slot = lock_latest_candidate(issue)
    assert candidate is not None, "a request has a candidate"
    request = ReviewRequest.objects.select_for_update().get(pk=request_id)
    return request, candidate, slot, _why_closed(request, candidate, slot, config=config, now=now)


def _why_closed(
    request: ReviewRequest, candidate: Candidate | None, slot: Slot | None, *, config: Config, now: datetime
) -> Closed | None:
    if request.answer != ReviewAnswer.OPEN:
        return Closed(request.answer)
    if slot is not None and slot.state == SlotState.RELEASED:
        return Closed.RELEASED
    person = config.people.get(request.person)
    if person is None or request.role not in person.roles:
        return Closed.ROLE
    if candidate is None or (candidate.pk, candidate.turn) != (request.candidate_id, request.turn):
        return Closed.SUPERSEDED
    if now >= request.expires_at:
        return Closed.EXPIRED
    return None


def _settle(request: ReviewRequest, answer: ReviewAnswer, *, now: datetime) -> None:
    request.answer, request.answered_at = answer, now
    request.save(update_fields=["answer", "answered_at"])


def _role(request: ReviewRequest) -> ApprovingRole:
    return "editor" if request.role == "editor" else "medical"

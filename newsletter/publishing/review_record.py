"""What became of the reviews of an issue: who was asked, who answered what, and what is still to be changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.publishing.candidates import latest_candidate
from newsletter.publishing.models import Approval, Candidate, Objection, ReviewAnswer, ReviewRequest
from newsletter.publishing.objections import standing_objections


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A person who was asked. ``state`` is open, approved, changes, expired or superseded; ``mail`` that of the mail."""

    person: str
    role: str
    candidate: str
    asked_at: datetime
    expires_at: datetime
    state: str
    answered_at: datetime | None
    mail: str
    mail_problem: str


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """A yes that stands."""

    person: str
    role: str
    candidate: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteLine:
    """What somebody wants changed; ``stands`` says whether it keeps the issue from going out."""

    person: str
    role: str
    candidate: str
    at: datetime
    stands: bool
    section: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """The reviews of one issue, the newest request first; ``candidate`` is the latest one's digest, empty where there is none."""

    issue: str
    candidate: str
    approvals: Sequence[ApprovalLine]
    requests: Sequence[RequestLine]
    notes: Sequence[NoteLine]


def review_record(issue: str, *, now: datetime) -> ReviewRecord:
    """Gather what is known about the reviews of an issue."""
    latest = latest_candidate(issue)
    requests = ReviewRequest.objects.filter(candidate__issue=issue).select_related("candidate", "mail").order_by("-pk")
    approvals = Approval.objects.filter(candidate=latest).select_related("candidate").order_by("pk")
    return ReviewRecord(
        issue,
        _short(latest) if latest else "",
        [ApprovalLine(one.person, one.role, _short(one.candidate), one.at) for one in approvals],
        [_request_line(request, latest, now=now) for request in requests],
        _notes(issue, latest),
    )


def _request_line(request: ReviewRequest, latest: Candidate | None, *, now: datetime) -> RequestLine:
    if request.answer != ReviewAnswer.OPEN:
        state = request.answer
    elif latest is None or (latest.pk, latest.turn) != (request.candidate_id, request.turn):
        state = "superseded"
    else:
        state = "expired" if now >= request.expires_at else "open"
    mail = request.mail
    return RequestLine(
        person=request.person,
        role=request.role,
        candidate=_short(request.candidate),
        asked_at=request.created_at,
        expires_at=request.expires_at,
        state=state,
        answered_at=request.answered_at,
        mail=mail.state if mail else "",
        mail_problem=mail.reason if mail else "",
    )


def _notes(issue: str, latest: Candidate | None) -> list[NoteLine]:
    standing = {objection.pk for objection in standing_objections(latest)} if latest else set()
    objections = Objection.objects.filter(candidate__issue=issue).select_related("candidate").prefetch_related("notes")
    return [
        NoteLine(
            person=objection.person,
            role=objection.role,
            candidate=_short(objection.candidate),
            at=objection.at,
            stands=objection.pk in standing,
            section=note.section,
            heading=note.heading,
            text=note.text,
        )
        for objection in objections.order_by("-pk")
        for note in objection.notes.order_by("pk")
    ]


def _short(candidate: Candidate) -> str:
    return candidate.digest[:12]

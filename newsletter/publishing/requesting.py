"""Asking people to review an issue: its files are frozen, and each person gets a link of their own by mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath

from django.db import IntegrityError, transaction

from newsletter.authoring.issue import Issue
from newsletter.checking.report import CheckReport
from newsletter.config import Config
from newsletter.errors import NotAllowedError
from newsletter.publishing.approving import ApprovingRole, role_in_words, role_obstacles
from newsletter.publishing.audit import record_act
from newsletter.publishing.freezing import freeze_issue, issue_obstacles, written_content
from newsletter.publishing.models import Candidate, ReviewAnswer, ReviewRequest
from newsletter.publishing.review_mails import post_review_request
from newsletter.publishing.review_tokens import new_token, token_hash
from newsletter.rendering.edition import Edition


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request led to: one row for each person, and why the issue's slot is held, empty when it is not."""

    candidate: Candidate
    requests: tuple[ReviewRequest, ...]
    held: str


def request_review(
    *,
    issues: Sequence[Issue],
    editions: Sequence[Edition],
    report: CheckReport,
    reviewers: Mapping[str, ApprovingRole],
    config: Config,
    asked_by: str,
    lasts: timedelta,
    now: datetime,
    system_user: str,
) -> Asked:
    """Freeze an issue as its files are now, and post every one of ``reviewers`` (by key of [people]) a link to it.

    Whoever was asked before about the same issue and has not answered keeps one working link: the new one. Raises NotAllowedError
    with every reason why the issue cannot be reviewed, or why one of these people cannot approve it.
    """
    issue = issues[0].name
    content = written_content(issues, editions)
    obstacles = issue_obstacles(issues, content, report)
    for key, role in reviewers.items():
        obstacles += role_obstacles(key, config.people[key], role)
    if obstacles:
        raise NotAllowedError(f"Nobody was asked to review {issue}:\n  " + "\n  ".join(obstacles))
    try:
        with transaction.atomic():
            candidate, slot = freeze_issue(issue, content, person_key=asked_by, now=now, system_user=system_user)
            _refuse_who_has_approved(candidate, reviewers, config)
            requests = []
            for key, role in reviewers.items():
                again = _end_earlier_links(issue, key, now=now)
                token = new_token()
                request = ReviewRequest.objects.create(
                    candidate=candidate,
                    turn=candidate.turn,
                    person=key,
                    role=role,
                    token_hash=token_hash(token),
                    findings=_findings(report),
                    asked_by=asked_by,
                    created_at=now,
                    expires_at=now + lasts,
                )
                request.mail = post_review_request(request, token, again=again, config=config, now=now)
                request.save(update_fields=["mail"])
                note = f"{key} as {role}, candidate {candidate.digest[:12]}"
                record_act("request-review", issue, person=asked_by, note=note, now=now, system_user=system_user)
                requests.append(request)
            if slot:
                slot.refresh_from_db()
            return Asked(candidate, tuple(requests), slot.reason if slot else "")
    except IntegrityError:
        raise NotAllowedError(f"Somebody else froze {issue} at the same moment; run it again.") from None


def _refuse_who_has_approved(candidate: Candidate, reviewers: Mapping[str, ApprovingRole], config: Config) -> None:
    obstacles = []
    for approval in candidate.approvals.all():
        for key, role in reviewers.items():
            if approval.role == role:
                obstacles.append(f"{role_in_words(role)}, “{approval.person}”, has approved it as it is.")
            elif approval.person == key:
                obstacles.append(
                    f"{config.people[key].name} has approved it as {role_in_words(approval.role)}: one person cannot give both "
                    "approvals."
                )
    if obstacles:
        raise NotAllowedError(f"Nobody was asked to review {candidate.issue}:\n  " + "\n  ".join(dict.fromkeys(obstacles)))


def _end_earlier_links(issue: str, person: str, *, now: datetime) -> bool:
    """End what a person was asked before and has not answered; say whether they were ever asked."""
    earlier = ReviewRequest.objects.filter(candidate__issue=issue, person=person)
    asked = earlier.exists()
    earlier.filter(answer=ReviewAnswer.OPEN, expires_at__gt=now).update(expires_at=now)
    return asked


def _findings(report: CheckReport) -> list[dict[str, str]]:
    """Give the findings as they are kept with a request; of a file only its name."""
    return [
        {
            "severity": finding.severity.value,
            "rule": finding.rule,
            "message": finding.message,
            "fix": finding.fix,
            "file": PurePath(finding.place.file).name,
            "line": str(finding.place.line or ""),
        }
        for finding in report.findings
    ]

"""Freezing an issue as its files are now: what an approval or a request for one begins with, and what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from newsletter.authoring.issue import Issue
from newsletter.checking.report import CheckReport
from newsletter.publishing.audit import record_act
from newsletter.publishing.candidates import freeze, frozen_editions, frozen_lock, latest_candidate
from newsletter.publishing.changes import Content
from newsletter.publishing.models import Candidate, HeldFor, Slot, SlotState
from newsletter.publishing.slots import lock_slot, move_slot, refuse_released, was_released
from newsletter.rendering.edition import Edition


def written_content(issues: Sequence[Issue], editions: Sequence[Edition]) -> Content:
    """Gather what is approved: the earliest review date of all languages counts, and every trial card."""
    dates = [issue.review_by for issue in issues if issue.review_by]
    cards = {nct_id: min(statuses) for nct_id, statuses in _card_statuses(issues).items()}
    return Content(tuple(editions), issues[0].lock, min(dates, default=None), cards, issues[0].corrects)


def frozen_content(candidate: Candidate) -> Content:
    """Give what a candidate froze. Raises NotAllowedError when the stored bytes are not those that were approved."""
    return Content(
        frozen_editions(candidate.pk), frozen_lock(candidate), candidate.review_by, candidate.cards, candidate.corrects
    )


def issue_obstacles(issues: Sequence[Issue], content: Content, report: CheckReport) -> list[str]:
    """Say everything that keeps an issue from being approved by anybody."""
    name = issues[0].name
    obstacles = [str(finding) for finding in report.errors]
    if report.issue != name or set(report.digests) != {edition.digest for edition in content.editions}:
        obstacles.append("The checks were run on other bytes than these. Run it again.")
    if content.corrects and not was_released(content.corrects):
        obstacles.append(
            f"{content.corrects} was not sent, so that nobody could get its correction. Mend {content.corrects} itself, or "
            "name the issue that readers have as “corrects”."
        )
    unlocked = sorted(content.cards.keys() - content.lock.trials.keys())
    if unlocked:
        obstacles.append(f"trials.lock.json does not know {', '.join(unlocked)}. Run: newsletter trials refresh {name}")
    for nct_id, statuses in sorted(_card_statuses(issues).items()):
        if len(statuses) > 1:
            said = " and ".join(f"“{status}”" for status in sorted(statuses))
            obstacles.append(f"The cards of {nct_id} say {said}. Make them agree in all languages.")
    return obstacles


def freeze_issue(
    issue: str, content: Content, *, person_key: str, now: datetime, system_user: str
) -> tuple[Candidate, Slot | None]:
    """Freeze an issue and lock candidate and slot until the transaction ends, the slot first.

    Where the files changed since the last candidate, a slot on the calendar is held until both approvals stand again. Raises
    NotAllowedError when the issue was released.
    """
    slot = lock_slot(issue)
    refuse_released(slot)
    previous = latest_candidate(issue)
    candidate = freeze(
        content.editions,
        content.lock,
        issue=issue,
        review_by=content.review_by,
        cards=content.cards,
        corrects=content.corrects,
        now=now,
    )
    candidate = Candidate.objects.select_for_update().get(pk=candidate.pk)
    if slot and previous and previous.turn != candidate.turn:
        _hold_for_new_bytes(slot, person_key=person_key, now=now, system_user=system_user)
    return candidate, slot


def lock_latest_candidate(issue: str) -> tuple[Candidate | None, Slot | None]:
    """Give the candidate that counts, and lock it and the slot until the transaction ends, the slot first."""
    slot = lock_slot(issue)
    return Candidate.objects.select_for_update().filter(issue=issue).order_by("-turn").first(), slot


def hold_until_approved(slot: Slot, *, reason: str, person_key: str, now: datetime, system_user: str) -> None:
    """Hold a scheduled slot; it goes on by itself when both approvals stand and nobody objects."""
    if move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.HELD, held_for=HeldFor.APPROVAL, reason=reason):
        record_act("hold", slot.issue, person=person_key, note=reason, now=now, system_user=system_user)


def _hold_for_new_bytes(slot: Slot, *, person_key: str, now: datetime, system_user: str) -> None:
    """Hold a slot whose issue became another candidate until that one is approved.

    That is so for one that the release gate held as well: what it refused were other bytes, and it looks at these again, so that
    nobody has to unhold it, too. A hold of another kind stays; the trials it names were those of the candidate before.
    """
    reason = "The files changed after an approval: both approvals are needed again."
    hold_until_approved(slot, reason=reason, person_key=person_key, now=now, system_user=system_user)
    refused = Slot.objects.filter(pk=slot.pk, state=SlotState.HELD, held_for=HeldFor.GATE)
    if refused.update(held_for=HeldFor.APPROVAL, reason=reason):
        record_act("hold", slot.issue, person=person_key, note=reason, now=now, system_user=system_user)
    Slot.objects.filter(pk=slot.pk).update(stops=[])


def _card_statuses(issues: Sequence[Issue]) -> dict[str, set[str]]:
    statuses: dict[str, set[str]] = {}
    for issue in issues:
        for block in issue.blocks:
            if block.kind == "trial":
                statuses.setdefault(str(block.fields["nct_id"]), set()).add(str(block.fields["status"]))
    return statuses

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from newsletter.authoring.lock import TrialLock
from newsletter.errors import NotAllowedError
from newsletter.findings import Finding, Place, Severity
from newsletter.publishing.approving import missing_approvals
from newsletter.publishing.calendar import hold_slot, schedule_issue
from newsletter.publishing.candidates import latest_candidate
from newsletter.publishing.models import Approval, AuditEntry, Candidate, FrozenEdition, HeldFor, Slot, SlotState
from newsletter.publishing.slots import move_slot
from tests.contract.publishing.samples import (
    CADENCE,
    ISSUE,
    NOW,
    TRIAL,
    Files,
    approve_as,
    approve_fully,
    make_issue,
    make_lock,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]

EDITED = Files().edited(text="Tests tell a lot.\n", html="<p>Tests tell a lot.</p>")


@pytest.fixture
def slot() -> Slot:
    return schedule_issue(ISSUE, None, cadence=CADENCE, person="ada", now=NOW, system_user="tester")


def test_two_people_in_two_roles_complete_a_candidate() -> None:
    first = approve_as("sam", "editor")
    assert (first.roles, first.complete, first.changes, first.already) == (("editor",), False, (), False)
    second = approve_as("maria", "medical")
    assert (second.roles, second.complete, second.changes, second.already) == (("editor", "medical"), True, (), False)
    assert second.candidate == first.candidate
    assert missing_approvals(second.candidate) == ()


def test_the_order_of_the_two_does_not_matter() -> None:
    approve_as("maria", "medical")
    assert approve_as("sam", "editor").complete


def test_one_person_cannot_give_both_approvals() -> None:
    approve_as("ada", "editor")
    with pytest.raises(NotAllowedError, match="one person cannot give both"):
        approve_as("ada", "medical")
    assert Approval.objects.count() == 1


def test_a_person_needs_the_role() -> None:
    with pytest.raises(NotAllowedError, match="Sam Example does not have the role “medical”"):
        approve_as("sam", "medical")
    assert not Candidate.objects.exists()


def test_errors_of_the_checks_are_listed_and_nothing_is_frozen() -> None:
    findings = tuple(
        Finding(rule, severity, rule, Place("issue.md", 3))
        for rule, severity in [("no-alt", Severity.ERROR), ("too-long", Severity.ERROR), ("long-word", Severity.WARNING)]
    )
    with pytest.raises(NotAllowedError) as error:
        approve_as("sam", "editor", Files(findings=findings))
    assert "no-alt" in str(error.value)
    assert "too-long" in str(error.value)
    assert "long-word" not in str(error.value)
    assert not Candidate.objects.exists()


def test_warnings_stop_nobody() -> None:
    finding = Finding("long-word", Severity.WARNING, "long", Place("issue.md"))
    assert approve_as("sam", "editor", Files(findings=(finding,))).roles == ("editor",)


def test_a_report_about_other_bytes_does_not_count() -> None:
    with pytest.raises(NotAllowedError, match="other bytes"):
        approve_as("sam", "editor", Files(digests=("0" * 64,)))


def test_every_trial_card_needs_its_entry_in_the_lock() -> None:
    with pytest.raises(NotAllowedError, match=f"does not know {TRIAL}.*newsletter trials refresh 2026-12"):
        approve_as("sam", "editor", Files().with_issues(lock=TrialLock()))


def test_cards_that_say_different_things_in_two_languages_are_refused() -> None:
    files = Files(issues=(make_issue("en"), make_issue("es", cards={TRIAL: "closed"})))
    with pytest.raises(NotAllowedError, match="say “closed” and “open”"):
        approve_as("sam", "editor", files)


def test_the_earliest_review_date_of_all_languages_counts() -> None:
    early = replace(make_issue("es"), review_by=date(2027, 1, 5))
    assert approve_as("sam", "editor", Files(issues=(make_issue("en"), early))).candidate.review_by == date(2027, 1, 5)


def test_an_issue_without_a_review_date_has_none() -> None:
    assert approve_as("sam", "editor", Files().with_issues(review_by=None)).candidate.review_by is None


def test_approving_again_is_harmless_and_says_so() -> None:
    approve_as("sam", "editor")
    again = approve_as("sam", "editor", now=NOW + timedelta(hours=1))
    assert again.already
    assert again.roles == ("editor",)
    assert Approval.objects.get().at == NOW
    assert AuditEntry.objects.filter(act="approve").count() == 1


def test_a_second_editor_is_told_that_nothing_more_is_needed() -> None:
    approve_as("sam", "editor")
    with pytest.raises(NotAllowedError, match="by an editor, “sam”; nothing more"):
        approve_as("ada", "editor")


def test_an_edit_after_the_first_approval_makes_a_new_candidate_and_says_what_changed() -> None:
    first = approve_as("sam", "editor")
    second = approve_as("maria", "medical", EDITED)
    assert second.candidate != first.candidate
    assert second.roles == ("medical",)
    assert not second.complete
    (change,) = second.changes
    assert "+Tests tell a lot." in change
    assert latest_candidate(ISSUE) == second.candidate


def test_each_role_hears_what_changed_since_its_own_yes() -> None:
    approve_fully()
    approve_as("sam", "editor", EDITED)
    assert "Tests tell a lot" in approve_as("maria", "medical", EDITED).changes[0]


def test_a_new_review_date_alone_needs_new_approvals() -> None:
    approve_fully()
    later = approve_as("sam", "editor", Files().with_issues(review_by=date(2027, 6, 1)))
    assert not later.complete
    assert later.changes == ("The review date is now 2027-06-01; it was 2027-03-01.",)


def test_a_new_lock_alone_needs_new_approvals() -> None:
    approve_fully()
    later = approve_as("sam", "editor", Files().with_issues(lock=make_lock(status="SUSPENDED")))
    assert not later.complete
    assert "Suspended" in later.changes[0]


def test_what_changed_since_a_broken_candidate_cannot_be_said_but_the_approval_counts() -> None:
    approve_as("sam", "editor")
    FrozenEdition.objects.update(web="?")
    later = approve_as("sam", "editor", EDITED)
    assert "cannot be said" in later.changes[0]
    assert later.roles == ("editor",)


def test_a_slot_is_held_from_an_edit_until_both_have_approved_again(slot: Slot) -> None:
    approve_fully()
    first = approve_as("sam", "editor", EDITED)
    slot.refresh_from_db()
    assert (slot.state, slot.held_for) == (SlotState.HELD, HeldFor.APPROVAL)
    assert first.held == slot.reason != ""
    second = approve_as("maria", "medical", EDITED)
    slot.refresh_from_db()
    assert (slot.state, slot.held_for, slot.reason) == (SlotState.SCHEDULED, HeldFor.NOTHING, "")
    assert second.held == ""
    assert list(AuditEntry.objects.order_by("pk").values_list("act", flat=True))[-4:] == ["hold", "approve", "approve", "unhold"]


def test_a_slot_that_a_person_holds_stays_held_whoever_approves(slot: Slot) -> None:
    approve_fully()
    hold_slot(ISSUE, reason="The funder calls back", person="ada", now=NOW, system_user="tester")
    assert approve_fully(EDITED).held == "The funder calls back"
    slot.refresh_from_db()
    assert (slot.state, slot.held_for) == (SlotState.HELD, HeldFor.PERSON)


def test_the_first_candidate_of_an_issue_holds_no_slot(slot: Slot) -> None:
    approve_as("sam", "editor")
    slot.refresh_from_db()
    assert slot.state == SlotState.SCHEDULED


def test_a_released_issue_cannot_be_approved_any_more(slot: Slot) -> None:
    candidate = approve_fully().candidate
    move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=candidate)
    with pytest.raises(NotAllowedError, match="correction"):
        approve_as("sam", "editor", EDITED)
    assert Candidate.objects.get() == candidate


def test_every_approval_is_in_the_audit_log() -> None:
    candidate = approve_as("sam", "editor").candidate
    entry = AuditEntry.objects.get()
    assert (entry.at, entry.act, entry.subject, entry.person, entry.system_user) == (NOW, "approve", ISSUE, "sam", "tester")
    assert candidate.digest[:12] in entry.note
    assert "editor" in entry.note

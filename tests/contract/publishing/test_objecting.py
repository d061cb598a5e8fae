from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.checking.trials import TrialVerdict, VerdictKind
from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.approving import ApprovingRole, missing_approvals
from newsletter.publishing.calendar import hold_slot, schedule_issue, unhold_slot
from newsletter.publishing.candidates import latest_candidate
from newsletter.publishing.models import AuditEntry, Candidate, HeldFor, ReviewNote, Slot, SlotState
from newsletter.publishing.objecting import Note, Objected, reject
from newsletter.publishing.objections import standing_objections
from newsletter.publishing.releasing import Released, Waiting, release_slot
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, PEOPLE, SLOT_AT, TRIAL, Files, approve_as, approve_fully

pytestmark = [pytest.mark.database, pytest.mark.django_db]

OPEN = TrialVerdict(TRIAL, VerdictKind.OPEN, "open")
DOSE = Note("The dose is wrong.", "biomarkers", "Know your tumor's biomarkers")
EDITED = Files().edited(text="Tests tell a lot.\n", html="<p>Tests tell a lot.</p>")


def reject_as(person: str, role: ApprovingRole, *notes: Note) -> Objected:
    return reject(ISSUE, notes or [DOSE], person_key=person, person=PEOPLE[person], role=role, now=NOW, system_user="tester")


def schedule() -> Slot:
    return schedule_issue(ISSUE, SLOT_AT, cadence=CADENCE, person="ada", now=NOW, system_user="tester")


def release(slot: Slot) -> object:
    return release_slot(slot.pk, now=SLOT_AT, cadence=CADENCE, verdicts=[OPEN], leaves_machine=True)


def latest() -> Candidate:
    candidate = latest_candidate(ISSUE)
    assert candidate is not None
    return candidate


def test_asking_for_changes_withdraws_the_persons_approval_and_keeps_the_notes() -> None:
    approve_fully()
    objected = reject_as("maria", "medical", DOSE, Note(" Shorter, please. "))
    assert objected.withdrawn
    assert missing_approvals(latest()) == ("medical",)
    notes = [(note.section, note.heading, note.text) for note in ReviewNote.objects.order_by("pk")]
    assert notes == [("biomarkers", "Know your tumor's biomarkers", "The dose is wrong."), ("", "", "Shorter, please.")]
    assert AuditEntry.objects.filter(act="reject", person="maria", note__endswith="approval withdrawn").count() == 1


def test_a_scheduled_slot_is_held_and_goes_on_when_the_person_approves() -> None:
    slot = schedule()
    approve_fully()
    assert reject_as("maria", "medical").held == "Maria Example, the medical reviewer, asked for changes."
    slot.refresh_from_db()
    assert (slot.state, slot.held_for) == (SlotState.HELD, HeldFor.APPROVAL)
    assert approve_as("maria", "medical").complete
    slot.refresh_from_db()
    assert slot.state == SlotState.SCHEDULED
    assert isinstance(release(slot), Released)


def test_an_objection_stands_in_the_way_though_both_approvals_stand() -> None:
    approve_fully()
    reject_as("ada", "editor")
    slot = schedule()
    waiting = release(slot)
    assert isinstance(waiting, Waiting)
    assert "“ada”, an editor, asked for changes" in waiting.reasons[0]


def test_both_approvals_do_not_let_a_slot_go_on_while_somebody_objects() -> None:
    slot = schedule()
    approve_as("sam", "editor")
    reject_as("ada", "editor")
    approved = approve_as("maria", "medical")
    slot.refresh_from_db()
    assert (approved.complete, approved.objecting, slot.state) == (False, ("ada",), SlotState.HELD)
    with pytest.raises(NotAllowedError, match="goes on by itself"):
        unhold_slot(ISSUE, cadence=CADENCE, person="ada", now=NOW, system_user="tester")


def test_a_new_candidate_leaves_the_objection_behind_and_the_old_one_come_back_does_not_bring_it() -> None:
    approve_fully()
    reject_as("maria", "medical")
    assert approve_fully(EDITED).complete
    assert standing_objections(latest()) == []
    approve_as("sam", "editor", Files())
    assert approve_as("ada", "medical", Files()).complete


def test_a_persons_own_hold_outlasts_an_objection() -> None:
    slot = schedule()
    approve_fully()
    hold_slot(ISSUE, reason="a holiday", person="ada", now=NOW, system_user="tester")
    reject_as("maria", "medical")
    slot.refresh_from_db()
    assert (slot.held_for, slot.reason) == (HeldFor.PERSON, "a holiday")


def test_an_objection_needs_a_note() -> None:
    approve_fully()
    with pytest.raises(UsageError, match="what is to be changed"):
        reject_as("maria", "medical", Note("  "))
    assert missing_approvals(latest()) == ()


def test_an_objection_needs_the_role_and_something_to_object_to() -> None:
    with pytest.raises(NotAllowedError, match="nothing to object to"):
        reject_as("maria", "medical")
    with pytest.raises(NotAllowedError, match="does not have the role"):
        reject_as("sam", "medical")


def test_nobody_objects_to_what_readers_have() -> None:
    approve_fully()
    release(schedule())
    with pytest.raises(NotAllowedError, match="was released"):
        reject_as("maria", "medical")


def test_an_objection_is_one_persons_and_another_cannot_lift_it() -> None:
    approve_fully()
    reject_as("maria", "medical")
    assert not approve_as("ada", "medical", now=NOW + timedelta(minutes=1)).complete
    assert [objection.person for objection in standing_objections(latest())] == ["maria"]

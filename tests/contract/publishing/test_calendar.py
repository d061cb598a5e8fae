from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.calendar import due_slots, hold_slot, reschedule, schedule_issue, unhold_slot
from newsletter.publishing.models import AuditEntry, HeldFor, Slot, SlotState
from newsletter.publishing.slots import SLOT_TRANSITIONS, find_slot, move_slot
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, SLOT_AT, approve_as, approve_fully
from tests.contract.publishing.samples import Files as IssueFiles

pytestmark = [pytest.mark.database, pytest.mark.django_db]

LOCAL = datetime(2026, 12, 3, 9, 30)  # noqa: DTZ001 - as a person writes it
LOCAL_IN_UTC = datetime(2026, 12, 3, 14, 30, tzinfo=UTC)


def scheduled(issue: str = ISSUE, at: datetime | None = None, now: datetime = NOW) -> Slot:
    return schedule_issue(issue, at, cadence=CADENCE, person="ada", now=now, system_user="tester")


def moved(issue: str, at: datetime, now: datetime = NOW) -> Slot:
    return reschedule(issue, at, cadence=CADENCE, person="ada", now=now, system_user="tester")


def held(reason: str = "The funder calls back") -> Slot:
    return hold_slot(ISSUE, reason=reason, person="ada", now=NOW, system_user="tester")


def unheld(now: datetime = NOW) -> Slot:
    return unhold_slot(ISSUE, cadence=CADENCE, person="ada", now=now, system_user="tester", reason="looked")


def released() -> Slot:
    slot = scheduled()
    move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=approve_fully().candidate)
    return slot


def test_without_a_time_an_issue_gets_its_cadences_date() -> None:
    assert scheduled().at == SLOT_AT
    assert find_slot(ISSUE) == Slot.objects.get()


def test_a_time_without_an_offset_is_new_yorks() -> None:
    assert scheduled(at=LOCAL).at == LOCAL_IN_UTC


def test_an_issue_with_a_slot_keeps_it_unless_a_time_is_given() -> None:
    scheduled()
    with pytest.raises(NotAllowedError, match=r"on the calendar already, scheduled, for Tue 01 Dec 2026, 10:00 EST\..*--at"):
        scheduled()
    assert scheduled(at=LOCAL).at == LOCAL_IN_UTC
    assert Slot.objects.count() == 1


def test_a_time_belongs_to_one_issue() -> None:
    scheduled()
    with pytest.raises(NotAllowedError, match=r"belongs to 2026-12\. .*2027-02-02T10:00"):
        scheduled("special", SLOT_AT)
    scheduled("special", LOCAL)
    with pytest.raises(NotAllowedError, match=r"belongs to 2026-12"):
        moved("special", SLOT_AT)


def test_a_time_has_to_come() -> None:
    with pytest.raises(NotAllowedError, match="is past"):
        scheduled(at=NOW)
    scheduled()
    with pytest.raises(NotAllowedError, match="is past"):
        moved(ISSUE, NOW - timedelta(days=1))


def test_an_issue_without_a_slot_cannot_be_moved_held_or_unheld() -> None:
    acts: list[Callable[[], Slot]] = [lambda: moved(ISSUE, LOCAL), held, unheld]
    for act in acts:
        with pytest.raises(NotAllowedError, match="newsletter schedule 2026-12"):
            act()


def test_what_was_released_stays_as_it_is() -> None:
    released()
    acts: list[Callable[[], Slot]] = [lambda: scheduled(at=LOCAL), lambda: moved(ISSUE, LOCAL), held, unheld]
    for act in acts:
        with pytest.raises(NotAllowedError, match="was released"):
            act()


def test_a_held_slot_says_why_until_a_person_unholds_it() -> None:
    scheduled()
    slot = held()
    assert (slot.state, slot.held_for, slot.reason) == (SlotState.HELD, HeldFor.PERSON, "The funder calls back")
    with pytest.raises(NotAllowedError, match="held already: The funder calls back"):
        held("Again")
    slot = unheld()
    assert (slot.state, slot.held_for, slot.reason) == (SlotState.SCHEDULED, HeldFor.NOTHING, "")
    with pytest.raises(NotAllowedError, match="is not held"):
        unheld()


def test_a_hold_needs_a_reason() -> None:
    scheduled()
    with pytest.raises(UsageError, match="why"):
        held("  ")


def test_a_slot_that_waits_for_approvals_is_not_unheld_by_hand() -> None:
    scheduled()
    approve_fully()
    approve_as("sam", "editor", IssueFiles().edited(subject="Another"))
    with pytest.raises(NotAllowedError, match="both approvals"):
        unheld()


def test_a_persons_hold_outlasts_the_approvals() -> None:
    scheduled()
    approve_fully()
    files = IssueFiles().edited(subject="Another")
    approve_as("sam", "editor", files)
    slot = held()
    assert "both approvals" in slot.reason
    approve_as("maria", "medical", files)
    slot.refresh_from_db()
    assert (slot.state, slot.held_for) == (SlotState.HELD, HeldFor.PERSON)


def test_a_slot_whose_hour_is_long_past_needs_a_new_one_before_it_goes_on() -> None:
    scheduled()
    held()
    with pytest.raises(NotAllowedError, match=r"newsletter schedule 2026-12 --at 2027-02-02T10:00"):
        unheld(now=SLOT_AT + timedelta(hours=6, seconds=1))
    assert unheld(now=SLOT_AT + timedelta(hours=6)).state == SlotState.SCHEDULED


def test_a_missed_slot_goes_on_when_it_gets_a_new_hour() -> None:
    slot = scheduled()
    move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.HELD, held_for=HeldFor.MISSED, reason="missed")
    slot = moved(ISSUE, LOCAL)
    assert (slot.state, slot.at, slot.reason) == (SlotState.SCHEDULED, LOCAL_IN_UTC, "")


def test_a_slot_held_by_a_person_stays_held_when_it_gets_a_new_hour() -> None:
    scheduled()
    held()
    slot = moved(ISSUE, LOCAL)
    assert (slot.state, slot.at, slot.held_for) == (SlotState.HELD, LOCAL_IN_UTC, HeldFor.PERSON)


def test_due_are_the_slots_whose_hour_has_come_and_that_nothing_holds() -> None:
    scheduled("special", LOCAL)
    scheduled()
    later = SLOT_AT + timedelta(days=7)
    assert due_slots(SLOT_AT - timedelta(seconds=1)) == []
    assert [slot.issue for slot in due_slots(SLOT_AT)] == [ISSUE]
    assert [slot.issue for slot in due_slots(later)] == [ISSUE, "special"]
    held()
    assert [slot.issue for slot in due_slots(later)] == ["special"]


def test_every_act_on_the_calendar_is_in_the_audit_log() -> None:
    scheduled()
    moved(ISSUE, LOCAL)
    held()
    unheld()
    acts = list(AuditEntry.objects.order_by("pk").values_list("act", "subject", "person", "system_user"))
    assert acts == [(act, ISSUE, "ada", "tester") for act in ["schedule", "reschedule", "hold", "unhold"]]
    assert "looked" in AuditEntry.objects.get(act="unhold").note


def test_an_act_that_failed_leaves_no_audit_entry() -> None:
    released()
    before = AuditEntry.objects.count()
    with pytest.raises(NotAllowedError):
        held()
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("expected", SlotState)
@pytest.mark.parametrize("to", SlotState)
def test_a_slot_makes_only_the_steps_of_the_table(expected: SlotState, to: SlotState) -> None:
    slot = scheduled()
    Slot.objects.filter(pk=slot.pk).update(state=expected)
    if to in SLOT_TRANSITIONS[expected]:
        assert move_slot(slot.pk, expected=expected, to=to)
        slot.refresh_from_db()
        assert slot.state == to
    else:
        with pytest.raises(NotAllowedError, match="cannot become"):
            move_slot(slot.pk, expected=expected, to=to)


def test_a_step_from_a_state_that_the_slot_has_left_changes_nothing() -> None:
    slot = scheduled()
    held()
    assert not move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED)
    slot.refresh_from_db()
    assert slot.state == SlotState.HELD

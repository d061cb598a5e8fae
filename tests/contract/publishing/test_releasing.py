from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.checking.trials import TrialVerdict, VerdictKind
from newsletter.publishing.calendar import hold_slot, reschedule, schedule_issue
from newsletter.publishing.models import AuditEntry, FrozenEdition, HeldFor, Slot, SlotState
from newsletter.publishing.releasing import Held, Released, Waiting, release_slot
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, SLOT_AT, TRIAL, Files, approve_as, approve_fully

pytestmark = [pytest.mark.database, pytest.mark.django_db]

GRACE_IS_OVER = SLOT_AT + timedelta(hours=6, seconds=1)


def verdict(kind: VerdictKind) -> TrialVerdict:
    return TrialVerdict(TRIAL, kind, f"{TRIAL} is {kind.value}.")


OPEN = verdict(VerdictKind.OPEN)
COULD_NOT_CHECK = verdict(VerdictKind.COULD_NOT_CHECK)


@pytest.fixture
def slot() -> Slot:
    return schedule_issue(ISSUE, None, cadence=CADENCE, person="ada", now=NOW, system_user="tester")


def release(
    slot: Slot, *, now: datetime = SLOT_AT, verdicts: Sequence[TrialVerdict] = (OPEN,), leaves_machine: bool = True
) -> Released | Held | Waiting:
    return release_slot(slot.pk, now=now, cadence=CADENCE, verdicts=verdicts, leaves_machine=leaves_machine)


def state(slot: Slot) -> tuple[str, str]:
    slot.refresh_from_db()
    return slot.state, slot.held_for


def test_an_approved_candidate_is_released_at_its_hour(slot: Slot) -> None:
    candidate = approve_fully().candidate
    assert release(slot) == Released(candidate.pk, slot.pk)
    assert state(slot) == (SlotState.RELEASED, "")
    assert slot.candidate == candidate
    entry = AuditEntry.objects.get(act="release")
    assert (entry.subject, entry.at, entry.system_user) == (ISSUE, SLOT_AT, "scheduler")
    assert candidate.digest[:12] in entry.note


def test_a_slot_is_released_once(slot: Slot) -> None:
    approve_fully()
    assert isinstance(release(slot), Released)
    assert release(slot) == Waiting(("2026-12 was released before.",))
    assert AuditEntry.objects.filter(act="release").count() == 1


def test_a_slot_before_its_hour_waits(slot: Slot) -> None:
    approve_fully()
    answer = release(slot, now=SLOT_AT - timedelta(seconds=1))
    assert isinstance(answer, Waiting)
    assert "not due before Tue 01 Dec 2026, 10:00 EST" in answer.reasons[0]


def test_a_held_slot_stays_held_and_says_why(slot: Slot) -> None:
    approve_fully()
    hold_slot(ISSUE, reason="The funder calls back", person="ada", now=NOW, system_user="tester")
    assert release(slot) == Held(("The funder calls back",))


def test_an_issue_that_nobody_approved_waits(slot: Slot) -> None:
    answer = release(slot)
    assert isinstance(answer, Waiting)
    assert "newsletter approve 2026-12" in answer.reasons[0]
    assert state(slot)[0] == SlotState.SCHEDULED


def test_missing_approvals_are_named(slot: Slot) -> None:
    approve_as("sam", "editor")
    answer = release(slot)
    assert isinstance(answer, Waiting)
    (reason,) = answer.reasons
    assert "by the medical reviewer is missing: newsletter approve 2026-12 --role medical" in reason


def test_approvals_of_an_older_candidate_do_not_count(slot: Slot) -> None:
    approve_fully()
    approve_as("sam", "editor", Files().edited(subject="Another"))
    Slot.objects.update(state=SlotState.SCHEDULED)
    answer = release(slot)
    assert isinstance(answer, Waiting)
    assert "medical" in answer.reasons[0]


def test_an_approval_within_the_grace_still_lets_it_go(slot: Slot) -> None:
    approve_as("sam", "editor")
    release(slot)
    approve_as("maria", "medical", now=SLOT_AT + timedelta(hours=5))
    assert isinstance(release(slot, now=SLOT_AT + timedelta(hours=6)), Released)


def test_a_slot_missed_by_more_than_the_grace_is_held_for_a_person(slot: Slot) -> None:
    approve_fully()
    answer = release(slot, now=GRACE_IS_OVER)
    assert isinstance(answer, Held)
    assert "past by more than 6 hours" in answer.reasons[0]
    assert state(slot) == (SlotState.HELD, HeldFor.MISSED)
    assert AuditEntry.objects.get(act="hold").note == slot.reason


def test_a_missed_slot_is_released_at_its_new_hour(slot: Slot) -> None:
    approve_fully()
    release(slot, now=GRACE_IS_OVER)
    new_hour = SLOT_AT + timedelta(days=1)
    reschedule(ISSUE, new_hour, cadence=CADENCE, person="ada", now=GRACE_IS_OVER, system_user="tester")
    assert isinstance(release(slot, now=new_hour), Released)


def test_a_missed_slot_tells_everything_else_too(slot: Slot) -> None:
    answer = release(slot, now=GRACE_IS_OVER)
    assert isinstance(answer, Held)
    assert len(answer.reasons) == 2
    assert "not approved by anybody" in answer.reasons[1]


def test_facts_past_their_review_date_are_held(slot: Slot) -> None:
    approve_fully(Files().with_issues(review_by=date(2026, 11, 30)))
    answer = release(slot)
    assert isinstance(answer, Held)
    assert "re-checked by 2026-11-30" in answer.reasons[0]
    assert state(slot) == (SlotState.HELD, HeldFor.GATE)


def test_the_review_date_itself_is_not_past_as_long_as_it_is_that_day_in_new_york(slot: Slot) -> None:
    approve_fully(Files().with_issues(review_by=date(2026, 12, 1)))
    late = datetime(2026, 12, 2, 4, 59, tzinfo=UTC)
    Slot.objects.update(at=late)
    assert isinstance(release(slot, now=late), Released)


def test_an_issue_without_a_review_date_is_released(slot: Slot) -> None:
    approve_fully(Files().with_issues(review_by=None))
    assert isinstance(release(slot), Released)


@pytest.mark.parametrize("kind", [VerdictKind.CLOSED, VerdictKind.ABSENT, VerdictKind.NOT_YET])
@pytest.mark.parametrize("leaves_machine", [True, False])
def test_a_card_that_promises_more_than_the_registry_is_held(slot: Slot, kind: VerdictKind, *, leaves_machine: bool) -> None:
    approve_fully()
    answer = release(slot, verdicts=[verdict(kind)], leaves_machine=leaves_machine)
    assert answer == Held((f"{TRIAL} is {kind.value}.",))
    assert state(slot) == (SlotState.HELD, HeldFor.GATE)


def test_what_could_not_be_checked_waits_until_the_grace_is_over_and_is_then_held(slot: Slot) -> None:
    approve_fully()
    assert release(slot, verdicts=[COULD_NOT_CHECK]) == Waiting((COULD_NOT_CHECK.sentence,))
    assert state(slot)[0] == SlotState.SCHEDULED
    answer = release(slot, verdicts=[COULD_NOT_CHECK], now=GRACE_IS_OVER)
    assert isinstance(answer, Held)
    assert COULD_NOT_CHECK.sentence in answer.reasons


def test_what_could_not_be_checked_is_a_warning_where_no_mail_leaves_the_machine(slot: Slot) -> None:
    candidate = approve_fully().candidate
    answer = release(slot, verdicts=[COULD_NOT_CHECK], leaves_machine=False)
    assert answer == Released(candidate.pk, slot.pk, (COULD_NOT_CHECK.sentence,))
    assert COULD_NOT_CHECK.sentence in AuditEntry.objects.get(act="release").note


def test_a_card_that_nobody_asked_about_could_not_be_checked(slot: Slot) -> None:
    approve_fully()
    answer = release(slot, verdicts=[])
    assert isinstance(answer, Waiting)
    assert f"{TRIAL} could not be checked" in answer.reasons[0]


def test_verdicts_about_other_trials_do_not_matter(slot: Slot) -> None:
    approve_fully()
    other = TrialVerdict("NCT09990009", VerdictKind.CLOSED, "another")
    assert isinstance(release(slot, verdicts=[OPEN, other]), Released)


def test_a_candidate_that_was_tampered_with_is_held(slot: Slot) -> None:
    approve_fully()
    FrozenEdition.objects.filter(language="es").update(subject="You have won")
    answer = release(slot)
    assert isinstance(answer, Held)
    assert "not what was approved" in answer.reasons[0]


def test_while_an_approval_is_missing_nothing_is_said_of_trials(slot: Slot) -> None:
    """The registry is asked when both approvals stand; until then it has nothing to do with the waiting."""
    approve_as("ada", "editor")
    answer = release(slot, verdicts=[])
    assert isinstance(answer, Waiting)
    assert [reason for reason in answer.reasons if "NCT" in reason] == []

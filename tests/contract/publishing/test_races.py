"""Two schedulers, two approvers: threads with a connection each, let loose at one moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from time import sleep

import pytest
from django.db import connection, transaction

from newsletter.checking.trials import TrialVerdict, VerdictKind
from newsletter.errors import NotAllowedError
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.candidates import latest_candidate
from newsletter.publishing.models import Approval, AuditEntry, Candidate, Slot, SlotState
from newsletter.publishing.releasing import Held, Released, Waiting, release_slot
from newsletter.publishing.trial_checks import record_asked
from newsletter.publishing.trial_overrides import Overridden
from tests.contract.publishing.gate_samples import CLOSED, UNCHECKED, judged, look, override
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, SLOT_AT, TRIAL, Files, approve_as, approve_fully

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

OPEN = TrialVerdict(TRIAL, VerdictKind.OPEN, "open")


def race(*runners: Callable[[], object]) -> list[object]:
    """Run all at once, each in a thread of its own with a connection of its own."""
    start = Barrier(len(runners))

    def run(runner: Callable[[], object]) -> object:
        start.wait(timeout=10)
        try:
            return runner()
        except NotAllowedError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(runners)) as pool:
        return list(pool.map(run, runners))


def schedule(issue: str = ISSUE) -> Slot:
    return schedule_issue(issue, SLOT_AT, cadence=CADENCE, person="ada", now=NOW, system_user="tester")


def release(slot: Slot) -> Released | Held | Waiting:
    with transaction.atomic():
        return release_slot(slot.pk, now=SLOT_AT, cadence=CADENCE, verdicts=[OPEN], leaves_machine=True)


@pytest.mark.parametrize("_round", range(5))
def test_of_two_schedulers_one_releases_a_slot(_round: int) -> None:
    slot = schedule()
    approve_fully()
    answers = race(*[lambda: release(slot)] * 4)
    assert [type(answer) for answer in answers].count(Released) == 1
    assert [type(answer) for answer in answers].count(Waiting) == 3
    assert AuditEntry.objects.filter(act="release").count() == 1


@pytest.mark.parametrize("_round", range(5))
def test_a_time_goes_to_one_of_two_issues(_round: int) -> None:
    answers = race(lambda: schedule("one"), lambda: schedule("two"))
    assert {type(answer) for answer in answers} == {Slot, NotAllowedError}
    assert AuditEntry.objects.filter(act="schedule").count() == Slot.objects.count() == 1


@pytest.mark.parametrize("_round", range(5))
def test_two_first_approvals_at_once_end_in_one_candidate_with_both(_round: int) -> None:
    race(lambda: approve_as("sam", "editor"), lambda: approve_as("maria", "medical"))
    approve_as("sam", "editor")
    assert approve_as("maria", "medical").complete
    assert Candidate.objects.count() == 1
    assert Approval.objects.count() == AuditEntry.objects.count() == 2


@pytest.mark.parametrize("_round", range(5))
def test_an_edit_approved_while_a_scheduler_releases_is_either_in_time_or_refused(_round: int) -> None:
    slot = schedule()
    approved = approve_fully().candidate
    edited = Files().edited(subject="Another")
    answers = race(lambda: release(slot), lambda: approve_as("sam", "editor", edited))
    slot.refresh_from_db()
    if isinstance(answers[1], NotAllowedError):
        assert slot.candidate == approved == latest_candidate(ISSUE)
    else:
        assert slot.state == SlotState.HELD
        assert latest_candidate(ISSUE) != approved


def test_an_edit_that_comes_while_a_release_is_being_written_is_refused() -> None:
    slot = schedule()
    approved = approve_fully().candidate
    released, edit_began = Event(), Event()

    def release_slowly() -> Released | Held | Waiting:
        with transaction.atomic():
            answer = release_slot(slot.pk, now=SLOT_AT, cadence=CADENCE, verdicts=[OPEN], leaves_machine=True)
            released.set()
            edit_began.wait(timeout=10)
            sleep(0.3)  # time enough for the edit to overtake, if nothing made it wait
        return answer

    def approve_edit() -> object:
        released.wait(timeout=10)
        edit_began.set()
        return approve_as("sam", "editor", Files().edited(subject="Another"))

    answers = race(release_slowly, approve_edit)
    assert answers[0] == Released(approved.pk, slot.pk)
    assert isinstance(answers[1], NotAllowedError)
    assert latest_candidate(ISSUE) == approved


@pytest.mark.parametrize("_round", range(5))
def test_an_override_given_while_the_gate_looks_counts_now_or_at_the_next_look(_round: int) -> None:
    """The registry gave no answer; a person decides in the very minute in which a scheduler looks again."""
    slot = schedule()
    approved = approve_fully().candidate
    record_asked(ISSUE, [UNCHECKED], now=SLOT_AT)
    answers = race(lambda: look(slot, UNCHECKED), lambda: override(now=SLOT_AT))
    if isinstance(answers[0], Released):
        assert isinstance(answers[1], (Overridden, NotAllowedError))
    else:
        assert isinstance(answers[0], Waiting)
        assert isinstance(answers[1], Overridden)
        assert isinstance(look(slot, UNCHECKED), Released)
    slot.refresh_from_db()
    assert slot.candidate == approved
    assert AuditEntry.objects.filter(act="release").count() == 1


@pytest.mark.parametrize("_round", range(5))
def test_of_two_schedulers_one_holds_a_slot_and_people_are_told_once(_round: int) -> None:
    slot = schedule()
    approve_fully()
    answers = race(*[lambda: look(slot, CLOSED)] * 4)
    assert {type(answer) for answer in answers} == {Held}
    assert AuditEntry.objects.filter(act="hold").count() == 1


@pytest.mark.parametrize("_round", range(5))
def test_two_people_who_decide_at_once_let_the_slot_go_on_once(_round: int) -> None:
    slot = schedule()
    approve_fully()
    look(slot, CLOSED)
    answers = race(lambda: override(person="sam"), lambda: override(person="maria"))
    assert any(isinstance(answer, Overridden) for answer in answers)
    assert AuditEntry.objects.filter(act="override").count() == AuditEntry.objects.filter(act="unhold").count() == 1
    assert isinstance(look(slot, CLOSED), Released)


@pytest.mark.parametrize("_round", range(5))
def test_an_override_and_new_bytes_at_once_never_release_the_new_bytes_unapproved(_round: int) -> None:
    slot = schedule()
    approve_fully()
    look(slot, CLOSED)
    race(override, lambda: approve_as("sam", "editor", Files().edited(subject="Another")))
    slot.refresh_from_db()
    assert slot.state == SlotState.HELD
    with transaction.atomic():
        answer = release_slot(slot.pk, now=SLOT_AT, cadence=CADENCE, verdicts=judged(CLOSED), leaves_machine=True)
    assert isinstance(answer, Held)

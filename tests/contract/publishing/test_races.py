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

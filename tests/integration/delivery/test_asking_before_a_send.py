"""The look at a due slot: the registry is asked with no transaction open, and what dies in between does no harm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from newsletter.checking.trials import TrialAnswer
from newsletter.config import Config
from newsletter.delivery.models import Send
from newsletter.delivery.sending import SlotResult, start_due_sends
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import Slot, SlotState, TrialCheck
from newsletter.publishing.releasing import Held, Released, Waiting, release_slot
from newsletter.publishing.trial_checks import record_asked
from tests.contract.publishing.gate_samples import CLOSED, UNCHECKED, answered, override, scheduled
from tests.contract.publishing.samples import CADENCE, SLOT_AT, TRIAL, Files, approve_as, approve_fully
from tests.integration.delivery.scripted import config

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


class Registry:
    """Answers as it is told, and counts how often it was asked."""

    def __init__(self, answer: TrialAnswer) -> None:
        self.answer = answer
        self.asked = 0
        self.before_answering: Callable[[], None] = lambda: None

    def __call__(self, nct_ids: Sequence[str]) -> list[TrialAnswer]:
        assert not connection.in_atomic_block, "nobody is asked in a transaction"
        assert list(nct_ids) == [TRIAL]
        self.asked += 1
        self.before_answering()
        return [self.answer]


@pytest.fixture
def slot() -> Slot:
    slot = scheduled()
    approve_fully()
    return slot


def look(
    registry: Registry, *, minutes: float = 0, settings: Config | None = None, patient: bool = True
) -> Released | Held | Waiting:
    now: datetime = SLOT_AT + timedelta(minutes=minutes)
    (found,) = _results(start_due_sends(settings or config(transport="smtp"), lambda: now, registry, patient=patient))
    return found


def _results(results: Sequence[SlotResult]) -> list[Released | Held | Waiting]:
    return [one.result for one in results]


@pytest.mark.usefixtures("slot")
def test_a_trial_that_closed_stops_the_send() -> None:
    assert isinstance(look(Registry(CLOSED)), Held)
    assert Send.objects.count() == 0
    assert TrialCheck.objects.get().answer == "ACTIVE_NOT_RECRUITING"


@pytest.mark.usefixtures("slot")
def test_a_registry_without_an_answer_is_asked_with_growing_pauses() -> None:
    registry = Registry(UNCHECKED)
    asked_at = []
    for minute in range(40):
        before = registry.asked
        assert isinstance(look(registry, minutes=minute), Waiting)
        asked_at += [minute] * (registry.asked - before)
    assert asked_at == [0, 1, 3, 8, 18, 28, 38]


@pytest.mark.usefixtures("slot")
def test_whoever_types_send_does_not_wait_for_the_next_asking() -> None:
    registry = Registry(UNCHECKED)
    look(registry)
    registry.answer = answered()
    assert isinstance(look(registry, minutes=0.2), Waiting)
    assert isinstance(look(registry, minutes=0.2, patient=False), Released)


@pytest.mark.usefixtures("slot")
def test_where_no_mail_leaves_the_machine_nothing_waits_for_the_registry() -> None:
    released = look(Registry(UNCHECKED), settings=config(transport="outbox"))
    assert isinstance(released, Released)
    assert "could not be checked" in released.warnings[0]


@pytest.mark.usefixtures("slot")
def test_without_an_answer_it_is_given_up_at_the_last_asking_within_the_grace() -> None:
    registry = Registry(UNCHECKED)
    look(registry, minutes=348)
    assert isinstance(look(registry, minutes=357), Waiting)
    assert isinstance(look(registry, minutes=358), Held)
    assert Slot.objects.get().held_for == "gate"


@pytest.mark.usefixtures("slot")
def test_after_an_override_the_next_look_asks_at_once_and_releases() -> None:
    registry = Registry(UNCHECKED)
    look(registry)
    override(now=SLOT_AT + timedelta(seconds=20))
    assert isinstance(look(registry, minutes=0.5), Released)
    assert registry.asked == 2


@pytest.mark.usefixtures("slot")
def test_a_scheduler_that_dies_between_asking_and_holding_asks_again_and_holds() -> None:
    registry = Registry(CLOSED)

    def die() -> None:
        raise KeyboardInterrupt

    registry.before_answering = die
    with pytest.raises(KeyboardInterrupt):
        look(registry)
    assert Slot.objects.get().state == SlotState.SCHEDULED
    TrialCheck.objects.create(issue="2026-12", nct_id=TRIAL, asked_at=SLOT_AT, answer=CLOSED.in_short)  # it died a line later
    registry.before_answering = lambda: None
    assert isinstance(look(registry, minutes=1), Held)
    assert Send.objects.count() == 0


@pytest.mark.usefixtures("slot")
def test_new_bytes_that_are_approved_while_the_registry_answers_are_not_released_by_its_answer() -> None:
    registry = Registry(answered())

    def approve_others() -> None:
        approve_as("sam", "editor", Files().edited(subject="Another"))

    registry.before_answering = approve_others
    assert isinstance(look(registry), Held)
    assert Send.objects.count() == 0


def test_while_an_approval_is_missing_nobody_is_asked() -> None:
    scheduled()
    approve_as("sam", "editor")
    registry = Registry(answered())
    assert isinstance(look(registry), Waiting)
    assert registry.asked == 0


@pytest.mark.usefixtures("slot")
def test_answers_from_before_the_machine_slept_release_nothing() -> None:
    now = SLOT_AT

    def sleep() -> None:
        nonlocal now
        now += timedelta(hours=5)

    registry = Registry(answered())
    registry.before_answering = sleep
    (found,) = _results(start_due_sends(config(transport="smtp"), lambda: now, registry))
    assert isinstance(found, Waiting)
    registry.before_answering = lambda: None
    registry.answer = CLOSED
    (found,) = _results(start_due_sends(config(transport="smtp"), lambda: now, registry))
    assert isinstance(found, Held)
    assert Send.objects.count() == 0


@pytest.mark.usefixtures("slot")
def test_asking_that_breaks_off_is_no_answer_of_which_people_are_told_and_held_in_the_end() -> None:
    registry = Registry(answered())

    def break_off() -> None:
        raise RuntimeError("out of paper")

    registry.before_answering = break_off
    assert isinstance(look(registry), Waiting)
    assert TrialCheck.objects.get().answer == "could not check"
    held = look(registry, minutes=358)
    assert isinstance(held, Held)
    assert "out of paper" in held.reasons[0]


@pytest.mark.usefixtures("slot")
def test_what_breaks_at_one_slot_keeps_no_other_from_going_out(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule_issue(
        "2026-11",
        SLOT_AT - timedelta(hours=1),
        cadence=CADENCE,
        person="ada",
        now=SLOT_AT - timedelta(days=1),
        system_user="tester",
    )

    def break_at_the_first(slot_id: int, **given: Any) -> Released | Held | Waiting:
        if Slot.objects.get(pk=slot_id).issue == "2026-11":
            raise RuntimeError("out of paper")
        return release_slot(slot_id, **given)

    monkeypatch.setattr("newsletter.delivery.sending.release_slot", break_at_the_first)
    with pytest.raises(RuntimeError, match="out of paper"):
        look(Registry(answered()))
    assert Send.objects.get().issue == "2026-12"


def test_two_who_write_down_the_same_answers_in_another_order_do_not_stand_in_each_others_way() -> None:
    """A scheduler asks in the order of numbers, a command in the order of the cards."""
    answers = [TrialAnswer(f"NCT{number:08}") for number in range(200)]

    def write(ordered: Sequence[TrialAnswer]) -> None:
        try:
            for _ in range(20):
                record_asked("2026-12", ordered, now=SLOT_AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write, answers), pool.submit(write, answers[::-1])]:
            done.result()
    assert TrialCheck.objects.count() == len(answers)

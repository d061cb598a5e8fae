"""A scheduler killed between any two steps of its look at a due slot with a trial: the next one comes to the same end."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator

import pytest
from _pytest.mark import ParameterSet

from newsletter.sources.practice.registry import PracticeRegistry
from tests.chaos.ground import Ground, Server, ground_with
from tests.chaos.named_steps import GATE_STEPS
from tests.chaos.trials import NUMBERS, database_on_trial, issue_name
from tests.site_folder import REPOSITORY

TRIAL = "NCT09990001"
READERS = 20

World = tuple[Ground, Server, PracticeRegistry]


AFTER_ASKING = list(GATE_STEPS)[3:]
"""What comes before is the same whatever the registry says."""


def steps(names: Iterable[str] = GATE_STEPS) -> list[ParameterSet]:
    return [pytest.param(one, marks=[pytest.mark.database]) for one in names]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with PracticeRegistry(REPOSITORY / "issues/practice-trials.json") as practice:
        settings = {"TRIALS__BASE_URL": practice.base_url, "DELIVERY__SMTP__CONNECTIONS": 2}
        with ground_with("smtp_server", database=database_on_trial(), settings=settings) as (ground, server):
            ground.do("add", readers=READERS)
            yield ground, server, practice


def kill_at(step: str, ground: Ground) -> str:
    """Put an issue with the trial on the calendar, and let a scheduler be killed at a step of its look at it; give the issue."""
    issue = issue_name(next(NUMBERS))
    ground.do("put_on_the_calendar", issues=[issue], cards={TRIAL: "open"})
    struck = ground.start("tick", step=step)
    assert struck.wait() == -signal.SIGKILL, f"the scheduler never came to the step {step!r}"
    return issue


def tick_until(ground: Ground, come: Callable[[], bool]) -> None:
    """Let two schedulers look, as after a careless start, until something has come about, and a little longer."""
    schedulers = [ground.start("tick", name=name) for name in ("one", "two")]
    until = time.monotonic() + 90
    while not come():
        assert time.monotonic() < until, ground.log.read_text()[-3000:]
        time.sleep(0.05)
    time.sleep(0.5)
    for one in schedulers:
        one.strike(signal.SIGTERM)
    assert [one.wait() for one in schedulers] == [0, 0]


def slot_of(ground: Ground, issue: str) -> tuple[str, str]:
    return ground.books.rows(f"SELECT state, held_for FROM publishing_slot WHERE issue = '{issue}'")[0]  # noqa: S608


def acts_on(ground: Ground, issue: str) -> list[str]:
    return [act for (act,) in ground.books.rows(f"SELECT act FROM publishing_auditentry WHERE subject = '{issue}'")]  # noqa: S608


@pytest.mark.parametrize("step", steps())
def test_a_closed_trial_holds_the_slot_once_and_nobody_is_mailed(world: World, step: str) -> None:
    ground, _, practice = world
    practice.change_status(TRIAL, "TERMINATED")
    issue = kill_at(step, ground)
    tick_until(ground, lambda: slot_of(ground, issue)[0] == "held")
    assert (slot_of(ground, issue), acts_on(ground, issue)) == (("held", "gate"), ["hold"])
    assert [one for one in ground.books.sends() if one.issue == issue] == []
    assert [one for one in ground.books.entries() if one.issue == issue] == []


@pytest.mark.parametrize("step", steps(AFTER_ASKING))
def test_an_open_trial_releases_the_issue_once_and_everybody_gets_one(world: World, step: str) -> None:
    ground, server, practice = world
    practice.change_status(TRIAL, "RECRUITING")
    issue = kill_at(step, ground)
    tick_until(ground, lambda: [one.state for one in ground.books.sends() if one.issue == issue] == ["done"])
    assert (slot_of(ground, issue)[0], acts_on(ground, issue)) == ("released", ["release"])
    entries = [one for one in ground.books.entries() if one.issue == issue]
    assert [one.handover for one in entries] == ["accepted"] * READERS
    keys = {one.key for one in entries}
    assert sorted(one.key for one in server.holds() if one.key in keys) == sorted(keys)

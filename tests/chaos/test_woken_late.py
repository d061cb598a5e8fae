"""A worker that is stopped, given up, settled by evidence, and then goes on as if nothing had happened."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.chaos.ground import Ground, Process, Server, ground_with
from tests.chaos.trials import LEASE, Trial, begin_trial, database_on_trial

CONNECTIONS = 2
READERS = 120

PATIENCE = 120.0
"""Seconds for trials whose worker is stopped in the middle of a write, as every second one is on a busy machine."""

Pair = tuple[Ground, Server]


@pytest.fixture(scope="module")
def smtp() -> Iterator[Pair]:
    settings = {"DELIVERY__SMTP__CONNECTIONS": CONNECTIONS}
    with ground_with("smtp_server", database=database_on_trial(), settings=settings) as made:
        made[0].do("add", readers=READERS)
        yield made


@pytest.fixture(scope="module")
def sendgrid() -> Iterator[Pair]:
    with ground_with("sendgrid_server") as made:
        made[0].do("add", readers=READERS)
        yield made


@pytest.mark.database
@pytest.mark.parametrize("step", ["marked", "answered (smtp)"])
def test_what_was_queued_again_meanwhile_is_not_sent_by_the_one_that_slept(smtp: Pair, step: str) -> None:
    sleeps_while_others_settle(smtp, "smtp", step, passing=3)


@pytest.mark.parametrize("step", ["marked", "before the wire (sendgrid)", "connected (sendgrid)"])
def test_what_was_queued_again_meanwhile_is_not_posted_by_the_one_that_slept(sendgrid: Pair, step: str) -> None:
    sleeps_while_others_settle(sendgrid, "sendgrid", step, passing=1)


def sleeps_while_others_settle(pair: Pair, transport: str, step: str, *, passing: int) -> None:
    trial, sleeper = fall_asleep(pair, transport, step, passing=passing)
    time.sleep(1.5 * LEASE)
    trial.deliver()
    trial.settle()
    sleeper.go_on()
    assert sleeper.wait() == 0
    assert trial.judge(most_unknown=0).complaints == ()


def fall_asleep(pair: Pair, transport: str, step: str, *, passing: int) -> tuple[Trial, Process]:
    """Begin a trial, and stop its worker at a step.

    A process is stopped as a whole. One of which another thread writes at that moment keeps SQLite from everybody until it goes
    on, so that nobody could settle anything: it is let go, and the next trial is begun.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        trial = begin_trial(*pair, transport=transport)
        sleeper = trial.ground.start("deliver", step=step, passing=passing, blow="stop")
        sleeper.wait(until_stopped=True)
        assert sleeper.stopped, f"the worker never came to the step {step!r}"
        if not trial.ground.books.is_held():
            return trial, sleeper
        sleeper.go_on()
        assert sleeper.wait() == 0
    raise AssertionError("every worker was stopped in the middle of a write")

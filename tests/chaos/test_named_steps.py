"""Killed, and stopped for longer than the lease, at every named step of a send."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _pytest.mark import ParameterSet

from tests.chaos.ground import Ground, Server, ground_with
from tests.chaos.named_steps import (
    CANCELLING_STEPS,
    FREEZING_STEPS,
    PUTTING_BACK_STEPS,
    SENDGRID_STEPS,
    SENDING_STEPS,
    SMTP_STEPS,
)
from tests.chaos.trials import begin_trial, database_on_trial, strike_once

READERS = 120
CONNECTIONS = 2
MOST_UNKNOWN = 2 * (CONNECTIONS + 20)
"""Of the one that is struck, and of the other one, should it be starved for longer than its lease."""

Pair = tuple[Ground, Server]


ON_BOTH_DATABASES = ("chunk frozen", "marked, not committed", "marked", "recorded")


def steps() -> list[ParameterSet]:
    """Every step over SMTP; some of them on PostgreSQL as well."""
    names = [*FREEZING_STEPS, *SENDING_STEPS, *SMTP_STEPS]
    return [pytest.param(one, marks=[pytest.mark.database] if one in ON_BOTH_DATABASES else []) for one in names]


@pytest.fixture(scope="module")
def smtp() -> Iterator[Pair]:
    settings = {"DELIVERY__SMTP__CONNECTIONS": CONNECTIONS}
    with ground_with("smtp_server", database=database_on_trial(), settings=settings) as pair:
        pair[0].do("add", readers=READERS)
        yield pair


@pytest.fixture(scope="module")
def sendgrid() -> Iterator[Pair]:
    with ground_with("sendgrid_server") as pair:
        pair[0].do("add", readers=READERS)
        yield pair


@pytest.mark.parametrize("blow", ["kill", "stop"])
@pytest.mark.parametrize("step", steps())
def test_over_smtp_nobody_gets_two_and_nobody_is_forgotten(smtp: Pair, step: str, blow: str) -> None:
    trial = begin_trial(*smtp, transport="smtp")
    strike_once(trial, step, blow=blow)
    assert trial.judge(most_unknown=MOST_UNKNOWN).complaints == ()
    assert trial.settle().complaints == ()


@pytest.mark.parametrize("blow", ["kill", "stop"])
@pytest.mark.parametrize("step", ["marked", *SENDGRID_STEPS])
def test_over_sendgrid_nobody_gets_two_and_nobody_is_forgotten(sendgrid: Pair, step: str, blow: str) -> None:
    trial = begin_trial(*sendgrid, transport="sendgrid")
    strike_once(trial, step, blow=blow)
    assert trial.judge(most_unknown=READERS).complaints == ()
    assert trial.settle().complaints == ()


@pytest.mark.parametrize("step", CANCELLING_STEPS)
def test_a_cancelled_send_adds_up_whoever_is_killed(smtp: Pair, step: str) -> None:
    trial = begin_trial(*smtp, transport="smtp")
    trial.ground.start("deliver", step="recorded", passing=2).wait()
    trial.ground.start("steer", how="cancel", issue=trial.issue, step=step).wait()
    trial.ground.start("deliver", step=step).wait()
    trial.deliver()
    judgement = trial.judge(most_unknown=MOST_UNKNOWN)
    assert judgement.complaints == ()
    assert judgement.handovers["excluded"] > 0


@pytest.mark.parametrize("step", PUTTING_BACK_STEPS)
def test_what_never_left_is_queued_again_once_whoever_is_killed(smtp: Pair, step: str) -> None:
    trial = begin_trial(*smtp, transport="smtp")
    strike_once(trial, "marked", blow="kill")
    trial.ground.start("settle", journals=[str(trial.server.journal)], step=step).wait()
    assert trial.settle().complaints == ()

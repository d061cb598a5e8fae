"""The test of the test: with a bug planted into the workers the judge finds fault, and in the same trial without it, none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.chaos.ground import Ground, Server, ground_with
from tests.chaos.judge import Judgement
from tests.chaos.plants import PLANTS
from tests.chaos.smtp_server import SmtpFault
from tests.chaos.trials import LEASE, Trial, begin_trial, database_on_trial, strike_once

READERS = 120
CONNECTIONS = 2
WINDOW = CONNECTIONS + 20
"""On a starved machine a second worker may lose its lease, beside the one that is killed."""

LONG_LEASE = 5.0

LOST = "reader7@example.org"
"""Whose mails the server always takes without saying so: one unknown in every send."""

Pair = tuple[Ground, Server]
Act = Callable[[Trial, str], Judgement]


@contextmanager
def ground(lease: float) -> Iterator[Pair]:
    plan = {"script": {LOST: [SmtpFault.STORED_AND_DROPPED] * 100}}
    settings = {"DELIVERY__SMTP__CONNECTIONS": CONNECTIONS, "DELIVERY__LEASE_SECONDS": lease}
    with ground_with("smtp_server", database=database_on_trial(), plan=plan, settings=settings) as made:
        made[0].do("add", readers=READERS)
        yield made


@pytest.fixture(scope="module")
def ground_of() -> Iterator[Callable[[Act], Pair]]:
    """Give the ground for an act: those of one lease share one."""
    with ExitStack() as stack:
        pairs: dict[float, Pair] = {}

        def get(act: Act) -> Pair:
            lease = lease_for(act)
            if lease not in pairs:
                pairs[lease] = stack.enter_context(ground(lease))
            return pairs[lease]

        yield get


def killed_at(step: str) -> Act:
    """Kill a worker at a step, and let another one do the rest."""

    def act(trial: Trial, plant: str) -> Judgement:
        strike_once(trial, step, blow="kill", plant=plant)
        return trial.judge(most_unknown=2 * WINDOW + 1)

    return act


def undisturbed(trial: Trial, plant: str) -> Judgement:
    """Let a worker deliver; only the one answer is lost that always is."""
    trial.ground.start("deliver", plant=plant).wait()
    return trial.judge(most_unknown=1)


def two_at_once(trial: Trial, plant: str) -> Judgement:
    """Stop a worker that has marked, for less than its lease, while another one comes."""
    first = trial.ground.start("deliver", plant=plant, step="marked", blow="stop")
    first.wait(until_stopped=True)
    second = trial.ground.start("deliver", plant=plant)
    time.sleep(LEASE / 3)
    first.go_on()
    first.wait()
    second.wait()
    return trial.judge(most_unknown=1)


def left_in_time(trial: Trial, plant: str) -> Judgement:
    """Let two say goodbye after the freeze and before the claim."""
    trial.ground.start("deliver", step="set running").wait()
    gone = trial.ground.folder / f"gone {trial.issue}"
    leaving = trial.still_there(2)
    trial.ground.do("say_goodbye", subscriptions=leaving, certain=str(gone))
    trial.ground.start("deliver", plant=plant).wait()
    keys = gone.read_text("ascii").split()
    assert len(keys) == len(leaving)
    return trial.judge(most_unknown=1, gone=keys)


def lease_for(act: Act) -> float:
    """Give a lease that even a starved worker keeps, where nobody has to wait until it is over."""
    return LONG_LEASE if act in {undisturbed, two_at_once, left_in_time} else LEASE


BUGS: dict[str, Act] = {
    "claim without fence": two_at_once,
    "recorded before the wire": killed_at("before the wire (smtp)"),
    "lost answer retried": undisturbed,
    "marked without commit": killed_at("answered (smtp)"),
    "unknown swept back": killed_at("answered (smtp)"),
    "checkpoint at fetch": killed_at("claimed"),
    "no credit window": killed_at("marked"),
    "exclusions at freeze only": left_in_time,
}


ON_BOTH_DATABASES = ("claim without fence", "marked without commit", "exclusions at freeze only")


@pytest.mark.parametrize("bug", [pytest.param(one, marks=[pytest.mark.database] * (one in ON_BOTH_DATABASES)) for one in BUGS])
def test_a_planted_bug_turns_the_judge_red(bug: str) -> None:
    with ground(lease_for(BUGS[bug])) as pair:
        trial = begin_trial(*pair, transport="smtp")
        assert BUGS[bug](trial, bug).complaints != ()


@pytest.mark.parametrize("act", [*dict.fromkeys(BUGS.values())])
def test_without_a_bug_the_same_trial_is_green(ground_of: Callable[[Act], Pair], act: Act) -> None:
    trial = begin_trial(*ground_of(act), transport="smtp")
    assert act(trial, "").complaints == ()


def test_every_bug_that_can_be_planted_is_tried() -> None:
    assert set(BUGS) == set(PLANTS)

"""Two promises in numbers: how many one kill -9 leaves unknown, and how soon somebody else goes on."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass
from typing import Final

from tests.chaos.ground import Ground, Server, ground_with
from tests.chaos.trials import Trial, begin_trial

READERS: Final = 3_000
KILLS: Final = 3
MOST_BEYOND_CONNECTIONS: Final = 20
LONGEST_RECOVERY: Final = 15.0
"""Seconds."""


@dataclass(frozen=True)
class LeftByOneKill:
    """Deliveries that were marked at the moment of each kill, and how many of these the server held."""

    connections: int
    marked: tuple[int, ...]
    held: tuple[int, ...]

    @property
    def within_limit(self) -> bool:
        """Whether every kill left no more than connections + 20."""
        return max(self.marked) <= self.connections + MOST_BEYOND_CONNECTIONS


@dataclass(frozen=True)
class Recovery:
    """Seconds from a kill -9 to the first new message, with the product's own settings and scheduler."""

    seconds: tuple[float, ...]

    @property
    def within_limit(self) -> bool:
        """Whether the longest was short enough."""
        return max(self.seconds) <= LONGEST_RECOVERY


def left_by_one_kill(connections: int, *, seed: int) -> LeftByOneKill:
    """Kill workers at random moments and count what is left marked, before anybody claims it."""
    chance = random.Random(seed)  # noqa: S311 - the same moments every time
    marked, held = [], []
    settings = {"DELIVERY__SMTP__CONNECTIONS": connections}
    with ground_with("smtp_server", settings=settings) as (ground, server):
        ground.do("add", readers=READERS)
        for _ in range(KILLS):
            trial = begin_trial(ground, server, transport="smtp")
            kill_in_the_middle(trial, after=chance.randint(READERS // 10, READERS * 8 // 10))
            left = {one.key for one in ground.books.entries() if one.handover == "sending"}
            time.sleep(0.2)  # what had reached the server's socket before the kill is still read
            marked.append(len(left))
            held.append(len(left & {one.key for one in server.holds()}))
            trial.deliver()
    return LeftByOneKill(connections, tuple(marked), tuple(held))


def kill_in_the_middle(trial: Trial, *, after: int) -> None:
    """Start a worker and kill it once the server holds so many more."""
    until = trial.server.held + after
    worker = trial.ground.start("deliver")
    while trial.server.held < until:
        assert worker.look(), "the send ended before it could be killed"
        time.sleep(0.002)
    worker.strike(signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL


def recovery(*, seed: int) -> Recovery:
    """Kill one of two schedulers that is at work on the only open batch; the other one goes on once the lease is over."""
    chance = random.Random(seed)  # noqa: S311 - the same moments every time
    seconds = []
    settings = {"DELIVERY__LEASE_SECONDS": 10, "DELIVERY__SMTP__CONNECTIONS": 1, "DELIVERY__SMTP__PER_MINUTE": 1_200}
    with ground_with("smtp_server", settings=settings) as (ground, server):
        ground.do("add", readers=900, languages=["en"])
        for _ in range(KILLS):
            begin_trial(ground, server, transport="smtp")
            seconds.append(_recover(ground, server, wait=chance.uniform(0.5, 4)))
            ground.do("deliver", seconds=300)
    return Recovery(tuple(seconds))


def _recover(ground: Ground, server: Server, *, wait: float) -> float:
    first = ground.start("tick", name="first")
    _await_more(server, than=server.held)
    other = ground.start("tick", name="other")
    time.sleep(wait)
    first.strike(signal.SIGKILL)
    first.wait()
    killed = time.monotonic()
    time.sleep(0.1)
    _await_more(server, than=server.held)
    took = time.monotonic() - killed
    other.strike(signal.SIGKILL)
    other.wait()
    return took


def _await_more(server: Server, *, than: int) -> None:
    until = time.monotonic() + 60
    while server.held <= than:
        assert time.monotonic() < until, "no new message came"
        time.sleep(0.02)

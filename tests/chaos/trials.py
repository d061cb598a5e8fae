"""What chaos tests have in common: who comes in which order, and the verdict at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from tests.chaos.ground import Ground, Server
from tests.chaos.judge import Judgement, judge

LEASE: Final = 0.8
"""Seconds, in these tests."""

MOST_ROUNDS: Final = 3

NUMBERS = count(1)


def database_on_trial() -> str:
    """Give the PostgreSQL server that these tests are run on; empty: SQLite."""
    url = os.environ.get("NEWSLETTER_DATABASE__URL", "")
    return url if url.startswith("postgresql") else ""


@dataclass(frozen=True)
class Trial:
    """One send on a ground, to all of its readers."""

    ground: Ground
    server: Server
    issue: str

    def judge(self, *, most_unknown: int, gone: Collection[str] = ()) -> Judgement:
        """Judge this send, in which so many may be unknown."""
        return judge(
            self.ground,
            self.server,
            most_unknown=most_unknown,
            gone=gone,
            issues=[self.issue],
        )

    def still_there(self, count: int) -> list[int]:
        """Give the subscriptions of some readers who have not left."""
        rows = self.ground.books.rows("SELECT id FROM subscribers_subscription WHERE ended_at IS NULL ORDER BY id DESC")
        return [subscription_id for (subscription_id,) in rows[:count]]

    def deliver(self, **order: Any) -> None:
        """Let a worker deliver to the end."""
        self.ground.do("deliver", **order)

    def settle(self) -> Judgement:
        """Settle the unknown by what the server holds, deliver what is left, and judge: nobody is unknown any more."""
        for _ in range(MOST_ROUNDS):  # a starved worker may lose sight of some again
            self.ground.do("settle", journals=[str(self.server.journal)])
            self.deliver()
            if self.ground.books.count("unknown") == 0:
                break
        return self.judge(most_unknown=0)


def begin_trial(ground: Ground, server: Server, *, transport: str) -> Trial:
    """Open a send of a new issue to everybody who is there."""
    issue = issue_name(next(NUMBERS))
    ground.do("begin", issues=[issue], transport=transport)
    return Trial(ground, server, issue)


def issue_name(number: int) -> str:
    """Name the issue of a month, counted from the year 2100 on."""
    return f"{2100 + number // 12}-{number % 12 + 1:02}"


def strike_once(trial: Trial, step: str, *, blow: str, passing: int = 1, **order: Any) -> None:
    """Let a worker be struck at a step, and another one do the rest; a stopped one goes on once its lease is over."""
    struck = trial.ground.start("deliver", step=step, passing=passing, blow=blow, **order)
    code = struck.wait(until_stopped=True)
    if blow == "kill":
        assert code == -9, f"the worker never came to the step {step!r}: it ended with {code}"
        trial.ground.start("deliver", **order).wait()
        return
    assert struck.stopped, f"the worker never came to the step {step!r}: it ended with {code}"
    other = trial.ground.start("deliver", **order)
    time.sleep(1.5 * LEASE)
    struck.go_on()
    assert struck.wait() == other.wait() == 0

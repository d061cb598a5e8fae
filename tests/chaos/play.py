"""A campaign's play: workers that die and are replaced, and chance that strikes them from all sides."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from tests.chaos.books import SendLine
from tests.chaos.ground import Ground, Process, Server
from tests.chaos.named_steps import FREEZING_STEPS, SENDGRID_STEPS, SENDING_STEPS, SMTP_STEPS
from tests.chaos.plan import Campaign
from tests.chaos.trials import LEASE, issue_name

WORKERS: Final = 2

ROUND: Final = 0.05
"""Seconds between looks at everything."""

SHARES: Final = {"kill": 5, "stop": 3, "refusal": 1, "goodbye": 1, "steering": 1, "database": 2}
"""How often each fault is dealt, in proportion."""

HARMLESS: Final = {"goodbye", "pause", "cancel", "connections refused"}
"""Faults after which no worker has lost sight of what it had marked."""

TO_COME_TO_REST: Final = 300.0
"""Seconds for what was begun in time."""

AT_WORK: Final = {"preparing", "running", "cancelling"}
OVER: Final = {"done", "cancelled"}
LAST_OPEN_SUBSCRIPTIONS: Final = "SELECT id FROM subscribers_subscription WHERE ended_at IS NULL ORDER BY id DESC LIMIT 500"

Say = Callable[[str], None]


class Play:
    """Deals faults until they are spent, then lets everything come to rest."""

    def __init__(self, campaign: Campaign, ground: Ground, server: Server, say: Say) -> None:
        self._campaign = campaign
        self._ground = ground
        self._server = server
        self._say = say
        self._chance = random.Random(campaign.seed)  # noqa: S311 - the same play every time
        self._workers: list[Process] = []
        self._killed: list[Process] = []
        # Nobody waits for these: a stopped worker may hold what they need, and has to be woken meanwhile.
        self._errands: list[Process] = []
        self._asleep: list[tuple[float, Process]] = []
        self._issues: list[str] = []
        self._sends: list[SendLine] = []
        self._locked: tuple[float, ExitStack] | None = None
        self._until = 0.0
        self.dealt: Counter[str] = Counter()
        self.gone = Path(ground.folder / "gone")

    @property
    def that_lose_sight(self) -> int:
        """How many faults there were after which a worker may have lost sight of what it had marked."""
        return sum(number for kind, number in self.dealt.items() if kind not in HARMLESS)

    def run(self) -> None:
        """Play until every send is over."""
        self._until = time.monotonic() + self._campaign.seconds
        strike_at = told = time.monotonic()
        while self._is_anything_open() or self._is_more_to_begin():
            assert time.monotonic() < self._until + TO_COME_TO_REST, f"no rest: {self._sends}"
            self._begin_more()
            self._note_the_stopped()
            self._wake()
            self._replace_the_dead()
            if self.dealt.total() < self._campaign.faults and time.monotonic() >= strike_at:
                self._strike()
                strike_at = time.monotonic() + self._chance.expovariate(1 / self._campaign.every)
            if time.monotonic() - told > 10:
                told = time.monotonic()
                self._say(f"{self._campaign.name}: {self._server.held} held, {self.dealt.total()} faults dealt")
            time.sleep(ROUND)
        self._note_the_stopped()
        self._wake(everybody=True)
        for process in [*self._workers, *self._errands]:
            process.wait(seconds=120)
        self.dealt["disk full"] += self._ground.log.read_text().count('"the disk is full"')

    def _is_anything_open(self) -> bool:
        self._sends = self._ground.books.sends()
        return any(one.state not in OVER for one in self._sends)

    def _is_more_to_begin(self) -> bool:
        wanted = len(self._issues) < self._campaign.sends or self.dealt.total() < self._campaign.faults
        return wanted and time.monotonic() < self._until

    def _begin_more(self) -> None:
        """Keep two sends open."""
        open_sends = [one for one in self._sends if one.state not in OVER]
        if len(open_sends) < 2 and self._is_more_to_begin():
            issue = issue_name(len(self._issues))
            self._ground.start("begin", issues=[issue], transport=self._campaign.transport).wait()
            # The database may be locked or gone: then it is tried again.
            if any(one.issue == issue for one in self._ground.books.sends()):
                self._issues.append(issue)
        spent = self.dealt.total() >= self._campaign.faults
        for one in open_sends:
            if one.state == "paused" and (spent or self._chance.random() < 0.1):
                self._errands.append(self._ground.start("steer", how="resume", issue=one.issue))

    def _wake(self, *, everybody: bool = False) -> None:
        now = time.monotonic()
        for moment, worker in list(self._asleep):
            if everybody or now >= moment:
                worker.go_on()
                self._asleep.remove((moment, worker))
        if self._locked is not None and (everybody or now >= self._locked[0]):
            self._locked[1].close()
            self._locked = None

    def _replace_the_dead(self) -> None:
        """Keep some workers at work; now and then the new one is disturbed, or is to be struck at a named step."""
        for one in [one for one in self._workers if not one.look()]:
            self._workers.remove(one)
            if one.code == -signal.SIGKILL and one not in self._killed:
                self.dealt["kill at a named step"] += 1
        while len(self._workers) < WORKERS and any(one.state in AT_WORK for one in self._sends):
            order: dict[str, Any] = {"name": f"worker{len(self._workers)}"}
            if self.dealt.total() < self._campaign.faults:
                order |= self._disturbance()
            self._workers.append(self._ground.start("deliver", **order))

    def _disturbance(self) -> dict[str, Any]:
        own = SMTP_STEPS if self._campaign.transport == "smtp" else SENDGRID_STEPS
        match self._chance.choice(["none", "step", "step", "clock", "disk"]):
            case "step":
                step = self._chance.choice([*FREEZING_STEPS, *SENDING_STEPS, *own])
                blow = self._chance.choice(["kill", "kill", "stop"])
                return {"step": step, "passing": self._chance.randint(1, 30), "blow": blow}
            case "clock":
                self.dealt["clock steps"] += 1
                return {"clock_seed": self._chance.randrange(1_000)}
            case "disk" if not self._ground.books.on_postgresql:
                return {"full_disk": 1.0}
        return {}

    def _strike(self) -> None:
        """Deal one fault, if there is anything that it could hit."""
        kind = self._chance.choices([*SHARES], [*SHARES.values()])[0]
        dealt = getattr(self, f"_deal_{kind}")()
        if dealt:
            self.dealt[dealt] += 1

    def _note_the_stopped(self) -> None:
        """See to it that those who stopped themselves at a named step go on one day."""
        for one in self._workers:
            if one.look() and one.stopped and all(one is not sleeper for _, sleeper in self._asleep):
                self._asleep.append((time.monotonic() + 2 * LEASE, one))
                self.dealt["stop at a named step"] += 1

    def _awake(self) -> list[Process]:
        return [one for one in self._workers if one.look() and not one.stopped]

    def _deal_kill(self) -> str:
        if not (awake := self._awake()):
            return ""
        self._killed.append(self._chance.choice(awake))
        self._killed[-1].strike(signal.SIGKILL)
        return "kill"

    def _deal_stop(self) -> str:
        if not (awake := self._awake()):
            return ""
        victim = self._chance.choice(awake)
        victim.strike(signal.SIGSTOP)
        self._asleep.append((time.monotonic() + self._chance.uniform(1.2, 4) * LEASE, victim))
        return "stop"

    def _deal_refusal(self) -> str:
        self._server.refuse(self._chance.uniform(0.2, 1.0))
        return "connections refused"

    def _deal_goodbye(self) -> str:
        ids = self._ground.books.rows(LAST_OPEN_SUBSCRIPTIONS)
        leaving = [row[0] for row in self._chance.sample(ids, min(5, len(ids) // 2))]
        self._errands.append(self._ground.start("say_goodbye", subscriptions=leaving, certain=str(self.gone)))
        return "goodbye"

    def _deal_steering(self) -> str:
        running = [one.issue for one in self._sends if one.state == "running"]
        if not running:
            return ""
        how = "cancel" if self._chance.random() < 0.1 else "pause"
        self._errands.append(self._ground.start("steer", how=how, issue=running[-1]))
        return how

    def _deal_database(self) -> str:
        """Hold SQLite's one lock for longer than workers wait, or end PostgreSQL's sessions."""
        books = self._ground.books
        if books.on_postgresql:
            books.act(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND random() < 0.7"
            )
            return "sessions terminated"
        if self._locked is not None:
            return ""
        held = ExitStack()
        database = held.enter_context(books.connected())
        try:
            database.execute("BEGIN IMMEDIATE")
        except books.locked:
            held.close()
            return ""
        self._locked = (time.monotonic() + self._campaign.lock_for, held)
        return "database locked"

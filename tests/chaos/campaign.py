"""A campaign: sends one after the other, two workers that die and are replaced, and chance that strikes them from all sides."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.chaos.ground import Ground, Process, Server, ground_with
from tests.chaos.judge import Judgement, judge
from tests.chaos.named_steps import FREEZING_STEPS, SENDGRID_STEPS, SENDING_STEPS, SMTP_STEPS
from tests.chaos.sendgrid_server import SendgridFault
from tests.chaos.smtp_server import SmtpFault
from tests.chaos.trials import LEASE, issue_name
from tests.chaos.webhook import Webhook, webhook_on

WORKERS: Final = 2

SMTP_RATES: Final[Mapping[str, float]] = dict.fromkeys(SmtpFault, 0.0002) | {SmtpFault.STORED_AND_STALLED: 0.00005}
SENDGRID_RATES: Final[Mapping[str, float]] = dict.fromkeys(SendgridFault, 0.02) | {SendgridFault.STORED_AND_STALLED: 0.004}
IN_DOUBT: Final = {
    SmtpFault.DROP_IN_MESSAGE,
    SmtpFault.STORED_AND_DROPPED,
    SmtpFault.LOST_AND_DROPPED,
    SmtpFault.STORED_AND_STALLED,
    SendgridFault.UNREAD,
    SendgridFault.STORED_AND_LOST,
    SendgridFault.STORED_AND_STALLED,
    SendgridFault.STORED_AND_500,
    SendgridFault.NOT_STORED_AND_500,
    SendgridFault.NOT_STORED_AND_503,
}
"""Faults of servers after which their client cannot know what became of the mails."""

MOST_IN_A_CALL: Final = 1_000
SENDGRID_CALLS_AT_ONCE: Final = 2


@dataclass(frozen=True)
class Campaign:
    """What is played. ``faults`` of our own side are dealt, ``every`` so many seconds on average; the servers' come by rates."""

    name: str
    transport: str
    readers: int
    sends: int
    faults: int
    seed: int
    every: float = 0.4
    database: str = ""
    connections: int = 5
    lock_for: float = 2.5
    seconds: float = 600

    @property
    def window(self) -> int:
        """How many may be in flight or unrecorded in one worker."""
        return self.connections + 20 if self.transport == "smtp" else MOST_IN_A_CALL * SENDGRID_CALLS_AT_ONCE

    @property
    def doubted(self) -> int:
        """How many one fault of the server leaves in doubt."""
        return 1 if self.transport == "smtp" else MOST_IN_A_CALL


@dataclass
class Account:
    """What a campaign came to; ``before`` and ``after`` are the judge's words, before and after the unknown were settled."""

    campaign: Campaign
    before: Judgement
    after: Judgement
    dealt: Counter[str]
    suffered: Counter[str]
    seconds: float
    complaints: tuple[str, ...] = field(default=())

    @property
    def faults(self) -> int:
        """How many there were on both sides."""
        return self.dealt.total() + self.suffered.total()


Say = Callable[[str], None]


def run_campaign(campaign: Campaign, say: Say = lambda _: None) -> Account:
    """Play a campaign to its end and judge it."""
    began = time.monotonic()
    with _stage(campaign) as (ground, server, webhook):
        ground.do("add", readers=campaign.readers)
        play = _Play(campaign, ground, server, webhook, say)
        play.run()
        suffered = server.faults
        explained = campaign.window * play.that_lose_sight + campaign.doubted * sum(suffered[_word(one)] for one in IN_DOUBT)
        gone = set(play.gone.read_text("ascii").split()) if play.gone.exists() else set()
        before = judge(ground, server, most_unknown=explained, gone=gone)
        if webhook is not None:
            server.repeat_events()
        ground.do("settle", journals=[str(server.journal)])
        ground.do("deliver", seconds=300)
        after = judge(ground, server, most_unknown=before.deliveries // 1_000, gone=gone)
    seconds = time.monotonic() - began
    return Account(campaign, before, after, play.dealt, suffered, seconds, before.complaints + after.complaints)


def _word(fault: str) -> str:
    return fault.replace(" ", "_")


@contextmanager
def _stage(campaign: Campaign) -> Iterator[tuple[Ground, Server, Webhook | None]]:
    with ExitStack() as stack:
        settings: dict[str, object] = {
            "DELIVERY__SMTP__CONNECTIONS": campaign.connections,
            "DELIVERY__SENDGRID__CONNECTIONS": SENDGRID_CALLS_AT_ONCE,
        }
        plan: dict[str, Any] = {"seed": campaign.seed, "rates": SMTP_RATES}
        webhook = None
        if campaign.transport == "sendgrid":
            webhook = Webhook()
            plan |= {"rates": SENDGRID_RATES, "bad_addresses": 997, **webhook.plan}
            settings |= webhook.settings
        ground, server = stack.enter_context(
            ground_with(f"{campaign.transport}_server", database=campaign.database, plan=plan, settings=settings)
        )
        if webhook is not None:
            stack.enter_context(webhook_on(webhook, ground))
        yield ground, server, webhook


class _Play:
    """Deals faults until they are spent, then lets everything come to rest."""

    def __init__(self, campaign: Campaign, ground: Ground, server: Server, webhook: Webhook | None, say: Say) -> None:
        self._campaign = campaign
        self._ground = ground
        self._server = server
        self._webhook = webhook
        self._say = say
        self._chance = random.Random(campaign.seed)  # noqa: S311 - the same play every time
        self._workers: list[Process] = []
        self._asleep: list[tuple[float, Process]] = []
        self._issues: list[str] = []
        self._locked: tuple[float, ExitStack] | None = None
        self.dealt: Counter[str] = Counter()
        self.gone = Path(ground.folder / "gone")

    @property
    def that_lose_sight(self) -> int:
        """How many faults there were after which a worker may have lost sight of what it had marked."""
        return sum(number for kind, number in self.dealt.items() if kind not in {"goodbye", "pause", "connections refused"})

    def run(self) -> None:
        """Play until every send is over."""
        until, told = time.monotonic() + self._campaign.seconds, time.monotonic()
        strike_at = time.monotonic()
        while self._is_anything_open() or len(self._issues) < self._campaign.sends:
            assert time.monotonic() < until, f"{self._campaign.name} did not come to rest: {self._ground.books.sends()}"
            self._begin_more()
            self._wake()
            self._replace_the_dead()
            if self.dealt.total() < self._campaign.faults and time.monotonic() >= strike_at:
                self._strike()
                strike_at = time.monotonic() + self._chance.expovariate(1 / self._campaign.every)
            if time.monotonic() - told > 10:
                told = time.monotonic()
                self._say(f"{self._campaign.name}: {self._server.held} held, {self.dealt.total()} faults dealt")
            time.sleep(0.03)
        self._wake(everybody=True)
        for worker in self._workers:
            worker.wait(seconds=120)
        self.dealt["disk full"] += self._ground.log.read_text().count('"the disk is full"')

    def _is_anything_open(self) -> bool:
        return any(one.state not in {"done", "cancelled"} for one in self._ground.books.sends())

    def _begin_more(self) -> None:
        """Keep two sends open."""
        open_sends = [one for one in self._ground.books.sends() if one.state not in {"done", "cancelled"}]
        if len(open_sends) < 2 and len(self._issues) < self._campaign.sends:
            self._issues.append(issue_name(len(self._issues)))
            self._ground.do("begin", issues=self._issues[-1:], transport=self._campaign.transport)
        spent = self.dealt.total() >= self._campaign.faults
        for one in open_sends:
            if one.state == "paused" and (spent or self._chance.random() < 0.1):
                self._ground.start("steer", how="resume", issue=one.issue).wait()

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
        self._workers = [one for one in self._workers if one.look()]
        while len(self._workers) < WORKERS and any(one.state in {"preparing", "running"} for one in self._ground.books.sends()):
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
                self.dealt[f"{blow} at a named step"] += 1
                return {"step": step, "passing": self._chance.randint(1, 30), "blow": blow}
            case "clock":
                self.dealt["clock steps"] += 1
                return {"clock_seed": self._chance.randrange(1_000)}
            case "disk" if not self._ground.books.on_postgresql:
                return {"full_disk": 1.0}
        return {}

    def _strike(self) -> None:
        awake = [one for one in self._workers if one.look() and not one.stopped]
        for one in self._workers:
            if one.stopped and all(one is not sleeper for _, sleeper in self._asleep):
                self._asleep.append((time.monotonic() + 2 * LEASE, one))
        kinds = {"kill": 5, "stop": 3, "connections refused": 1, "goodbye": 1, "pause": 1, "database": 2}
        kind = self._chance.choices([*kinds], [*kinds.values()])[0]
        if kind in {"kill", "stop"}:
            if not awake:
                return
            victim = self._chance.choice(awake)
            victim.strike(signal.SIGKILL if kind == "kill" else signal.SIGSTOP)
            if kind == "stop":
                self._asleep.append((time.monotonic() + self._chance.uniform(1.2, 4) * LEASE, victim))
        elif kind == "connections refused":
            self._server.refuse(self._chance.uniform(0.2, 1.0))
        elif kind == "goodbye":
            ids = self._ground.books.rows(
                "SELECT id FROM subscribers_subscription WHERE ended_at IS NULL ORDER BY id DESC LIMIT 500"
            )
            leaving = [row[0] for row in self._chance.sample(ids, min(5, len(ids) // 2))]
            self._ground.start("say_goodbye", subscriptions=leaving, certain=str(self.gone)).wait()
        elif kind == "pause":
            running = [one.issue for one in self._ground.books.sends() if one.state == "running"]
            if not running:
                return
            how = "cancel" if self._chance.random() < 0.1 else "pause"
            self._ground.start("steer", how=how, issue=running[-1]).wait()
            kind = how
        else:
            kind = self._disturb_the_database()
        if kind:
            self.dealt[kind] += 1

    def _disturb_the_database(self) -> str:
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

"""Whatever two workers, a sweeper, a provider and people do, in whatever order: the ledger's promises hold after each act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.delivery.cancelling import cancel_send
from newsletter.delivery.handovers import HANDOVER_TRANSITIONS, Record, put_back, settle_by_evidence
from newsletter.delivery.lease import LeaseTime
from newsletter.delivery.ledger import Claim, FenceLost, claim_batch, leave_batch, take_step
from newsletter.delivery.models import Batch, Delivery, Handover, PausedFor, Send, SendState
from newsletter.delivery.pausing import pause_by_itself, pause_send, resume_send
from newsletter.delivery.preparing import find_preparing_sends, freeze_audience
from newsletter.delivery.steering import SEND_TRANSITIONS
from newsletter.delivery.sweeping import sweep
from newsletter.delivery.trying_again import try_failed_again
from newsletter.errors import NotAllowedError
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, add_readers, begin_send

pytestmark = [pytest.mark.database, pytest.mark.django_db]

T = TypeVar("T")

LEASE = 10.0
READERS = 7
SETTLED = {Handover.ACCEPTED, Handover.FAILED, Handover.EXCLUDED, Handover.UNKNOWN}
REPORTS = {"report taken", "report dropped", "never left"}
BY_OTHERS = REPORTS | {"retry"}
"""Acts that may move what is settled."""

ANSWERS = (
    (Handover.ACCEPTED, 1),
    (Handover.FAILED, 0),
    (Handover.QUEUED, 0),
    (Handover.UNKNOWN, 1),
    (Handover.UNKNOWN, 0),
)
"""What a worker may write down of a mail, and how many copies of it have left."""


class Worker:
    """A claim, and what is marked and not answered yet. It may have lost its fence without knowing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.claim: Claim | None = None
        self.in_hand: list[int] = []
        self.records: list[Record] = []

    def forget(self) -> None:
        self.claim, self.in_hand, self.records = None, [], []


class World:
    """The ledger, two workers, the clock, and how many copies of each mail have really left."""

    def __init__(self, send_id: int) -> None:
        self.send_id = send_id
        self.workers = [Worker("one"), Worker("two")]
        self.copies: Counter[int] = Counter()
        self.at = 100.0

    def lease_clock(self) -> LeaseTime:
        return LeaseTime("boot", self.at)

    def act(self, name: str, worker: Worker, number: int) -> None:
        acts: dict[str, Callable[[], object]] = {
            "freeze": self.freeze,
            "claim": lambda: self.claim(worker),
            "step": lambda: self.step(worker, room=number % 4),
            "answer": lambda: self.answer(worker, *ANSWERS[number % len(ANSWERS)]),
            "leave": lambda: self.leave(worker),
            "die": lambda: self.die(worker, number),
            "time passes": self.let_time_pass,
            "sweep": lambda: sweep(lease_seconds=LEASE, now=NOW, lease_clock=self.lease_clock),
        }
        if name in acts:
            acts[name]()
        elif name in REPORTS:
            self.report(name, number)
        else:
            self.steer(name)

    def freeze(self) -> None:
        if self.send_id in find_preparing_sends():
            freeze_audience(self.send_id, on=TODAY, now=NOW, chunk=3)

    def claim(self, worker: Worker) -> None:
        if worker.claim is None:
            worker.claim = claim_batch(worker.name, lease_seconds=LEASE, now=NOW, lease_clock=self.lease_clock)

    def die(self, worker: Worker, number: int) -> None:
        self.copies.update(worker.in_hand[: number % 3])
        worker.forget()

    def let_time_pass(self) -> None:
        self.at += LEASE + 1

    def step(self, worker: Worker, *, room: int) -> None:
        if worker.claim is None:
            return
        records, worker.records = worker.records, []
        running = Send.objects.get(pk=self.send_id).state == SendState.RUNNING
        elsewhere = {one for other in self.workers for one in other.in_hand}
        try:
            step = take_step(worker.claim, records=records, room=room, on=TODAY, now=NOW, lease_clock=self.lease_clock)
        except FenceLost:
            # What a lane had taken by then has left; nobody writes it down.
            self.copies.update(worker.in_hand[:room])
            worker.forget()
            return
        assert worker.claim.fence == Batch.objects.get(pk=worker.claim.batch_id).fence, "whoever lost the fence does nothing"
        marked = [one.delivery_id for one in step.marked]
        assert running or not marked, "nothing is marked while the send is paused or cancelled"
        assert step.halted is not running
        assert not elsewhere & set(marked), "nobody is marked twice at a time"
        worker.in_hand += marked

    def answer(self, worker: Worker, handover: Handover, copies: int) -> None:
        if worker.in_hand:
            delivery_id = worker.in_hand.pop(0)
            self.copies[delivery_id] += copies
            worker.records.append(Record(delivery_id, handover, "450"))

    def leave(self, worker: Worker) -> None:
        if worker.claim is not None and not worker.in_hand and not worker.records:
            with suppress(FenceLost):
                leave_batch(worker.claim, now=NOW, lease_clock=self.lease_clock)
            worker.forget()

    def report(self, name: str, number: int) -> None:
        """Report on a mail what is true of it, and nothing of one that a worker still has in hand."""
        in_hand = {one for worker in self.workers for one in worker.in_hand}
        known = [one for one in Delivery.objects.order_by("pk").values_list("pk", flat=True) if one not in in_hand]
        if not known:
            return
        delivery_id = known[number % len(known)]
        with connection.cursor() as cursor:
            if name == "never left" and not self.copies[delivery_id]:
                put_back(cursor, [delivery_id], source=Handover.UNKNOWN)
            elif name == "report taken" and self.copies[delivery_id]:
                settle_by_evidence(cursor, [delivery_id], target=Handover.ACCEPTED, at=NOW)
            elif name == "report dropped" and self.copies[delivery_id]:
                self.copies[delivery_id] = 0
                settle_by_evidence(cursor, [delivery_id], target=Handover.FAILED, reason="dropped by SendGrid")

    def steer(self, name: str) -> None:
        by_ada = {"person": "ada", "now": NOW, "system_user": "test"}
        try:
            match name:
                case "pause":
                    pause_send(ISSUE, note="", **by_ada)  # type: ignore[arg-type]
                case "pause itself":
                    pause_by_itself(self.send_id, paused_for=PausedFor.ERRORS, reason="refused", now=NOW)
                case "resume":
                    resume_send(ISSUE, within=timedelta(hours=72), **by_ada)  # type: ignore[arg-type]
                case "cancel":
                    cancel_send(ISSUE, note="", **by_ada)  # type: ignore[arg-type]
                case "retry":
                    try_failed_again(ISSUE, within=timedelta(hours=72), **by_ada)  # type: ignore[arg-type]
        except NotAllowedError:
            pass

    def handovers(self) -> dict[int, Handover]:
        return {pk: Handover(handover) for pk, handover in Delivery.objects.values_list("pk", "handover")}

    def check(self, name: str, before: dict[int, Handover], state_before: SendState) -> None:
        send = Send.objects.get(pk=self.send_id)
        after = self.handovers()
        assert len(after) == send.frozen, "the sum holds"
        state = SendState(send.state)
        assert state in reachable(SEND_TRANSITIONS, state_before), f"{name}: {state_before} to {state}"
        for delivery_id, handover in before.items():
            if after[delivery_id] is handover:
                continue
            assert after[delivery_id] in reachable(HANDOVER_TRANSITIONS, handover), f"{name}: {handover} to {after[delivery_id]}"
            assert handover not in SETTLED or name in BY_OTHERS, f"{name} moved what was {handover}"
        assert max(self.copies.values(), default=0) <= 1, "nobody gets two"
        if state in {SendState.DONE, SendState.CANCELLED}:
            assert set(after.values()) <= SETTLED
            assert send.finished_at is not None

    def come_to_an_end(self) -> None:
        """Let everybody die, and one worker go on: it must be able to finish."""
        for worker in self.workers:
            worker.forget()
        self.steer("resume")
        worker = self.workers[0]
        for _ in range(40):
            self.at += LEASE + 1
            for name in ("freeze", "sweep", "claim", "step"):
                self.act(name, worker, 3)
            while worker.in_hand:
                self.answer(worker, Handover.ACCEPTED, 1)
            self.act("step", worker, 0)
            self.act("leave", worker, 0)
        assert Send.objects.get(pk=self.send_id).state in {SendState.DONE, SendState.CANCELLED}
        assert set(self.handovers().values()) <= SETTLED
        assert max(self.copies.values(), default=0) <= 1, "nobody gets two"


def reachable(table: Mapping[T, frozenset[T]], start: T) -> set[T]:
    """Give what one act may turn ``start`` into: it may take a few steps of the table at once."""
    found = {start}
    for _ in range(3):
        found |= {target for known in found for target in table[known]}
    return found


ACTS = (
    *("claim", "step", "step", "answer", "answer", "leave", "die", "time passes", "sweep", "freeze"),
    *("report taken", "report dropped", "never left", "pause", "pause itself", "resume", "resume", "cancel", "retry"),
)

Act = tuple[str, int, int]

ACT = st.tuples(st.sampled_from(ACTS), st.integers(0, 1), st.integers(0, 20))


def batch_worked_off(answer: int) -> list[Act]:
    """Claim a batch and answer for all of it; it is not left yet."""
    group = [("step", 0, 3), *[("answer", 0, answer)] * 3]
    return [("claim", 0, 0), *group, *group, ("step", 0, 0)]


LEAVE = [("leave", 0, 0)]

BATCHES = 5
"""Seven readers in two languages, frozen three at a time."""

ALL_BUT_ONE = (batch_worked_off(0) + LEAVE) * (BATCHES - 1)

SETTLED_WHILE_PAUSED = [("freeze", 0, 0), *ALL_BUT_ONE, *batch_worked_off(0), ("pause", 0, 0), *LEAVE]

FAILED_AND_RETRIED = [("freeze", 0, 0), *(batch_worked_off(1) + LEAVE) * BATCHES, ("retry", 0, 0)]

DEAD_IN_A_CANCELLED_SEND = [("freeze", 0, 0), ("claim", 0, 0), ("step", 0, 3), ("cancel", 0, 0), ("die", 0, 1)]

WOKEN_WITHOUT_ITS_FENCE = [
    *[("freeze", 0, 0), ("claim", 0, 0), ("step", 0, 3), ("time passes", 0, 0), ("claim", 1, 0)],
    *[("step", 1, 1), ("time passes", 0, 0), ("step", 0, 3), ("claim", 0, 0), ("step", 0, 3)],
]


@pytest.fixture
def send_id() -> int:
    """Open a send to a few readers in two languages, which is two batches; nothing of it is frozen yet."""
    add_readers(READERS)
    return begin_send()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACT, min_size=10, max_size=60))
@example(acts=SETTLED_WHILE_PAUSED)
@example(acts=FAILED_AND_RETRIED)
@example(acts=DEAD_IN_A_CANCELLED_SEND)
@example(acts=WOKEN_WITHOUT_ITS_FENCE)
def test_whatever_happens_in_whatever_order_nobody_gets_two_and_every_send_ends(send_id: int, acts: list[Act]) -> None:
    with transaction.atomic():
        world = World(send_id)
        for name, who, number in acts:
            before, state = world.handovers(), SendState(Send.objects.get(pk=send_id).state)
            world.act(name, world.workers[who], number)
            world.check(name, before, state)
        world.come_to_an_end()
        transaction.set_rollback(True)

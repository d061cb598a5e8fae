"""The in-process runner: an event loop for the wire, one thread for the ledger, and a window that bounds what is in doubt.

At no moment are more deliveries marked ``sending`` than the window allows (for SMTP: connections + 20), so that a process that
is killed leaves no more than that unknown.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from newsletter.clock import Clock
from newsletter.delivery.batch_in_hand import BatchInHand
from newsletter.delivery.handovers import Record
from newsletter.delivery.lease import seconds_since_boot
from newsletter.delivery.ledger import FenceLost, Step
from newsletter.delivery.ledger_thread import LedgerThread
from newsletter.delivery.letters import Letter, LetterForm
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.models import Handover
from newsletter.delivery.refusals import RefusalWatch
from newsletter.delivery.retrying import record_for
from newsletter.delivery.transports.port import Answer, AnswerKind, AnswersGroups, NotesCalls, Transport
from newsletter.errors import TransportError

log = structlog.get_logger()

MARKED_AT_ONCE: Final = 20
"""Deliveries that are marked beyond one for each lane, where a transport takes one letter at a time."""

STOOD_STILL: Final = Answer(AnswerKind.NOT_SENT, "its worker stood still")

LOOK_ROUND: Final = 0.25
"""Seconds between looks at whether to stop."""


@dataclass(slots=True)
class RunSummary:
    """What a run did: answers by kind, batches closed, deliveries left behind by an earlier holder, and what stopped it."""

    answers: Counter[AnswerKind] = field(default_factory=Counter)
    batches_closed: int = 0
    left_behind: int = 0
    problem: str = ""


class Runner:
    """Delivers everything that is due, batch by batch, and returns."""

    def __init__(
        self,
        ledger: LedgerThread,
        transport: Transport,
        *,
        clock: Clock,
        lease_seconds: float,
        attempts: int,
        stopping: Callable[[], bool],
        watch: RefusalWatch,
    ) -> None:
        self._ledger = ledger
        self._transport = transport
        self._clock = clock
        self._heartbeat = lease_seconds / 3
        self._attempts = attempts
        self._stopping = stopping
        self._watch = watch
        watch.lanes = transport.lanes
        self._window = max(MARKED_AT_ONCE, transport.group) if transport.group > 1 else MARKED_AT_ONCE + transport.lanes
        self._bag = Mailbag(is_ours=self._is_ours, not_ours=lambda letter: self._take_answer(letter, STOOD_STILL))
        self._batches: list[BatchInHand] = []
        self._lanes_open = transport.lanes
        self._broken = ""
        self._summary = RunSummary()
        if isinstance(transport, AnswersGroups):
            transport.answer_group = self._take_group
        if isinstance(transport, NotesCalls) and transport.notes_calls:
            ledger.notes_calls, transport.note_call = True, self._note_call

    async def run(self) -> RunSummary:
        """Claim and deliver until nothing is due, ``stopping`` says so, or the transport cannot work at all."""
        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(self._transport.lanes):
                    lanes.create_task(self._run_lane())
                async with asyncio.TaskGroup() as batches:
                    for _ in range(self._transport.batches_at_once):
                        batches.create_task(self._work_batches())
                self._bag.close()
        except ExceptionGroup as group:
            raise _first_cause(group) from None
        self._summary.problem = self._broken
        return self._summary

    @property
    def _winding_down(self) -> bool:
        return bool(self._broken) or self._stopping()

    def _ends(self, batch: BatchInHand) -> bool:
        """Whether nothing more of a batch is to be begun."""
        return batch.halted or self._winding_down

    async def _run_lane(self) -> None:
        try:
            await self._transport.run_lane(self._bag, answer=self._take_answer)
        except TransportError as error:
            self._lanes_open -= 1
            log.debug("lane closed", transport=self._transport.name, problem=str(error), lanes_left=self._lanes_open)
            if self._lanes_open == 0:
                self._break_off(str(error))
                for batch in self._batches:
                    self._give_up_sight(batch)

    async def _work_batches(self) -> None:
        while not self._winding_down:
            claim = await self._ledger.claim()
            if claim is None:
                return
            self._summary.left_behind += claim.left_behind
            batch = BatchInHand(claim)
            self._batches.append(batch)
            try:
                await self._deliver(batch)
                self._summary.batches_closed += await self._ledger.leave(claim)
            except FenceLost:
                log.warning("fence lost", batch=claim.batch_id, worker=claim.worker)
                self._bag.take_back(batch.marked.__contains__)
            finally:
                self._batches.remove(batch)

    async def _deliver(self, batch: BatchInHand) -> None:
        while True:
            await self._step(batch)
            if not batch.unrecorded and (batch.exhausted or self._ends(batch)):
                return
            await self._wait(batch)

    async def _step(self, batch: BatchInHand) -> None:
        if batch.complaint:
            complaint, batch.complaint = batch.complaint, ""
            await self._ledger.pause(batch.claim, complaint)
        records, batch.records = batch.records, []
        room = 0 if self._ends(batch) else self._window - len(batch.marked)
        began = seconds_since_boot()
        step, letters = await self._ledger.step(batch.claim, records, room=room)
        batch.renewed = began
        batch.paced_until = time.monotonic() + step.wait if step.wait else 0.0
        batch.marked.update({one.delivery_id: one for one in step.marked})
        batch.exhausted = self._is_exhausted(batch, step, records, room=room)
        unsafe = [letter for letter in letters if not letter.has_safe_address]
        self._bag.put(self._in_order([letter for letter in letters if letter not in unsafe] if unsafe else letters))
        for letter in unsafe:
            self._take_answer(letter, Answer(AnswerKind.FINAL, "the stored address is not one that mail can be sent to"))
        if step.halted:
            self._watch.forget(batch.claim.send_id)
        if step.halted or batch.halted:  # the latter while this step was being taken
            self._halt(batch.claim.send_id)
        if self._winding_down:
            self._give_back()

    def _in_order(self, letters: Iterable[Letter]) -> Iterator[Letter]:
        """Put letters of one form together where a transport takes groups, since a group is of one form.

        Where it takes them one by one they stay as they are: a mail server's log would show whose mails are alike.
        """
        if self._transport.group == 1:
            yield from letters
            return
        by_form: dict[LetterForm, list[Letter]] = {}
        for letter in letters:
            by_form.setdefault(letter.form, []).append(letter)
        for alike in by_form.values():
            yield from alike

    def _is_exhausted(self, batch: BatchInHand, step: Step, records: list[Record], *, room: int) -> bool:
        if room > 0:
            return step.exhausted
        due_again = any(record.due_at == 0 and not record.counted for record in records)
        return batch.exhausted and not due_again

    async def _wait(self, batch: BatchInHand) -> None:
        """Wait until a step is worth its commit, the lease needs renewing, or it is time to stop."""
        while not self._is_step_worthwhile(batch):
            batch.wake.clear()
            try:
                async with asyncio.timeout(self._until_the_next_look(batch)):
                    await batch.wake.wait()
            except TimeoutError:
                if seconds_since_boot() - batch.renewed >= self._heartbeat:
                    return
            if self._winding_down:
                self._give_back()

    def _until_the_next_look(self, batch: BatchInHand) -> float:
        paced = batch.paced_until - time.monotonic() if batch.paced_until else LOOK_ROUND
        return max(min(LOOK_ROUND, self._heartbeat, paced), 0.0)

    def _is_step_worthwhile(self, batch: BatchInHand) -> bool:
        if batch.complaint:
            return True
        if batch.paced_until and not self._ends(batch):
            worth_recording = not batch.marked or len(batch.records) >= self._window // 2
            return time.monotonic() >= batch.paced_until or (bool(batch.records) and worth_recording)
        if not batch.marked:
            return True
        if batch.exhausted or self._ends(batch):
            return len(batch.records) >= self._window
        idle = self._bag.lanes_waiting > self._transport.lanes // 8
        return len(batch.records) >= self._window // 2 or (bool(batch.records) and idle)

    def _is_ours(self, letter: Letter) -> bool:
        """Whether nobody else can have claimed a letter's batch yet: who stood still for longer must not send what it holds."""
        given_up = seconds_since_boot() - 3 * self._heartbeat
        for batch in self._batches:
            if letter.delivery_id in batch.marked:
                return batch.renewed > given_up
        return False

    def _take_answer(self, letter: Letter, answer: Answer, *, judged: bool = False) -> None:
        """Note what became of a letter; ``judged``: the answer was counted with another letter of its call."""
        self._summary.answers[answer.kind] += 1
        for batch in self._batches:
            marked = batch.marked.pop(letter.delivery_id, None)
            if marked is not None:
                batch.records.append(record_for(answer, marked, attempts=self._attempts, now=self._clock()))
                if not judged and (complaint := self._watch.judge(batch.claim.send_id, answer)):
                    batch.complaint = complaint
                    self._halt(batch.claim.send_id)
                if self._is_step_worthwhile(batch):
                    batch.wake.set()

    def _take_group(self, letters: Sequence[Letter], answer: Answer) -> None:
        """Take one answer for many: what is yes for all needs no look at each of them."""
        if answer.kind is not AnswerKind.ACCEPTED:
            for number, letter in enumerate(letters):
                self._take_answer(letter, answer, judged=number > 0 and answer.kind is AnswerKind.UNKNOWN)
            return
        self._summary.answers[answer.kind] += len(letters)
        for batch in self._batches:
            take = batch.marked.pop
            taken = [letter.delivery_id for letter in letters if take(letter.delivery_id, None) is not None]
            if taken:
                batch.records += [Record(delivery_id, Handover.ACCEPTED) for delivery_id in taken]
                self._watch.judge(batch.claim.send_id, answer)
                if self._is_step_worthwhile(batch):
                    batch.wake.set()

    async def _note_call(self, delivery_ids: Sequence[int], *, ref: str, send_at: float) -> None:
        wanted = frozenset(delivery_ids)
        claims = [batch.claim for batch in self._batches if not wanted.isdisjoint(batch.marked)]
        await self._ledger.note_call(claims, delivery_ids, ref=ref, send_at=send_at)

    def _break_off(self, problem: str) -> None:
        self._broken = problem
        self._give_back()
        for batch in self._batches:
            batch.wake.set()

    def _give_up_sight(self, batch: BatchInHand) -> None:
        """No lane is left that could answer for these."""
        for marked in batch.marked.values():
            batch.records.append(Record(marked.delivery_id, Handover.UNKNOWN, "the transport gave no answer"))
        batch.marked.clear()
        batch.wake.set()

    def _halt(self, send_id: int) -> None:
        """Begin nothing more of a send: what no lane has taken yet is given back."""
        for batch in [one for one in self._batches if one.claim.send_id == send_id]:
            batch.halted = True
            self._give_back(batch.marked.__contains__)
            batch.wake.set()

    def _give_back(self, which: Callable[[int], bool] = lambda _: True) -> None:
        for letter in self._bag.take_back(which):
            self._take_answer(letter, Answer(AnswerKind.NOT_SENT, "sending stopped"))


def _first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Give the first error of a group: the others are consequences of it, or happened at the same moment."""
    first = group.exceptions[0]
    return _first_cause(first) if isinstance(first, BaseExceptionGroup) else first

"""The one thread of a worker that touches the database; the event loop waits for it and never does so itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from datetime import date, datetime
from functools import partial
from typing import Self, TypeVar
from zoneinfo import ZoneInfo

from django.db import InternalError, OperationalError, connection, transaction

from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery.composing import Composing
from newsletter.delivery.generations import pass_generation
from newsletter.delivery.handovers import Record
from newsletter.delivery.ledger import Claim, FenceLost, Step, claim_batch, leave_batch, take_step
from newsletter.delivery.letters import Letter
from newsletter.delivery.models import Handover, PausedFor, Send
from newsletter.delivery.pacing import rate_of
from newsletter.delivery.pausing import pause_by_itself
from newsletter.delivery.progress import SECONDS_BETWEEN, note_progress
from newsletter.delivery.provider_calls import note_call
from newsletter.delivery.refusals import FailureTally
from newsletter.delivery.standing_still import note_going_on
from newsletter.delivery.staying_here import why_in_the_wrong_place
from newsletter.errors import NewsletterError, NotAllowedError, SettingsError

T = TypeVar("T")


class LedgerUnavailableError(NewsletterError):
    """The database was locked for too long, or could not be reached; nobody is mailed by guess because of that."""


class LedgerThread:
    """Does a worker's steps, one after the other, on a connection of its own.

    Use it as an asynchronous context manager: the connection is closed in the thread that opened it.
    """

    def __init__(self, config: Config, clock: Clock, *, worker: str, faults: dict[int, str] | None = None) -> None:
        """``faults`` says of sends, by id, why nothing of them is to be delivered now; what is found out is added to it."""
        self._config = config
        self._clock = clock
        self._worker = worker
        self._zone = ZoneInfo(config.cadence.timezone)
        self._rate = rate_of(config)
        self._counted: dict[int, float] = {}  # by send, when its progress was noted last
        self._composing = Composing(config)
        self._faults = {} if faults is None else faults
        self._tally = FailureTally(config.delivery)
        self._going_on: set[int] = set()
        self._begun: dict[int, int] = {}  # by batch, the fence of the claim under which something of it was marked last
        self._in_place: set[int] = set()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self.notes_calls = False
        """Whether each call is noted before it is made: what is marked says so then."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._do(_close_connection)
        self._executor.shutdown()

    async def claim(self) -> Claim | None:
        """Claim a batch, if there is one to do; one whose edition is not what was approved is left, and so is all of its send.

        Raises SettingsError when the settings make no mail of it. Either way nobody is marked.
        """
        return await self._do(self._claim)

    async def step(self, claim: Claim, records: Sequence[Record], *, room: int) -> tuple[Step, list[Letter]]:
        """Take one step of the ledger and give what was marked, each with its letter; raises FenceLost."""

        def take() -> tuple[Step, list[Letter]]:
            now = self._clock()
            self._note_progress(claim.send_id, now)
            self._look_at_records(claim.send_id, records, now)
            with_topics = self._composing.forms(claim).depend_on_topics
            begins = room > 0 and self._begun.get(claim.batch_id) != claim.fence
            with nullcontext() if room else _without_waiting_for_the_disk():
                step = take_step(
                    claim,
                    records=records,
                    room=room,
                    on=self._today(),
                    now=now,
                    with_topics=with_topics,
                    rate=self._rate,
                    noted=self.notes_calls,
                    # Before anything of it is on the wire: a copy made until now is known to be old then.
                    when_marked=partial(pass_generation, self._config) if begins else None,
                )
            if step.marked:
                self._begun[claim.batch_id] = claim.fence
            if step.halted:
                self._tally.forget(claim.send_id)
            return step, self._composing.letters(claim, step.marked, now=now)

        return await self._do(take)

    async def pause(self, claim: Claim, reason: str) -> None:
        """Pause the send of a claim for a person to look, since too many were refused."""
        await self._do(lambda: pause_by_itself(claim.send_id, paused_for=PausedFor.ERRORS, reason=reason, now=self._clock()))

    async def note_call(self, claims: Sequence[Claim], delivery_ids: Sequence[int], *, ref: str, send_at: float) -> None:
        """Store that a call is about to carry these deliveries of the claimed batches; raises CallNotNotedError."""
        await self._do(lambda: note_call(claims, delivery_ids, ref=ref, send_at=send_at))

    async def leave(self, claim: Claim) -> bool:
        """Give a batch back; say whether it was closed. Raises FenceLost."""

        def give_back() -> bool:
            with transaction.atomic():
                closed = leave_batch(claim, now=self._clock())
                pass_generation(self._config)
            self._begun.pop(claim.batch_id, None)
            return closed

        return await self._do(give_back)

    def _claim(self) -> Claim | None:
        while found := self._claim_next():
            try:
                self._require_right_place(found)
                self._composing.forms(found)
            except (NotAllowedError, SettingsError) as error:
                with suppress(FenceLost):
                    leave_batch(found, now=self._clock())
                if isinstance(error, SettingsError):
                    raise
                self._faults[found.send_id] = str(error)
            else:
                return found
        return None

    def _require_right_place(self, claim: Claim) -> None:
        """Raise NotAllowedError for a send that began, perhaps in another process and a moment ago, by mail or without it."""
        if claim.send_id not in self._in_place:
            begun_by = Send.objects.values_list("transport", flat=True).get(pk=claim.send_id)
            if why := why_in_the_wrong_place(claim.issue, begun_by=begun_by, transport=self._config.delivery.transport):
                raise NotAllowedError(why)
            self._in_place.add(claim.send_id)

    def _claim_next(self) -> Claim | None:
        lease_seconds, passing_over = self._config.delivery.lease_seconds, self._faults.keys()
        # Whoever marks something of it waits for the disk, and for this as well.
        with _without_waiting_for_the_disk():
            return claim_batch(self._worker, lease_seconds=lease_seconds, now=self._clock(), passing_over=passing_over)

    def _look_at_records(self, send_id: int, records: Sequence[Record], now: datetime) -> None:
        """Pause a send of which too many fail, before more of it is marked; note that it goes on when somebody was taken."""
        if complaint := self._tally.judge(send_id, records):
            pause_by_itself(send_id, paused_for=PausedFor.ERRORS, reason=complaint, now=now)
        elif send_id not in self._going_on and any(record.handover is Handover.ACCEPTED for record in records):
            self._going_on.add(send_id)
            note_going_on(send_id)

    def _note_progress(self, send_id: int, now: datetime) -> None:
        moment = time.monotonic()
        if moment - self._counted.get(send_id, -SECONDS_BETWEEN) >= SECONDS_BETWEEN:
            self._counted[send_id] = moment
            note_progress(send_id, now=now)

    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        except (OperationalError, InternalError) as error:  # the latter where PostgreSQL gave up an idle transaction
            raise LedgerUnavailableError(
                f"The database did not do its part ({error}). What was on its way is settled at the next look; sending goes on "
                "by itself."
            ) from error


@contextmanager
def _without_waiting_for_the_disk() -> Iterator[None]:
    """Record and mark nobody: what a power cut takes of that is unknown afterwards, as after a crash.

    What is marked before the wire waits for the disk (docs/adr/0006), and takes what was committed before it along.
    """
    if connection.vendor != "sqlite":
        yield
        return
    _set_synchronous("NORMAL")
    try:
        yield
    finally:
        # On a cursor of its own: a connection that was lost meanwhile is opened anew, and that one waits.
        _set_synchronous("FULL")


def _set_synchronous(level: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA synchronous={level}")


def _close_connection() -> None:
    """Close this thread's connection: ``connection`` means another one in each thread."""
    connection.close()

"""The one thread of a worker that touches the database; the event loop waits for it and never does so itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Self, TypeVar
from zoneinfo import ZoneInfo

from django.db import OperationalError, connection

from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery.composing import Composing
from newsletter.delivery.ledger import Claim, Record, Step, claim_batch, leave_batch, take_step
from newsletter.delivery.letters import Letter
from newsletter.errors import NewsletterError

T = TypeVar("T")


class LedgerUnavailableError(NewsletterError):
    """The database was locked for too long, or could not be reached; nobody is mailed by guess because of that."""


class LedgerThread:
    """Does a worker's steps, one after the other, on a connection of its own.

    Use it as an asynchronous context manager: the connection is closed in the thread that opened it.
    """

    def __init__(self, config: Config, clock: Clock, *, worker: str) -> None:
        self._config = config
        self._clock = clock
        self._worker = worker
        self._zone = ZoneInfo(config.cadence.timezone)
        self._composing = Composing(config)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._do(_close_connection)
        self._executor.shutdown()

    async def claim(self) -> Claim | None:
        """Claim a batch, if there is one to do.

        Raises NotAllowedError when its edition is not what was approved, SettingsError when the settings make no mail of it;
        nothing is marked then.
        """

        def claim() -> Claim | None:
            found = claim_batch(self._worker, lease_seconds=self._config.delivery.lease_seconds, now=self._clock())
            if found is not None:
                self._composing.form(found.candidate_id, found.language)
            return found

        return await self._do(claim)

    async def step(self, claim: Claim, records: Sequence[Record], *, room: int) -> tuple[Step, list[Letter]]:
        """Take one step of the ledger and give what was marked, each with its letter; raises FenceLost."""

        def take() -> tuple[Step, list[Letter]]:
            now = self._clock()
            step = take_step(claim, records=records, room=room, on=self._today(), now=now)
            return step, [self._composing.letter(claim, marked, now=now) for marked in step.marked]

        return await self._do(take)

    async def leave(self, claim: Claim) -> bool:
        """Give a batch back; say whether it was closed. Raises FenceLost."""
        return await self._do(lambda: leave_batch(claim, now=self._clock()))

    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        except OperationalError as error:
            raise LedgerUnavailableError(
                f"The database did not do its part ({error}). What was on its way is settled at the next look; sending goes on "
                "by itself."
            ) from error


def _close_connection() -> None:
    """Close this thread's connection: ``connection`` means another one in each thread."""
    connection.close()

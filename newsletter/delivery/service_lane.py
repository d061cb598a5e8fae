"""A lane of its own for service mails: it never waits behind a newsletter, and has one mail in doubt at a time."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from newsletter.delivery.letters import Letter
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.transports.port import Answer, AnswerKind, Transport
from newsletter.errors import TransportError


class ServiceLane:
    """Hands letters over one by one, over one connection as long as it holds.

    Use it as a context manager, outside any event loop. The loop stands still between two letters, so that the caller can use
    the database then.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._bag = Mailbag()
        self._answers: dict[int, Answer] = {}
        self._runner = asyncio.Runner()
        self._lane: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self.problem = ""
        """Why the transport cannot work at present; nothing more is taken then."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if self._lane is not None and kind is None:
                self._bag.close()
                self._runner.run(self._end_lane())
        finally:
            self._runner.close()

    def hand_over(self, letter: Letter) -> Answer:
        """Give the transport's answer for a letter."""
        if not letter.has_safe_address:
            return Answer(AnswerKind.FINAL, "the address is not one that mail can be sent to")
        return self._runner.run(self._hand_over(letter))

    async def _hand_over(self, letter: Letter) -> Answer:
        if self._lane is None:
            self._lane = asyncio.create_task(self._transport.run_lane(self._bag, answer=self._take_answer))
        self._answered = asyncio.Event()
        self._bag.put([letter])
        answered = asyncio.create_task(self._answered.wait())
        await asyncio.wait([self._lane, answered], return_when=asyncio.FIRST_COMPLETED)
        # A lane that cannot work answers first and ends at once afterwards; it is given the turn to do so.
        await asyncio.sleep(0)
        if self._lane.done():
            answered.cancel()
            await self._end_lane()
        if self._bag.take_back(letter.delivery_id.__eq__):
            return Answer(AnswerKind.NOT_SENT, "the transport ended before it took the mail")
        return self._answers.pop(letter.delivery_id, Answer(AnswerKind.UNKNOWN, "the transport gave no answer"))

    def _take_answer(self, letter: Letter, answer: Answer) -> None:
        self._answers[letter.delivery_id] = answer
        self._answered.set()

    async def _end_lane(self) -> None:
        assert self._lane is not None
        try:
            await self._lane
        except TransportError as error:
            self.problem = str(error)

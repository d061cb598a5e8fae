"""A transport that does what a test tells it, and what a test needs around it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import connection

from newsletter.config import Config
from newsletter.delivery.letters import Letter
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.models import Delivery, Handover
from newsletter.delivery.sending import DeliverySummary, deliver_open_sends
from newsletter.delivery.transports.port import Answer, AnswerKind, AnswerSink
from newsletter.errors import TransportError
from tests.contract.delivery.samples import NOW, add_readers, begin_send


@dataclass
class ScriptedTransport:
    """Answers as ``script`` says, after ``delay`` seconds; a TransportError from the script closes the lane."""

    script: Callable[[Letter], Answer] = lambda _: Answer(AnswerKind.ACCEPTED)
    lanes: int = 3
    group: int = 1
    batches_at_once: int = 1
    delay: float = 0
    name: str = "scripted"
    seen: list[int] = field(default_factory=list)
    most_marked: int = 0

    async def run_lane(self, bag: Mailbag, *, answer: AnswerSink) -> None:
        while letters := await bag.take(self.group):
            self.most_marked = max(self.most_marked, await asyncio.to_thread(count_sending))
            if self.delay:
                await asyncio.sleep(self.delay)
            for letter in letters:
                self.seen.append(letter.delivery_id)
                try:
                    given = self.script(letter)
                except TransportError:
                    answer(letter, Answer(AnswerKind.NOT_SENT, "no connection"))
                    raise
                answer(letter, given)


def count_sending() -> int:
    try:
        return Delivery.objects.filter(handover=Handover.SENDING).count()
    finally:
        connection.close()


@dataclass
class HeldClock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def config(**delivery: object) -> Config:
    known: Config = settings.NEWSLETTER
    return known.model_copy(update={"delivery": known.delivery.model_copy(update=delivery)})


def deliver(
    transport: ScriptedTransport, *, clock: HeldClock | None = None, stop: threading.Event | None = None
) -> DeliverySummary:
    return deliver_open_sends(config(), clock or HeldClock(), worker="test", stop=stop, transport=transport)


def open_send(readers: int, *, transport: str = "outbox") -> None:
    add_readers(readers)
    begin_send(transport=transport)


def in_a_thread(act: Callable[[], object]) -> None:
    """Act on a connection that is closed afterwards."""
    try:
        act()
    finally:
        connection.close()


def with_connection(act: Callable[[], object]) -> None:
    thread = threading.Thread(target=in_a_thread, args=(act,))
    thread.start()
    thread.join()

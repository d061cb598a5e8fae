"""A mail server that keeps what it takes and fails by plan: ``python -m tests.chaos.smtp_server PLAN``, a process of its own.

It speaks PIPELINING and says its port on its first line. On standard input it is told ``refuse SECONDS``; it ends with its
standard input. Before the 250 to a final dot the delivery's key is in the journal.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final

from tests.chaos.chance import FaultPlan
from tests.chaos.journal import JournalWriter

DELAY: Final = 0.3
"""Seconds that a delayed answer is late."""

STALL: Final = 30.0
"""Seconds that a stalled answer is late: longer than any client of these tests waits."""


class SmtpFault(StrEnum):
    """What this server does to its clients."""

    MAIL_451 = "MAIL refused for now"
    MAIL_550 = "MAIL refused"
    MAIL_421 = "421 to MAIL"
    RCPT_450 = "RCPT refused for now"
    RCPT_550 = "RCPT refused"
    DATA_451 = "DATA refused for now"
    DROP_AT_DATA = "hung up before DATA was answered"
    DROP_IN_MESSAGE = "hung up in the middle of a message"
    DOT_452 = "message refused for now"
    DOT_554 = "message refused"
    DOT_421 = "421 to the final dot"
    STORED_AND_DROPPED = "message stored, hung up without an answer"
    LOST_AND_DROPPED = "message not stored, hung up without an answer"
    STORED_AND_STALLED = "message stored, never answered"
    DELAYED = "answer delayed"
    IDLE_CLOSED = "connection closed after an answer"


HELLO: Final = b"250-recorder.example\r\n250-8BITMIME\r\n250 PIPELINING\r\n"

AT_MAIL: Final = (SmtpFault.MAIL_451, SmtpFault.MAIL_550, SmtpFault.MAIL_421)
AT_RCPT: Final = tuple(kind for kind in SmtpFault if kind not in AT_MAIL)

BEFORE_THE_MESSAGE: Final[dict[str, bytes]] = {
    SmtpFault.MAIL_451: b"451 4.3.0 later\r\n",
    SmtpFault.MAIL_550: b"550 5.7.1 not from you\r\n",
    SmtpFault.RCPT_450: b"450 4.2.1 later\r\n",
    SmtpFault.RCPT_550: b"550 5.1.1 nobody of that name\r\n",
    SmtpFault.DATA_451: b"451 4.3.0 later\r\n",
}
AFTER_THE_MESSAGE: Final[dict[str, bytes]] = {
    SmtpFault.DOT_452: b"452 4.2.2 later\r\n",
    SmtpFault.DOT_554: b"554 5.6.0 not this one\r\n",
    SmtpFault.DOT_421: b"421 4.3.2 closing\r\n",
}
STORED: Final = {"", SmtpFault.STORED_AND_DROPPED, SmtpFault.STORED_AND_STALLED, SmtpFault.DELAYED, SmtpFault.IDLE_CLOSED}


class Recorder:
    """What all conversations share."""

    def __init__(self, plan: FaultPlan, journal: JournalWriter) -> None:
        self.plan = plan
        self.journal = journal
        self.refusing_until = 0.0

    def strike(self, what: str, kinds: tuple[SmtpFault, ...]) -> str:
        """Give the fault that strikes now, written down."""
        fault = self.plan.strike(what, kinds)
        if fault:
            self.journal.fault(fault.replace(" ", "_"))
        return fault


class Conversation(asyncio.Protocol):
    """One connection. Replies are gathered and go out together, after the journal was written."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._received = bytearray()
        self._replies: list[bytes] = []
        self._recipient = ""
        self._fault = ""
        self._in_message = False
        self._waiting = self._gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if time.monotonic() < self._recorder.refusing_until:
            self._recorder.journal.fault("connection_refused")
            self._hang_up(b"421 4.3.2 not now\r\n")
        else:
            transport.write(b"220 recorder.example ESMTP\r\n")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Forget what was begun."""
        self._gone = True

    def data_received(self, data: bytes) -> None:
        """Read as many commands and messages as have come."""
        self._received += data
        self._go_on()

    def _go_on(self) -> None:
        while not (self._gone or self._waiting) and (self._read_message() if self._in_message else self._read_command()):
            pass
        self._answer()

    def _answer(self) -> None:
        self._recorder.journal.flush()
        if self._replies and not self._gone:
            self._transport.write(b"".join(self._replies))
        self._replies.clear()

    def _read_command(self) -> bool:
        end = self._received.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self._received[:end])
        del self._received[: end + 2]
        self._replies.append(self._reply_to(line))
        return True

    def _reply_to(self, line: bytes) -> bytes:
        match line[:4].upper():
            case b"MAIL":
                self._recipient, self._fault = "", self._recorder.strike("MAIL", AT_MAIL)
                return self._refusal(AT_MAIL, otherwise=b"250 2.1.0 ok\r\n")
            case b"RCPT" if not self._fault:
                self._recipient = line.partition(b"<")[2].partition(b">")[0].decode("ascii")
                self._fault = self._recorder.strike(self._recipient, AT_RCPT)
                return self._refusal((SmtpFault.RCPT_450, SmtpFault.RCPT_550), otherwise=b"250 2.1.5 ok\r\n")
            case b"DATA":
                return self._reply_to_data()
            case b"RCPT":
                return b"503 5.5.1 MAIL first\r\n"
            case b"QUIT":
                self._hang_up(b"221 2.0.0 bye\r\n")
            case other:
                self._recipient = self._fault = ""
                return HELLO if other == b"EHLO" else b"250 2.0.0 ok\r\n"
        return b""

    def _refusal(self, kinds: tuple[SmtpFault, ...], *, otherwise: bytes) -> bytes:
        if self._fault == SmtpFault.MAIL_421:
            self._hang_up(b"421 4.3.2 closing\r\n")
            return b""
        if self._fault in kinds:
            self._recipient = ""
            return BEFORE_THE_MESSAGE[self._fault]
        return otherwise

    def _reply_to_data(self) -> bytes:
        if not self._recipient:
            return b"503 5.5.1 RCPT first\r\n"
        if self._fault == SmtpFault.DATA_451:
            return BEFORE_THE_MESSAGE[self._fault]
        if self._fault == SmtpFault.DROP_AT_DATA:
            self._hang_up()
            return b""
        self._in_message = True
        return b"354 go on\r\n"

    def _read_message(self) -> bool:
        end = self._received.find(b"\r\n.\r\n")
        if self._fault == SmtpFault.DROP_IN_MESSAGE and self._received:
            self._hang_up()
            return False
        if end < 0:
            return False
        message = bytes(self._received[:end])
        del self._received[: end + 5]
        self._in_message = False
        if self._fault in STORED:
            message_id = message.partition(b"\r\nMessage-ID: <")[2].partition(b">")[0].decode("ascii")
            self._recorder.journal.hold(message_id, self._recipient)
        self._after_message()
        return True

    def _after_message(self) -> None:
        match self._fault:
            case "":
                self._replies.append(b"250 2.0.0 queued\r\n")
            case SmtpFault.IDLE_CLOSED:
                self._hang_up(b"250 2.0.0 queued\r\n")
            case SmtpFault.STORED_AND_DROPPED | SmtpFault.LOST_AND_DROPPED:
                self._hang_up()
            case SmtpFault.DELAYED | SmtpFault.STORED_AND_STALLED:
                self._waiting = True
                late = DELAY if self._fault == SmtpFault.DELAYED else STALL
                asyncio.get_running_loop().call_later(late, self._answer_late)
            case SmtpFault.DOT_421:
                self._hang_up(AFTER_THE_MESSAGE[self._fault])
            case _:
                self._replies.append(AFTER_THE_MESSAGE[self._fault])

    def _answer_late(self) -> None:
        self._waiting = False
        self._replies.append(b"250 2.0.0 queued\r\n")
        self._go_on()

    def _hang_up(self, last_words: bytes = b"") -> None:
        """Close, after what is ready to be said; with no last words, at once and without any answer."""
        if last_words:
            self._replies.append(last_words)
        self._answer()
        self._gone = True
        self._transport.close()


async def serve(recorder: Recorder, *, port: int) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(recorder), "127.0.0.1", port, backlog=500)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    ended = asyncio.Event()
    threading.Thread(
        target=listen, args=(recorder.__setattr__, lambda: loop.call_soon_threadsafe(ended.set)), daemon=True
    ).start()
    await ended.wait()


def listen(tell: Callable[[str, float], None], end: Callable[[], object]) -> None:
    """Do what standard input says, and tell when it ends."""
    for line in sys.stdin:
        act, _, argument = line.strip().partition(" ")
        if act == "repeat":
            tell("repeat", 0)
        elif act == "refuse":
            tell("refusing_until", time.monotonic() + float(argument))
    end()


def main(order: str) -> None:
    """Serve by an order in JSON: journal, port, seed, rates, script."""
    wanted = json.loads(order)
    plan = FaultPlan(seed=wanted["seed"], rates=wanted["rates"], script=wanted["script"])
    asyncio.run(serve(Recorder(plan, JournalWriter(Path(wanted["journal"]))), port=wanted["port"]))


if __name__ == "__main__":
    main(sys.argv[1])

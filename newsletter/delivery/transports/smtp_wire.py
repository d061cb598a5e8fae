"""One SMTP connection as bytes and replies (RFC 5321, 4.2), without knowing what is said on it."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from dataclasses import dataclass
from typing import Final

from newsletter.delivery.transports.port import Answer, AnswerKind

LONGEST_REPLY: Final = 65_536
"""Octets without an end of line after which the other side speaks something else than SMTP."""

REPLY_LINE: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
ENHANCED_CODE: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?: |$)")

SUBJECTS: Final = {
    "1": "address",
    "2": "mailbox",
    "3": "mail system",
    "4": "network or routing",
    "5": "protocol",
    "6": "content",
    "7": "policy",
}
"""What an enhanced status code is about (RFC 3463, 3)."""


class ConnectionGone(ConnectionError):  # noqa: N818 - it is what happened
    """The connection is gone, timed out, or does not speak SMTP."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply; ``text`` may name a person, so it goes nowhere but into the judgement."""

    code: int
    lines: tuple[str, ...]

    @property
    def accepts(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.code < 300

    @property
    def status(self) -> str:
        """The code, the enhanced code where there is one, and what that is about: all that may be kept of a reply."""
        match = ENHANCED_CODE.match(self.lines[0])
        if match is None:
            return str(self.code)
        subject = SUBJECTS.get(match[2])
        return f"{self.code} {match[1]}.{match[2]}.{match[3]}" + (f" ({subject})" if subject else "")

    def judge(self) -> Answer:
        """Say what the reply means for the letter that it answers."""
        if self.accepts:
            return Answer(AnswerKind.ACCEPTED)
        if self.code == 421:
            return Answer(AnswerKind.THROTTLED, self.status)
        if self.code < 500:
            return Answer(AnswerKind.RETRYABLE, self.status)
        match = ENHANCED_CODE.match(self.lines[0])
        return Answer(AnswerKind.POLICY if match and match[2] == "7" else AnswerKind.FINAL, self.status)


class SmtpWire(asyncio.Protocol):
    """Collects replies as they come; ``reply`` gives them in order."""

    def __init__(self, *, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._gone = False

    @property
    def transport(self) -> asyncio.Transport:
        """The connection beneath."""
        assert self._transport is not None, "connection_made comes first"
        return self._transport

    @property
    def quiet(self) -> bool:
        """Whether nothing was received that nobody asked for."""
        return not (self._replies or self._lines or self._received)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; called again after STARTTLS."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Cut what came into lines, and lines into replies."""
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            match = REPLY_LINE.fullmatch(line.rstrip(b"\r"))
            if match is None:
                self.abort()
                return
            self._lines.append((match[3] or b"").decode("utf-8", "replace"))
            if match[2] != b"-":
                self._replies.append(Reply(int(match[1]), tuple(self._lines)))
                self._lines = []
        if len(self._received) > LONGEST_REPLY or len(self._lines) > 1000:
            self.abort()
        elif self._replies:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Tell whoever waits."""
        self._gone = True
        self._wake()

    def write(self, data: bytes) -> None:
        """Send; raises ConnectionGone when there is nobody to send to any more."""
        if self._gone or self.transport.is_closing():
            raise ConnectionGone
        self.transport.write(data)

    async def reply(self) -> Reply:
        """Give the next reply. Raises ConnectionGone when it does not come in time, or not at all."""
        if not self._replies and not self._gone:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(self._timeout):
                    await self._waiter
            except TimeoutError:
                self.abort()
                raise ConnectionGone from None
            finally:
                self._waiter = None
        if not self._replies:
            raise ConnectionGone
        return self._replies.popleft()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._gone = True
        if self._transport is not None:
            self._transport.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

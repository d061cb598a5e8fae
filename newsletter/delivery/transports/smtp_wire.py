"""One SMTP connection as bytes and replies (RFC 5321, 4.2), without knowing what is said on it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from newsletter.delivery.transports.smtp_reply import REPLY_LINE, Reply

RECEIVED_AT_ONCE: Final = 4_096
"""Octets."""

LONGEST_REPLY: Final = 65_536
"""Octets without an end of line after which the other side speaks something else than SMTP."""


class ConnectionGone(ConnectionError):  # noqa: N818 - it is what happened
    """The connection is gone, timed out, or does not speak SMTP."""


class SmtpWire(asyncio.BufferedProtocol):
    """Collects replies as they come; ``reply`` gives them in order.

    It brings its own buffer: asyncio's streams ask for 256 kB anew each time, which costs 14 µs more than a reply is worth.
    """

    def __init__(self, *, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._buffer = memoryview(bytearray(RECEIVED_AT_ONCE))  # asyncio's TLS writes into slices of it
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
    def gone(self) -> bool:
        """Whether the connection has ended, or is given up."""
        return self._gone

    @property
    def quiet(self) -> bool:
        """Whether nothing was received that nobody asked for."""
        return not (self._replies or self._lines or self._received)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; called again after STARTTLS."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's name
        """Say where to put what comes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Read what came."""
        self.read(bytes(self._buffer[:nbytes]))

    def read(self, data: bytes) -> None:
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

    async def reply(self, *, within: float | None = None) -> Reply:
        """Give the next reply. Raises ConnectionGone when it does not come in time, or not at all.

        ``within`` is in seconds, where a reply may take longer than the others.
        """
        if not self._replies and not self._gone:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            # asyncio.timeout() costs four times as much, and this is done for every message.
            deadline = loop.call_later(within or self._timeout, self.abort)
            try:
                await self._waiter
            finally:
                deadline.cancel()
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

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.transports.smtp_reply import Reply
from newsletter.delivery.transports.smtp_wire import LONGEST_REPLY, ConnectionGone, SmtpWire


class _Sent(asyncio.Transport):
    """A connection that nobody is at the other end of."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted

    def write(self, data: object) -> None:
        raise AssertionError(data)


def wire() -> tuple[SmtpWire, _Sent]:
    made, connection = SmtpWire(timeout_seconds=0.01), _Sent()
    made.connection_made(connection)
    return made, connection


@given(st.lists(st.integers(1, 40), max_size=12))
def test_replies_are_the_same_however_the_network_cuts_them(cuts: list[int]) -> None:
    async def main() -> None:
        received = b"250-first.example\r\n250-PIPELINING\r\n250 SIZE 1000\r\n354 go on\r\n250 2.0.0 ok\r\n"
        made, _ = wire()
        start = 0
        for cut in cuts:
            made.read(received[start : start + cut])
            start += cut
        made.read(received[start:])
        replies = [await made.reply() for _ in range(3)]
        assert replies == [
            Reply(250, ("first.example", "PIPELINING", "SIZE 1000")),
            Reply(354, ("go on",)),
            Reply(250, ("2.0.0 ok",)),
        ]
        assert made.quiet

    asyncio.run(main())


@pytest.mark.parametrize("nonsense", [b"hello\r\n", b"999 x\r\n", b"25\r\n", b"x" * (LONGEST_REPLY + 1), b"250-a\r\n" * 1001])
def test_what_is_no_smtp_ends_the_connection(nonsense: bytes) -> None:
    async def main() -> None:
        made, connection = wire()
        made.read(nonsense)
        assert connection.aborted
        with pytest.raises(ConnectionGone):
            await made.reply()
        with pytest.raises(ConnectionGone):
            made.write(b"QUIT\r\n")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("received", "reply"),
    [
        (b"250\r\n", Reply(250, ("",))),
        (b"250 \n", Reply(250, ("",))),
        (b"250-one\n250-\n250 three\n", Reply(250, ("one", "", "three"))),
        (b"250-one\r\n250\r\n", Reply(250, ("one", ""))),
        (b"550-5.1.1 first\r\n550 5.1.1 \xff\r\n", Reply(550, ("5.1.1 first", "5.1.1 \ufffd"))),
    ],
)
def test_odd_replies_are_understood(received: bytes, reply: Reply) -> None:
    """Codes without a text, without CR, empty lines, bytes that are no UTF-8 (RFC 5321, 4.2 and 4.2.1)."""

    async def main() -> None:
        made, _ = wire()
        made.read(received)
        assert await made.reply() == reply

    asyncio.run(main())


def test_one_reply_may_be_given_more_time_than_others() -> None:
    async def main() -> None:
        made, _ = wire()
        asyncio.get_running_loop().call_later(0.05, made.read, b"250 late\r\n")
        assert (await made.reply(within=5)).code == 250

    asyncio.run(main())


def test_a_reply_that_does_not_come_ends_the_connection() -> None:
    async def main() -> None:
        made, connection = wire()
        with pytest.raises(ConnectionGone):
            await made.reply()
        assert connection.aborted

    asyncio.run(main())


def test_replies_that_came_before_the_end_are_still_read() -> None:
    async def main() -> None:
        made, _ = wire()
        made.read(b"221 bye\r\n")
        made.connection_lost(None)
        assert (await made.reply()).code == 221

    asyncio.run(main())

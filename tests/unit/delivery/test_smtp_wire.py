from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.transports.port import AnswerKind
from newsletter.delivery.transports.smtp_wire import LONGEST_REPLY, ConnectionGone, Reply, SmtpWire


@pytest.mark.parametrize(
    ("code", "text", "kind", "status"),
    [
        (250, "2.0.0 ok", AnswerKind.ACCEPTED, "250 2.0.0"),
        (421, "4.3.2 shutting down", AnswerKind.THROTTLED, "421 4.3.2 (mail system)"),
        (450, "4.7.1 greylisted", AnswerKind.RETRYABLE, "450 4.7.1 (policy)"),
        (550, "5.1.1 <ana@example.org> unknown", AnswerKind.FINAL, "550 5.1.1 (address)"),
        (550, "5.7.515 access denied", AnswerKind.POLICY, "550 5.7.515 (policy)"),
        (554, "ana@example.org", AnswerKind.FINAL, "554"),
        (550, "5.9.1 odd", AnswerKind.FINAL, "550 5.9.1"),
    ],
)
def test_a_reply_is_judged_by_its_codes_and_none_of_its_words_are_kept(
    code: int, text: str, kind: AnswerKind, status: str
) -> None:
    reply = Reply(code, (text,))
    assert reply.judge().kind is kind
    assert reply.status == status
    assert "ana" not in reply.judge().reason


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
            made.data_received(received[start : start + cut])
            start += cut
        made.data_received(received[start:])
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
        made.data_received(nonsense)
        assert connection.aborted
        with pytest.raises(ConnectionGone):
            await made.reply()
        with pytest.raises(ConnectionGone):
            made.write(b"QUIT\r\n")

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
        made.data_received(b"221 bye\r\n")
        made.connection_lost(None)
        assert (await made.reply()).code == 221

    asyncio.run(main())

"""An open SMTP session (RFC 5321): envelope and message of one letter after the other, pipelined where that is announced."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from newsletter.delivery.letters import Letter
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.delivery.transports.smtp_reply import About, Reply
from newsletter.delivery.transports.smtp_wire import ConnectionGone, SmtpWire

LONGEST_GOODBYE: Final = 2.0
"""Seconds."""

MOST_DIGITS: Final = 20
"""Of a limit on sizes (RFC 1870, 4); of thousands, int() raises ValueError."""


@dataclass(frozen=True, slots=True)
class ReadyLetter:
    """A letter and its bytes, which end in CRLF and in which no line begins with a full stop."""

    letter: Letter
    pieces: list[bytes]
    size: int

    @classmethod
    def of(cls, letter: Letter, pieces: list[bytes]) -> ReadyLetter:
        """Count the octets as RFC 1870, 5 does: CRLFs too, but not the final dot."""
        return cls(letter, pieces, sum(map(len, pieces)))


class SmtpSession:
    """Speaks to one server. ``messages`` counts the messages that were handed to it.

    What EHLO announced: PIPELINING (RFC 2920) saves round trips, SIZE (RFC 1870) says what is too large before it is sent.
    8BITMIME (RFC 6152) is never needed: our bodies are quoted-printable, and what is not declared is 7bit.
    """

    def __init__(self, wire: SmtpWire, extensions: Mapping[str, str], *, final_timeout: float) -> None:
        self.wire = wire
        self.pipelining = "PIPELINING" in extensions
        self.messages = 0
        self._announces_size = "SIZE" in extensions
        limit = extensions.get("SIZE", "")
        # SIZE alone, and SIZE 0, name no limit; others have twenty digits at most (RFC 1870, 4).
        self._largest = int(limit) or None if limit.isdecimal() and len(limit) <= MOST_DIGITS else None
        self._final_timeout = final_timeout

    def refused_for_size(self, ready: ReadyLetter) -> Answer | None:
        """Refuse what the server would refuse after it had got all of it."""
        if self._largest is None or ready.size <= self._largest:
            return None
        return Answer(
            AnswerKind.FINAL, f"the mail has {ready.size:,} octets, and the mail server takes {self._largest:,} at most (SIZE)"
        )

    async def envelope_refused(self, ready: ReadyLetter, *, written: bool) -> Answer | None:
        """Wait until the server asks for the message; give its refusal otherwise.

        Then the session is ready for another letter, or its wire is gone: some servers refuse and hang up. ``written``: the
        envelope is on its way already. Raises ConnectionGone when there is no answer to it.
        """
        mail, rcpt, data = await self._replies_to_envelope(ready, written=written)
        if data.accepts:  # nobody says so to DATA: a reply too many has come, and each is taken for the next one's
            raise ConnectionGone
        refusing = next((reply for reply in (mail, rcpt) if not reply.accepts), None)
        if refusing is None and data.code == 354:
            if not self.wire.quiet:  # what came too early would be taken for the answer to the message
                raise ConnectionGone
            return None
        about = About.SENDER if refusing is mail else About.RECIPIENT if refusing is rcpt else About.MESSAGE
        answer = (refusing or data).judge(about)
        if answer.kind is AnswerKind.ACCEPTED:
            raise ConnectionGone
        if about is About.SENDER and answer.kind is AnswerKind.POLICY:
            answer = replace(answer, reason=f"{answer.reason}, the sender refused")
        if answer.kind is not AnswerKind.THROTTLED:
            await self._make_ready_for_another(waits_for_message=data.code == 354)
        return answer

    def write_message(self, ready: ReadyLetter, following: ReadyLetter | None) -> None:
        """Send the message and its final dot, and with it the envelope of the letter that follows (RFC 2920, 3.1)."""
        self.messages += 1
        self.wire.write(b"".join([*ready.pieces, b".\r\n", *(self._envelope(following) if following else ())]))

    async def reply_to_message(self) -> Reply:
        """Wait for the answer to a final dot; raises ConnectionGone when there is none that makes sense."""
        reply = await self.wire.reply(within=self._final_timeout)
        if 300 <= reply.code < 400:
            raise ConnectionGone
        return reply

    async def command(self, line: bytes) -> Reply:
        """Send one command and give its reply; raises ConnectionGone for one that is no 2xx.

        A 3xx waits for more, so it answers something else: what followed would be read as the text of a mail.
        """
        self.wire.write(line)
        reply = await self.wire.reply()
        if not reply.accepts:
            raise ConnectionGone
        return reply

    async def quit(self) -> None:
        """Say goodbye and hang up; a server that does not answer is not waited for."""
        try:
            async with asyncio.timeout(LONGEST_GOODBYE):
                await self.command(b"QUIT\r\n")
        except (ConnectionGone, TimeoutError):
            pass
        finally:
            self.wire.abort()

    async def _make_ready_for_another(self, *, waits_for_message: bool) -> None:
        try:
            if waits_for_message:
                # RFC 2920, 3.1: nobody to send to, and yet the server waits for a message; an empty one ends it.
                self.wire.write(b".\r\n")
                await self.wire.reply()
            await self.command(b"RSET\r\n")
        except ConnectionGone:
            self.wire.abort()

    async def _replies_to_envelope(self, ready: ReadyLetter, *, written: bool) -> tuple[Reply, Reply, Reply]:
        """Give the replies to MAIL, RCPT and DATA; one that refuses stands for those that were then not asked for."""
        if not written and not self.wire.quiet:  # what nobody asked for would be taken for the answer to this envelope
            raise ConnectionGone
        if self.pipelining:
            if not written:
                # MAIL, RCPT and DATA together: one round trip (RFC 2920, 3.1).
                self.wire.write(b"".join(self._envelope(ready)))
            return await self.wire.reply(), await self.wire.reply(), await self.wire.reply()
        replies: list[Reply] = []
        for command in self._envelope(ready):
            self.wire.write(command)
            replies.append(await self.wire.reply())
            if replies[-1].code >= 400:
                break
        mail, rcpt, data = (replies + [replies[-1]] * 2)[:3]
        return mail, rcpt, data

    def _envelope(self, ready: ReadyLetter) -> tuple[bytes, bytes, bytes]:
        letter = ready.letter
        size = f" SIZE={ready.size}" if self._announces_size else ""
        mail = f"MAIL FROM:<{letter.envelope_from}>{size}\r\n".encode("ascii")
        return mail, f"RCPT TO:<{letter.address}>\r\n".encode("ascii"), b"DATA\r\n"

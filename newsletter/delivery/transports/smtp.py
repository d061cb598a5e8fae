"""Mail by SMTP: persistent connections, and one round trip a message where the server announces PIPELINING.

Up to the final dot a lost connection means that the message was not taken. After the dot both sides own it until the reply is
there (RFC 1047), so a reply that is lost makes the letter unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from newsletter.delivery.dkim import DkimSigner
from newsletter.delivery.letters import Letter
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.transports.port import Answer, AnswerKind, AnswerSink
from newsletter.delivery.transports.smtp_greeting import open_session, trusting
from newsletter.delivery.transports.smtp_reply import About
from newsletter.delivery.transports.smtp_session import ReadyLetter, SmtpSession
from newsletter.delivery.transports.smtp_wire import ConnectionGone
from newsletter.errors import TransportError
from newsletter.settings import SmtpSettings

__all__ = ["SmtpTransport", "trusting"]

LOST_BEFORE = "the connection was lost before the message was handed over"
LOST_AFTER = "the connection was lost after the message was handed over"

HELD_TOO_LONG = "it was held for longer than the lease"

PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before a lane tries once more, each time that it did not get a message through."""

SIGNING_THREADS: Final = 2
"""RSA releases the GIL."""


class SmtpTransport:
    """Sends through one mail server over ``connections`` lanes, and signs where there is a signer."""

    name = "smtp"
    group = 1
    batches_at_once = 1

    def __init__(self, settings: SmtpSettings, *, signer: DkimSigner | None = None, pauses: Sequence[float] = PAUSES) -> None:
        self._settings = settings
        self._signer = signer
        self._pauses = pauses
        self._context = None if settings.security == "none" else trusting(settings.ca_file)
        self._signing = ThreadPoolExecutor(SIGNING_THREADS, thread_name_prefix="dkim") if signer else None
        self._has_worked = False
        self.lanes = settings.connections

    async def run_lane(self, bag: Mailbag, *, answer: AnswerSink) -> None:
        """Send letters over one connection after the other; raises TransportError when none can be opened.

        Where the server worked before, that is after some patience: it may be starting anew.
        """
        await _Lane(self, bag, answer).run()

    @property
    def messages_per_connection(self) -> int:
        """After so many, a connection is closed and another one opened."""
        return self._settings.messages_per_connection

    async def open_session(self) -> SmtpSession:
        """Connect and sign in; raises TransportError."""
        session = await open_session(self._settings, self._context)
        self._has_worked = True
        return session

    async def make_ready(self, letter: Letter) -> ReadyLetter:
        """Build a letter's bytes, signed in a thread where they are to be signed."""
        if self._signing is None:
            return ReadyLetter.of(letter, letter.pieces())
        loop = asyncio.get_running_loop()
        return ReadyLetter.of(letter, await loop.run_in_executor(self._signing, letter.pieces, self._signer))

    def pause_after(self, failures: int) -> float:
        """Give how long to wait after so many failures in a row."""
        return self._pauses[min(failures, len(self._pauses)) - 1] if self._pauses else 0.0

    def is_hopeless(self, failures: int) -> bool:
        """Say whether a server that could not be reached so many times in a row is to be given up for now."""
        return not self._has_worked or failures > len(self._pauses)


class _Lane:
    """One connection after the other, and the letters that go over them."""

    def __init__(self, transport: SmtpTransport, bag: Mailbag, answer: AnswerSink) -> None:
        self._transport = transport
        self._bag = bag
        self._answer = answer
        self._session: SmtpSession | None = None
        self._failures = 0

    async def run(self) -> None:
        try:
            while letters := await self._bag.take(1):
                session = self._session or await self._open_session(letters[0])
                if session is not None:
                    await self._use(session, letters[0])
                if self._failures and not self._session:
                    await self._bag.closed_within(self._transport.pause_after(self._failures))
        finally:
            if self._session is not None:
                await self._session.quit()

    async def _open_session(self, letter: Letter) -> SmtpSession | None:
        """Open a session; without one, answer for the letter, and raise TransportError where there is no hope."""
        try:
            self._session = await self._transport.open_session()
        except TransportError:
            self._failures += 1
            self._answer(letter, Answer(AnswerKind.NOT_SENT, "no connection to the mail server"))
            if self._transport.is_hopeless(self._failures):
                raise
        return self._session

    async def _use(self, session: SmtpSession, letter: Letter) -> None:
        """Send a letter and what follows it; drop the session where it cannot be used again."""
        if not await self._send_while_there_is_mail(session, letter):
            session.wire.abort()
            self._session = None
        elif session.messages >= self._transport.messages_per_connection:
            self._session = None
            await session.quit()

    async def _send_while_there_is_mail(self, session: SmtpSession, letter: Letter) -> bool:
        """Send a letter and what the bag holds at the moment; say whether the session can be used again."""
        ready = await self._make_ready(session, letter)
        written = False
        while ready is not None:
            try:
                refusal = await session.envelope_refused(ready, written=written)
            except ConnectionGone:
                self._answer_for_lost_envelope(session, ready.letter)
                return False
            if refusal is not None:
                self._answer(ready.letter, refusal)
                if refusal.kind is AnswerKind.THROTTLED:
                    self._failures += 1
                    return False
                return not session.wire.gone
            following = await self._take_following(session)
            if not await self._hand_over(session, ready, following):
                return False
            ready, written = following, True
        return True

    def _answer_for_lost_envelope(self, session: SmtpSession, letter: Letter) -> None:
        """Blame no letter for a connection that was good before and that the server has closed meanwhile."""
        if session.messages:
            self._answer(letter, Answer(AnswerKind.NOT_SENT, LOST_BEFORE))
        else:
            self._failures += 1
            self._answer(letter, Answer(AnswerKind.RETRYABLE, LOST_BEFORE))

    async def _take_following(self, session: SmtpSession) -> ReadyLetter | None:
        """Take the letter whose envelope may ride with this message."""
        last = session.messages + 1 >= self._transport.messages_per_connection
        while not last and session.pipelining and (letter := self._bag.take_now()):
            if ready := await self._make_ready(session, letter):
                return ready
        return None

    async def _make_ready(self, session: SmtpSession, letter: Letter) -> ReadyLetter | None:
        """Build a letter; answer for one that the server would not take for its size."""
        ready = await self._transport.make_ready(letter)
        refusal = session.refused_for_size(ready)
        if refusal is None:
            return ready
        self._answer(letter, refusal)
        return None

    async def _hand_over(self, session: SmtpSession, ready: ReadyLetter, following: ReadyLetter | None) -> bool:
        """Send the message and answer for it; say whether the session goes on. If not, ``following`` is answered too."""
        if not self._bag.is_ours(ready.letter):
            for one in filter(None, (ready, following)):
                self._answer(one.letter, Answer(AnswerKind.NOT_SENT, HELD_TOO_LONG))
            return False
        try:
            session.write_message(ready, following)
        except ConnectionGone:
            verdict, goes_on = Answer(AnswerKind.RETRYABLE, LOST_BEFORE), False
        else:
            try:
                verdict = (await session.reply_to_message()).judge(About.MESSAGE)
                goes_on = verdict.kind is not AnswerKind.THROTTLED
            except ConnectionGone:
                verdict, goes_on = Answer(AnswerKind.UNKNOWN, LOST_AFTER), False
        if verdict.kind is AnswerKind.ACCEPTED:
            self._failures = 0
        elif not goes_on:
            self._failures += 1
        self._answer(ready.letter, verdict)
        if following is not None and not goes_on:
            self._answer(following.letter, Answer(AnswerKind.NOT_SENT, LOST_BEFORE))
        return goes_on

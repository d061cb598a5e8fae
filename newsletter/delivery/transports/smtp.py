"""Mail by SMTP: persistent connections, and one round trip a message where the server announces PIPELINING.

Up to the final dot a lost connection means that the message was not taken. After the dot both sides own it until the reply is
there (RFC 1047), so a reply that is lost makes the letter unknown.
"""

from __future__ import annotations

import ssl

from newsletter.config import SmtpSettings
from newsletter.delivery.dkim import DkimSigner
from newsletter.delivery.letters import Letter
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.transports.port import Answer, AnswerKind, AnswerSink
from newsletter.delivery.transports.smtp_session import SmtpSession, open_session
from newsletter.delivery.transports.smtp_wire import ConnectionGone
from newsletter.errors import SettingsError, TransportError

LOST_BEFORE = "the connection was lost before the message was handed over"
LOST_AFTER = "the connection was lost after the message was handed over"


class SmtpTransport:
    """Sends through one mail server over ``connections`` lanes."""

    name = "smtp"
    group = 1
    batches_at_once = 1

    def __init__(self, settings: SmtpSettings, *, signer: DkimSigner | None = None) -> None:
        self._settings = settings
        self._signer = signer
        self.lanes = settings.connections
        self._context = None if settings.security == "none" else trusting(settings.ca_file)

    async def run_lane(self, bag: Mailbag, *, answer: AnswerSink) -> None:
        """Send letters over one connection after the other; raises TransportError when none can be opened."""
        session: SmtpSession | None = None
        try:
            while letters := await bag.take(1):
                if session is None:
                    try:
                        session = await open_session(self._settings, self._context)
                    except TransportError:
                        answer(letters[0], Answer(AnswerKind.NOT_SENT, "no connection to the mail server"))
                        raise
                if not await self._send_while_there_is_mail(session, letters[0], bag, answer):
                    session.wire.abort()
                    session = None
                elif session.messages >= self._settings.messages_per_connection:
                    await session.quit()
                    session = None
        finally:
            if session is not None:
                await session.quit()

    async def _send_while_there_is_mail(self, session: SmtpSession, first: Letter, bag: Mailbag, answer: AnswerSink) -> bool:
        """Send ``first`` and what the bag holds at the moment; say whether the session can be used again."""
        letter: Letter | None = first
        written = False
        while letter is not None:
            try:
                refusal = await session.envelope_refused(letter, written=written)
            except ConnectionGone:
                # An idle connection that the server has closed meanwhile is no fault of the letter's.
                kind = AnswerKind.NOT_SENT if session.messages else AnswerKind.RETRYABLE
                answer(letter, Answer(kind, LOST_BEFORE))
                return False
            if refusal is not None:
                answer(letter, refusal)
                return refusal.kind is not AnswerKind.THROTTLED
            following = self._following(session, bag)
            if not await self._hand_over(session, letter, following, answer):
                return False
            letter, written = following, True
        return True

    def _following(self, session: SmtpSession, bag: Mailbag) -> Letter | None:
        """Take the letter whose envelope may ride with this message."""
        last = session.messages + 1 >= self._settings.messages_per_connection
        return None if last or not session.pipelining else bag.take_now()

    async def _hand_over(self, session: SmtpSession, letter: Letter, following: Letter | None, answer: AnswerSink) -> bool:
        """Send the message and answer for it; say whether the session goes on. If not, ``following`` is answered too."""
        try:
            session.write_message(letter, following)
        except ConnectionGone:
            verdict, goes_on = Answer(AnswerKind.RETRYABLE, LOST_BEFORE), False
        else:
            try:
                verdict = (await session.reply_to_message()).judge()
                goes_on = verdict.kind is not AnswerKind.THROTTLED
            except ConnectionGone:
                verdict, goes_on = Answer(AnswerKind.UNKNOWN, LOST_AFTER), False
        answer(letter, verdict)
        if following is not None and not goes_on:
            answer(following, Answer(AnswerKind.NOT_SENT, LOST_BEFORE))
        return goes_on


def trusting(ca_file: str) -> ssl.SSLContext:
    """Make a TLS context that verifies; ``ca_file`` replaces the system's authorities. Raises SettingsError."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise SettingsError(f"delivery's ca_file {ca_file} cannot be read as certificates ({error.strerror or error}).") from None

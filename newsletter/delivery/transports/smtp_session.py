"""An open SMTP session: greeting, TLS, sign-in (RFC 5321, 3207, 4954), and the envelope of one message after the other."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import os
import ssl
from typing import Final

from newsletter.config import SmtpSettings
from newsletter.delivery.letters import Letter
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.delivery.transports.smtp_wire import ConnectionGone, Reply, SmtpWire
from newsletter.errors import TransportError

NO_EHLO: Final = {500, 501, 502, 504, 550}
"""Replies of servers that know HELO only (RFC 5321, 4.1.4)."""


LONGEST_GOODBYE: Final = 2.0
"""Seconds."""


class SmtpSession:
    """Speaks to one server. ``messages`` counts the messages that were handed to it."""

    def __init__(self, wire: SmtpWire, extensions: dict[str, str]) -> None:
        self.wire = wire
        self.pipelining = "PIPELINING" in extensions
        self.messages = 0

    async def envelope_refused(self, letter: Letter, *, written: bool) -> Answer | None:
        """Wait until the server asks for the message; give its refusal otherwise, with the session ready for another.

        ``written``: the envelope is on its way already. Raises ConnectionGone.
        """
        mail, rcpt, data = await self._replies_to_envelope(letter, written=written)
        refusing = next((reply for reply in (mail, rcpt) if not reply.accepts), None)
        if refusing is None and data.code == 354:
            if not self.wire.quiet:  # what came too early would be taken for the answer to the message
                raise ConnectionGone
            return None
        if data.code == 354:
            # RFC 2920, 3.1: nobody to send to, and yet the server waits for a message; an empty one ends it.
            self.wire.write(b".\r\n")
            await self.wire.reply()
        answer = (refusing or data).judge()
        if answer.kind is AnswerKind.ACCEPTED:
            raise ConnectionGone
        if refusing is mail and answer.kind is AnswerKind.FINAL:
            answer = Answer(AnswerKind.POLICY, f"{answer.reason}, the sender refused")
        if answer.kind is not AnswerKind.THROTTLED:
            await self.command(b"RSET\r\n")
        return answer

    def write_message(self, letter: Letter, following: Letter | None) -> None:
        """Send the message and its final dot, and with it the envelope of the letter that follows (RFC 2920, 3.1)."""
        message = letter.to_bytes()
        if b"\r\n." in message or message.startswith(b"."):
            message = (b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:]
        end = b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"
        self.messages += 1
        self.wire.write(b"".join((message, end, *(self._envelope(following) if following else ()))))

    async def reply_to_message(self) -> Reply:
        """Wait for the answer to a final dot; raises ConnectionGone when there is none that makes sense."""
        reply = await self.wire.reply()
        if 300 <= reply.code < 400:
            raise ConnectionGone
        return reply

    async def command(self, line: bytes) -> Reply:
        """Send one command and give its reply; raises ConnectionGone for one that is no 2xx or 3xx."""
        self.wire.write(line)
        reply = await self.wire.reply()
        if reply.code >= 400:
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

    async def _replies_to_envelope(self, letter: Letter, *, written: bool) -> tuple[Reply, Reply, Reply]:
        """Give the replies to MAIL, RCPT and DATA; one that refuses stands for those that were then not asked for."""
        if self.pipelining:
            if not written:
                # MAIL, RCPT and DATA together: one round trip (RFC 2920, 3.1).
                self.wire.write(b"".join(self._envelope(letter)))
            return await self.wire.reply(), await self.wire.reply(), await self.wire.reply()
        replies: list[Reply] = []
        for command in self._envelope(letter):
            self.wire.write(command)
            replies.append(await self.wire.reply())
            if replies[-1].code >= 400:
                break
        mail, rcpt, data = (replies + [replies[-1]] * 2)[:3]
        return mail, rcpt, data

    def _envelope(self, letter: Letter) -> tuple[bytes, bytes, bytes]:
        mail = f"MAIL FROM:<{letter.envelope_from}>\r\n".encode("ascii")
        return mail, f"RCPT TO:<{letter.address}>\r\n".encode("ascii"), b"DATA\r\n"


async def open_session(settings: SmtpSettings, context: ssl.SSLContext | None) -> SmtpSession:
    """Connect, secure the connection as the settings ask, sign in. Raises TransportError with what to do about it."""
    where = f"{settings.host}:{settings.port}"
    wire = SmtpWire(timeout_seconds=settings.timeout_seconds)
    try:
        return await _greet(settings, context, wire)
    except TransportError:
        wire.abort()
        raise
    except ssl.SSLError as error:
        wire.abort()
        raise TransportError(
            f"The TLS certificate of {where} is not trusted or TLS fails ({error.reason or error}). "
            "Check delivery.smtp.host, security and ca_file."
        ) from None
    except (ConnectionGone, TimeoutError) as error:
        wire.abort()
        raise TransportError(f"The mail server {where} does not answer as one should. It is tried again later.") from error
    except OSError as error:
        wire.abort()
        # asyncio's own strerror repeats the address as a tuple.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or error
        raise TransportError(f"No connection to the mail server {where} ({reason}). It is tried again later.") from None


async def _greet(settings: SmtpSettings, context: ssl.SSLContext | None, wire: SmtpWire) -> SmtpSession:
    loop = asyncio.get_running_loop()
    implicit = context if settings.security == "tls" else None
    async with asyncio.timeout(settings.timeout_seconds):
        await loop.create_connection(
            lambda: wire, settings.host, settings.port, ssl=implicit, server_hostname=settings.host if implicit else None
        )
    _expect(await wire.reply(), settings, "does not want to talk to us")
    extensions = await _hello(settings, wire)
    if settings.security == "starttls":
        if "STARTTLS" not in extensions:
            raise TransportError(f"{settings.host} offers no STARTTLS. Set delivery.smtp.security to what it does offer.")
        wire.write(b"STARTTLS\r\n")
        _expect(await wire.reply(), settings, "refuses STARTTLS")
        if not wire.quiet:  # somebody slipped in plain text that would count as secured (CVE-2011-0411)
            raise ConnectionGone
        assert context is not None
        secured = await loop.start_tls(
            wire.transport, wire, context, server_hostname=settings.host, ssl_handshake_timeout=settings.timeout_seconds
        )
        if secured is None:
            raise ConnectionGone
        wire.connection_made(secured)
        extensions = await _hello(settings, wire)
    if settings.username:
        await _sign_in(settings, wire, extensions)
    return SmtpSession(wire, extensions)


async def _hello(settings: SmtpSettings, wire: SmtpWire) -> dict[str, str]:
    """Introduce ourselves by our address (RFC 5321, 4.1.3) and give the extensions that the server announces."""
    own = ipaddress.ip_address(str(wire.transport.get_extra_info("sockname")[0]).partition("%")[0])
    literal = f"[IPv6:{own}]" if own.version == 6 else f"[{own}]"
    wire.write(f"EHLO {literal}\r\n".encode())
    reply = await wire.reply()
    if reply.code in NO_EHLO:
        wire.write(f"HELO {literal}\r\n".encode())
        _expect(await wire.reply(), settings, "refuses HELO")
        return {}
    _expect(reply, settings, "refuses EHLO")
    words = [line.partition(" ") for line in reply.lines[1:]]
    return {keyword.upper(): values.upper() for keyword, _, values in words}


async def _sign_in(settings: SmtpSettings, wire: SmtpWire, extensions: dict[str, str]) -> None:
    peer = ipaddress.ip_address(str(wire.transport.get_extra_info("peername")[0]).partition("%")[0])
    if settings.security == "none" and not peer.is_loopback:
        raise TransportError(
            f"The password for {settings.host} would travel readable by everybody. Set delivery.smtp.security to tls or starttls."
        )
    offered = extensions.get("AUTH", "").split()
    name, password = settings.username, settings.password.get_secret_value()
    if "PLAIN" in offered:
        wire.write(b"AUTH PLAIN " + base64.b64encode(f"\0{name}\0{password}".encode()) + b"\r\n")
        reply = await wire.reply()
    elif "LOGIN" in offered:
        for line in (b"AUTH LOGIN", base64.b64encode(name.encode()), base64.b64encode(password.encode())):
            wire.write(line + b"\r\n")
            reply = await wire.reply()
            if reply.code >= 400:
                break
    else:
        raise TransportError(
            f"{settings.host} offers no sign-in that is known here (PLAIN, LOGIN). Unset delivery.smtp.username."
        )
    if reply.code >= 400:
        raise TransportError(
            f"{settings.host} refuses delivery.smtp.username and its password ({reply.status}). Correct them; sending goes on "
            "by itself."
        )


def _expect(reply: Reply, settings: SmtpSettings, complaint: str) -> None:
    if not reply.accepts:
        raise TransportError(
            f"The mail server {settings.host}:{settings.port} {complaint} ({reply.status}). It is tried again later."
        )

"""Opening an SMTP session: greeting, TLS and sign-in (RFC 5321, 3207, 4954), each with what to do where it fails."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import os
import ssl
from typing import Final

from newsletter.delivery.transports.smtp_reply import Reply
from newsletter.delivery.transports.smtp_session import SmtpSession
from newsletter.delivery.transports.smtp_wire import ConnectionGone, SmtpWire
from newsletter.errors import SettingsError, TransportError
from newsletter.settings import SmtpSettings

NO_EHLO: Final = {500, 501, 502, 504, 550}
"""Replies of servers that know HELO only (RFC 5321, 4.1.4)."""

PATIENCE_AFTER_MESSAGE: Final = 10
"""The reply to a final dot may take ten times as long as any other, unless told (RFC 5321, 4.5.3.2.6: ten minutes): who gives up
early does not know what became of the message."""


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
    final_timeout = settings.final_timeout_seconds or settings.timeout_seconds * PATIENCE_AFTER_MESSAGE
    return SmtpSession(wire, extensions, final_timeout=final_timeout)


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
    # "AUTH=PLAIN" is how servers of the nineties write "AUTH PLAIN"; a bare keyword may be followed by blanks.
    words = [line.upper().replace("AUTH=", "AUTH ").strip().partition(" ") for line in reply.lines[1:]]
    extensions: dict[str, str] = {}
    for keyword, _, values in words:
        extensions[keyword] = f"{extensions.get(keyword, '')} {values}".strip()
    return extensions


async def _sign_in(settings: SmtpSettings, wire: SmtpWire, extensions: dict[str, str]) -> None:
    peer = ipaddress.ip_address(str(wire.transport.get_extra_info("peername")[0]).partition("%")[0])
    if settings.security == "none" and not peer.is_loopback:
        raise TransportError(
            f"The password for {settings.host} would travel readable by everybody. Set delivery.smtp.security to tls or starttls."
        )
    offered = extensions.get("AUTH", "").split()
    name, password = settings.username, settings.password.get_secret_value()
    if "PLAIN" in offered:
        reply = await _say(wire, b"AUTH PLAIN " + base64.b64encode(f"\0{name}\0{password}".encode()))
    elif "LOGIN" in offered:
        reply = await _say(wire, b"AUTH LOGIN")
        for answer in (name, password):
            if reply.code == 334:
                reply = await _say(wire, base64.b64encode(answer.encode()))
    else:
        raise TransportError(
            f"{settings.host} offers no sign-in that is known here (PLAIN, LOGIN). Unset delivery.smtp.username."
        )
    if reply.code >= 500:
        raise TransportError(
            f"{settings.host} refuses delivery.smtp.username and its password ({reply.status}). Correct them; sending goes on "
            "by itself."
        )
    # 454, 432: it cannot look us up at present (RFC 4954, 4.7 and 6).
    _expect(reply, settings, "does not sign us in")


async def _say(wire: SmtpWire, line: bytes) -> Reply:
    wire.write(line + b"\r\n")
    return await wire.reply()


def _expect(reply: Reply, settings: SmtpSettings, complaint: str) -> None:
    if not reply.accepts:
        raise TransportError(
            f"The mail server {settings.host}:{settings.port} {complaint} ({reply.status}). It is tried again later."
        )


def trusting(ca_file: str) -> ssl.SSLContext:
    """Make a TLS context that verifies; ``ca_file`` replaces the system's authorities. Raises SettingsError."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise SettingsError(f"delivery's ca_file {ca_file} cannot be read as certificates ({error.strerror or error}).") from None

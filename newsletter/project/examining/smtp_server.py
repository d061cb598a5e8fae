"""The mail server: everything up to the point where a mail would begin. It ends with RSET and QUIT; nothing is sent."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from newsletter.config import Config
from newsletter.delivery.transports.smtp import trusting
from newsletter.errors import SettingsError
from newsletter.project.examining.diagnosis import Diagnosis, ok, problem, skipped, warning
from newsletter.project.examining.own_settings import is_of_this_machine
from newsletter.project.examining.tls import examine_certificate
from newsletter.settings import SmtpSettings

SMALLEST_SIZE: Final = 200_000
"""Octets: a mail has a few ten thousand, and pictures are not in it."""

MOST_DIGITS: Final = 20
"""Of a limit on sizes (RFC 1870, 4)."""

CONNECT: Final = "smtp.connect"

_BY_HAND: Final = {
    "none": "nc -v {host} {port}",
    "starttls": "openssl s_client -starttls smtp -connect {host}:{port}",
    "tls": "openssl s_client -connect {host}:{port}",
}


def examine_smtp(config: Config, *, timeout: float, now: datetime) -> Iterator[Diagnosis]:
    """Connect as a send does, sign in, and ask whether our sender is taken."""
    settings = config.delivery.smtp
    where = f"{settings.host}:{settings.port}"
    try:
        context = None if settings.security == "none" else trusting(settings.ca_file)
        server = _open(settings, context, timeout=timeout)
    except SettingsError as error:
        yield problem(CONNECT, str(error), "In newsletter.toml: [delivery.smtp] ca_file, or leave it out.")
        return
    except ssl.SSLCertVerificationError as error:
        yield problem(
            CONNECT,
            f"The certificate of {where} does not hold: {error.verify_message}.",
            "Write the name that the certificate is for in [delivery.smtp] host; for an authority of your own, ca_file.",
        )
        return
    except smtplib.SMTPNotSupportedError:
        yield problem(
            CONNECT,
            f"{where} does not offer STARTTLS.",
            'In newsletter.toml: [delivery.smtp] security = "tls" with port 465, or ask whoever runs the server.',
        )
        return
    except (OSError, smtplib.SMTPException) as error:
        yield problem(
            CONNECT,
            f"{where} does not answer as a mail server ({_plainly(error)}).",
            "Look at [delivery.smtp] host, port and security in newsletter.toml; does a firewall stand between? "
            f"Try: {_BY_HAND[settings.security].format(host=settings.host, port=settings.port)}",
        )
        return
    try:
        yield _safe_connection(settings)
        if isinstance(server.sock, ssl.SSLSocket):
            yield examine_certificate("smtp.certificate", server.sock.getpeercert(), whose=where, now=now)
        signed_in = _sign_in(server, settings)
        yield signed_in
        yield _extensions(server)
        if signed_in.mend:
            yield skipped("smtp.sender", "Without signing in the server says nothing of it.")
        else:
            yield _sender(server, config)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def _open(settings: SmtpSettings, context: ssl.SSLContext | None, *, timeout: float) -> smtplib.SMTP:
    server: smtplib.SMTP
    if settings.security == "tls":
        server = smtplib.SMTP_SSL(settings.host, settings.port, timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=timeout)
    try:
        server.ehlo_or_helo_if_needed()
        if settings.security == "starttls":
            server.starttls(context=context)
            server.ehlo()
    except (OSError, smtplib.SMTPException):
        server.close()
        raise
    return server


def _safe_connection(settings: SmtpSettings) -> Diagnosis:
    where = f"{settings.host}:{settings.port}"
    if settings.security != "none":
        return ok(CONNECT, f"{where} answers, over {settings.security}.")
    if settings.username:
        return problem(
            CONNECT,
            f"The password would go to {where} in clear.",
            'In newsletter.toml: [delivery.smtp] security = "starttls".',
        )
    if not is_of_this_machine(f"smtp://{settings.host}"):
        return warning(
            CONNECT,
            f"Mail goes to {where} in clear: whoever stands between can read who reads this letter.",
            'In newsletter.toml: [delivery.smtp] security = "starttls".',
        )
    return ok(CONNECT, f"{where} answers, on this machine or its own network.")


def _sign_in(server: smtplib.SMTP, settings: SmtpSettings) -> Diagnosis:
    check = "smtp.sign-in"
    if not settings.username:
        return skipped(check, "No username is set; the server takes our mail for who we are, or not at all.")
    if settings.security == "none":
        return problem(check, "The password was not shown to a server without TLS.", 'Set security = "starttls" first.')
    try:
        server.login(settings.username, settings.password.get_secret_value())
    except smtplib.SMTPAuthenticationError as error:
        return problem(
            check,
            f"The server refuses the password of {settings.username} ({error.smtp_code}).",
            "Set NEWSLETTER_DELIVERY__SMTP__PASSWORD anew, and look at [delivery.smtp] username.",
        )
    except (OSError, smtplib.SMTPException) as error:
        return problem(check, f"Signing in fails ({_plainly(error)}).", "Ask whoever runs the server how one signs in there.")
    return ok(check, f"{settings.username} is signed in.")


def _extensions(server: smtplib.SMTP) -> Diagnosis:
    check = "smtp.extensions"
    limit = server.esmtp_features.get("size", "")
    size = int(limit) if limit.isdecimal() and len(limit) <= MOST_DIGITS else 0
    if 0 < size < SMALLEST_SIZE:
        return problem(check, f"The server takes mails of {size:,} octets at most.", "Ask whoever runs it for 10 MB.")
    missing = [name.upper() for name in ("pipelining", "8bitmime") if not server.has_extn(name)]
    if missing:
        return warning(check, f"The server has no {' and no '.join(missing)}: sending takes longer.", "Nothing has to be done.")
    return ok(check, "PIPELINING and 8BITMIME" + (f", mails up to {size:,} octets." if size else "."))


def _sender(server: smtplib.SMTP, config: Config) -> Diagnosis:
    """Name our sender, and take it back: no recipient is named (RFC 5321, 4.1.1.5)."""
    delivery = config.delivery
    sender = delivery.bounces.address or delivery.envelope_from or config.newsletter.from_address
    try:
        code, said = server.mail(sender)
        server.rset()
    except (OSError, smtplib.SMTPException) as error:
        return problem("smtp.sender", f"The connection ended at the sender {sender} ({_plainly(error)}).", "Try again later.")
    if code >= 400:
        return problem(
            "smtp.sender",
            f"The server refuses the sender {sender}: {code} {_words_of(said)}".strip(),
            "Have it allow this sender, or set delivery.envelope_from or delivery.bounces.address to one that it allows.",
        )
    return ok("smtp.sender", f"The server takes the sender {sender}.")


def _words_of(said: bytes) -> str:
    """Give the first line, without what a terminal would obey."""
    line = (said.decode("ascii", "replace").splitlines() or [""])[0]
    return "".join(character if character.isprintable() else " " for character in line).strip()


def _plainly(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case socket.gaierror():
            return "its name was not found"
        case smtplib.SMTPResponseException():
            return f"it said {error.smtp_code}"
        case OSError() if error.strerror:
            return error.strerror
        case _:
            return type(error).__name__

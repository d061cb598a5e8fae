"""The anchor: mail as most programs make and send it: Jinja, EmailMessage, perhaps dkimpy, and smtplib, for each recipient."""

from __future__ import annotations

import smtplib
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final

import dkim
from jinja2 import Environment

from benchmarks.smtp_newsletter import SELECTOR, SIGNING_DOMAIN
from newsletter.rendering.edition import Edition
from newsletter.rendering.merge import fill

SIGNED_HEADERS: Final = [
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
]


class MailByHand:
    """Renders, builds and sends one mail after the other over one kept connection."""

    def __init__(self, edition: Edition, date: datetime, *, key_file: Path) -> None:
        self._key = key_file.read_bytes()
        self._subject = edition.subject
        self._date = format_datetime(date)
        self._html = Environment(autoescape=True).from_string(_as_jinja(edition.html))
        self._text = Environment(autoescape=False).from_string(_as_jinja(edition.text))  # noqa: S701 - plain text

    def send(self, port: int, *, messages: int) -> None:
        """Send so many."""
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
            for number in range(messages):
                server.send_message(self._mail(number))

    def send_signed(self, port: int, *, messages: int) -> None:
        """Send so many, signed as ours are: relaxed/relaxed, with the same headers."""
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
            for number in range(messages):
                mail = self._mail(number)
                content = mail.as_bytes(policy=SMTP)
                signature = dkim.sign(
                    content,
                    SELECTOR.encode(),
                    SIGNING_DOMAIN.encode(),
                    self._key,
                    canonicalize=(b"relaxed", b"relaxed"),
                    include_headers=SIGNED_HEADERS,
                )
                server.sendmail(str(mail["From"]), [str(mail["To"])], signature + content)

    def _mail(self, number: int) -> EmailMessage:
        reader = {
            "first_name": f"Name{number}",
            "address": f"reader{number}@example.org",
            "manage_url": f"https://n.metsmatters.example/m/{number:034}",
            "unsubscribe_url": f"https://n.metsmatters.example/u/{number:034}",
        }
        mail = EmailMessage()
        mail["From"], mail["To"] = "letter@metsmatters.example", reader["address"]
        mail["Subject"], mail["Date"] = self._subject, self._date
        mail["Message-ID"] = f"<{number:032x}@metsmatters.example>"
        mail["List-Unsubscribe"] = f"<{reader['unsubscribe_url']}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(self._text.render(reader))
        mail.add_alternative(self._html.render(reader), subtype="html")
        return mail


def _as_jinja(text: str) -> str:
    """Write our merge tokens as a template would."""
    return fill(text, lambda field: "{{ " + field.name + " }}")

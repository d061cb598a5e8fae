"""The headers of a mail: what is the same for everybody, and what a SendGrid personalisation needs for itself."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from newsletter.config import Config

LONGEST_ENCODED_WORD = 75
"""RFC 2047, section 2."""

ONE_CLICK = "List-Unsubscribe=One-Click"
"""The one field of a one-click POST (RFC 8058, 3.1)."""

SERVICE_HEADERS: Final[Mapping[str, str]] = {"Auto-Submitted": "auto-generated"}
"""RFC 3834, 5: a program wrote it, not in answer to a mail."""

SAFE_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
SAFE_URL = re.compile(r"https?://[!-;=?-~]+")
SAFE_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")


@dataclass(frozen=True, slots=True)
class SenderHeaders:
    """Who a mail is from, and who gets the answers."""

    from_name: str
    from_address: str
    reply_to: str


@dataclass(frozen=True, slots=True)
class ServiceHeaders(SenderHeaders):
    """What the headers of every service mail say: it belongs to no list, and no vacation notice should answer it."""

    @classmethod
    def of(cls, config: Config) -> ServiceHeaders:
        """Take the headers from the settings."""
        settings = config.newsletter
        return cls(from_name=settings.from_name, from_address=settings.from_address, reply_to=settings.reply_to)


@dataclass(frozen=True, slots=True)
class MailHeaders(SenderHeaders):
    """What the headers of every mail of an issue say; ``list_id`` is without angle brackets (RFC 2919)."""

    list_id: str
    list_name: str
    archive_url: str
    help_url: str

    @classmethod
    def of(cls, config: Config) -> MailHeaders:
        """Take the headers from the settings."""
        settings = config.newsletter
        return cls(
            from_name=settings.from_name,
            from_address=settings.from_address,
            reply_to=settings.reply_to,
            list_id=settings.list_id,
            list_name=settings.name,
            archive_url=f"{config.web.base_url}/issues/",
            help_url=settings.home_page,
        )


def list_headers(headers: MailHeaders, unsubscribe_url: str) -> dict[str, str]:
    """Give the list headers of one mail (RFC 2369, 2919, 8058). Raises ValueError when the link cannot stand in a header."""
    require_link(unsubscribe_url)
    personal = {"List-Unsubscribe": f"<{unsubscribe_url}>", "List-Unsubscribe-Post": ONE_CLICK}
    return {**_same_list_headers(headers), **personal}


def kind_headers(headers: SenderHeaders, unsubscribe_url: str) -> dict[str, str]:
    """Give the headers that say what kind of mail this is: those of a list, or of a service mail. Raises ValueError as above."""
    return list_headers(headers, unsubscribe_url) if isinstance(headers, MailHeaders) else dict(SERVICE_HEADERS)


def service_headers(address: str, *, message_id: str, date: str) -> bytes:
    """Give the headers that differ from one service mail to the next, as ``personal_headers`` does for an issue's."""
    require_address(address)
    _require_message_id(message_id)
    return f"To: {address}\r\nDate: {date}\r\nMessage-ID: {message_id}\r\n".encode("ascii")


def personal_headers(address: str, unsubscribe_url: str, *, message_id: str, date: str) -> bytes:
    """Give the headers that differ from mail to mail, each line ended by CRLF. Raises ValueError, which names nobody."""
    require_address(address)
    require_link(unsubscribe_url)
    _require_message_id(message_id)
    return (
        f"To: {address}\r\nDate: {date}\r\nMessage-ID: {message_id}\r\n"
        f"List-Unsubscribe: <{unsubscribe_url}>\r\nList-Unsubscribe-Post: {ONE_CLICK}\r\n"
    ).encode("ascii")


def same_headers(headers: SenderHeaders, *, subject: str, boundary: str) -> bytes:
    """Give the headers that every mail of an edition has, or a service mail, each line ended by CRLF."""
    for address in (headers.from_address, headers.reply_to):
        require_address(address)
    lines = {
        "From": f"{_phrase(headers.from_name, taken=len('From: '))} <{headers.from_address}>",
        "Reply-To": headers.reply_to,
        "Subject": encode_header_text(subject, taken=len("Subject: ")),
        **(_same_list_headers(headers) if isinstance(headers, MailHeaders) else SERVICE_HEADERS),
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative;\r\n boundary="{boundary}"',
    }
    return "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode("ascii")


def require_address(address: str) -> None:
    """Raise ValueError unless the address can stand in a header; the message does not repeat it."""
    if not SAFE_ADDRESS.fullmatch(address):
        raise ValueError("this address cannot stand in a mail header")


def _require_message_id(message_id: str) -> None:
    if not SAFE_MESSAGE_ID.fullmatch(message_id):
        raise ValueError(f"{message_id!r} is no Message-ID")


def require_link(url: str) -> None:
    """Raise ValueError unless the link can stand in a header; the message does not repeat it."""
    if not SAFE_URL.fullmatch(url):
        raise ValueError("this unsubscribe link cannot stand in a mail header")


def encode_header_text(text: str, *, taken: int) -> str:
    """Encode unstructured text for a header: as it is where that is safe, else as RFC 2047 encoded words on folded lines.

    ``taken`` is the width of what stands before it on the line. Line breaks and control characters become spaces.
    """
    text = " ".join(
        "".join(" " if ord(character) < 32 or ord(character) == 127 else character for character in text).split(" ")
    ).strip()
    if text.isascii() and "=?" not in text and taken + len(text) <= 76:
        return text
    return _encoded_words(text, taken)


def _same_list_headers(headers: MailHeaders) -> dict[str, str]:
    for url in (headers.help_url, headers.archive_url):
        if not SAFE_URL.fullmatch(url):
            raise ValueError(f"{url!r} cannot stand in a mail header")
    return {
        "List-Id": f"{_phrase(headers.list_name, taken=len('List-Id: '))} <{headers.list_id}>",
        "List-Help": f"<{headers.help_url}>",
        "List-Archive": f"<{headers.archive_url}>",
        "Precedence": "bulk",
    }


def _phrase(name: str, *, taken: int) -> str:
    """Write a display name (RFC 5322, 3.2.5): bare words, a quoted string, or encoded words."""
    text = encode_header_text(name, taken=taken)
    if text.startswith("=?") or re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+", text):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _encoded_words(text: str, taken: int) -> str:
    words, chunk = [], b""
    room = LONGEST_ENCODED_WORD - len("=?utf-8?b??=") - taken
    for character in text:
        data = character.encode("utf-8", "replace")
        if chunk and (len(chunk) + len(data) + 2) // 3 * 4 > room:
            words.append(chunk)
            chunk, room = b"", LONGEST_ENCODED_WORD - len("=?utf-8?b??=")
        chunk += data
    words.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words)

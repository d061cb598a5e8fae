"""The parts of a multipart/report (RFC 6522), out of mail that anybody may have written."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_string
from email.message import Message

RETURNED = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)
"""What a report returns of the mail that it is about."""


def find_part(message: Message, content_type: str) -> Message | None:
    """Find the first part of a type, outside of what is returned."""
    return next((part for part in _outer_parts(message) if part.get_content_type() == content_type), None)


def field_blocks(part: Message) -> list[Message]:
    """Give the groups of fields of a message/delivery-status or message/feedback-report part."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, Message) and block.keys()]
    return [block for text in text_of(part).replace("\r\n", "\n").split("\n\n") if (block := message_from_string(text)).keys()]


def returned_messages(message: Message) -> Iterator[Message]:
    """Give what is returned of other mails: the whole of them, or their headers."""
    for part in _outer_parts(message):
        if part.get_content_type() not in RETURNED:
            continue
        payload = part.get_payload()
        if isinstance(payload, list):
            yield from (inner for inner in payload if isinstance(inner, Message))
        else:
            yield message_from_string(text_of(part))


def text_of(part: Message) -> str:
    """Give a part's text as far as it can be read; every byte becomes a character."""
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def said_in(message: Message) -> str:
    """Give the words of a message that is no report: its text parts, one after the other."""
    parts = (part for part in _outer_parts(message) if part.get_content_type() in {"text/plain", "text/html"})
    return "\n".join(text_of(part) for part in parts)


def _outer_parts(message: Message) -> Iterator[Message]:
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting += (inner for inner in reversed(payload) if isinstance(inner, Message))

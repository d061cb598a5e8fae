"""Which of our mails a message speaks of: by the key in the address it came to, else by the Message-ID of what it returns.

A key is 128 random bits that only whoever held the mail can know. Nothing else in a message decides whom it is about: addresses
in it are whatever its writer put there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from functools import cached_property
from typing import Final

KEY: Final = re.compile(r"[0-9a-f]{32}")

CAME_TO: Final = ("Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To", "X-Envelope-To", "Resent-To", "To", "Cc")
"""Headers that name the envelope's recipient or repeat it, those that our own server writes first."""


@dataclass(frozen=True)
class OwnMail:
    """How our mails can be told. ``address`` is that of bounces, without a key, or empty; ``domain`` ends our Message-IDs."""

    address: str
    domain: str

    @cached_property
    def _to_us(self) -> re.Pattern[str]:
        local, _, domain = self.address.rpartition("@")
        named = rf"{re.escape(local)}\+([0-9a-f]{{32}})@{re.escape(domain)}"
        return re.compile(rf"(?<![^\s<,;:\"'(]){named}(?![\w.-])", re.IGNORECASE)

    @cached_property
    def _message_id(self) -> re.Pattern[str]:
        return re.compile(rf"<([0-9a-f]{{32}})@{re.escape(self.domain)}>", re.IGNORECASE)

    @cached_property
    def _quoted_message_id(self) -> re.Pattern[str]:
        return re.compile(rf"^[> \t]*Message-ID:\s*{self._message_id.pattern}", re.IGNORECASE | re.MULTILINE)

    def find_key_in_address(self, text: str) -> str | None:
        """Find the key in what may be an envelope address of ours."""
        found = self._to_us.search(text) if self.address else None
        return found and found[1].lower()

    def find_key_in_message_id(self, text: str) -> str | None:
        """Find the key in a Message-ID's value."""
        found = self._message_id.search(text)
        return found and found[1].lower()

    def find_key_in_field(self, name: str, value: str) -> str | None:
        """Find the key in a field of a report: Original-Envelope-Id is the key alone (RFC 3464, 2.2.1)."""
        if name.lower() == "original-envelope-id" and (found := KEY.fullmatch(value.strip().lower())):
            return found[0]
        return self.find_key_in_address(value) or self.find_key_in_message_id(value)

    def find_quoted_key(self, text: str) -> str | None:
        """Find the key in text that quotes a header of the mail that it is about."""
        found = self._quoted_message_id.search(text)
        return found and found[1].lower()

    def find_key_by_recipient(self, message: Message) -> str | None:
        """Find the key in the address that a message came to."""
        values = (str(value) for name in CAME_TO for value in message.get_all(name, ()))
        return next((key for value in values if (key := self.find_key_in_address(value))), None)

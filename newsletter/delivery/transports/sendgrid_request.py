"""The body of SendGrid's v3 ``/mail/send`` call: one variant, up to 1,000 people, nobody's data but what the mail shows.

Merge fields travel as substitutions, under one tag for the HTML part, whose values are escaped, and another for the text part.
Tracking is off in every request. Custom arguments are kept by SendGrid for long and in clear: ours is the delivery key alone.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from newsletter.authoring.issue import MergeField
from newsletter.delivery.letters import Letter, LetterForm
from newsletter.rendering.mail_headers import kind_headers
from newsletter.rendering.merge import Personal, fill, split_at_merge_tokens

MOST_PERSONALIZATIONS: Final = 1_000
"""docs.sendgrid.com/api-reference/mail-send/limitations, as the next two."""

MOST_SUBSTITUTION_BYTES: Final = 10_000
MOST_BYTES: Final = 30_000_000

CUSTOM_ARGUMENT: Final = "delivery"
"""Comes back with every event."""


@dataclass(frozen=True, eq=False)
class SendgridForm:
    """What all requests of one variant share; none names its topics."""

    form: LetterForm
    sandbox: bool

    @cached_property
    def constant(self) -> dict[str, Any]:
        """Everything but the personalizations."""
        edition, variant, headers = self.form.edition, self.form.variant, self.form.headers
        off = {"enable": False}
        return {
            "from": {"email": headers.from_address, "name": headers.from_name},
            "reply_to": {"email": headers.reply_to},
            "subject": edition.subject,
            "content": [
                {"type": "text/plain", "value": fill(variant.text, self._text_tag)},
                {"type": "text/html", "value": fill(variant.html, self._html_tag)},
            ],
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": off,
                "subscription_tracking": off,
                "ganalytics": off,
            },
            "mail_settings": {"sandbox_mode": {"enable": self.sandbox}},
        }

    def personalization(self, letter: Letter) -> dict[str, Any]:
        """Give one person's part."""
        headers = {**kind_headers(self.form.headers, letter.personal.unsubscribe_url), "Message-ID": letter.message_id}
        return {
            "to": [{"email": letter.address}],
            "headers": headers,
            "substitutions": self._substitutions(letter.personal),
            "custom_args": {CUSTOM_ARGUMENT: letter.key},
        }

    def body(self, personalizations: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Give the whole request."""
        return {**self.constant, "personalizations": personalizations}

    def _substitutions(self, personal: Personal) -> dict[str, str]:
        escaped = {self._html_tag(field): html.escape(personal.value(field)) for field in self._html_fields}
        return escaped | {self._text_tag(field): personal.value(field) for field in self._text_fields}

    @cached_property
    def _html_fields(self) -> list[MergeField]:
        return _fields(self.form.variant.html)

    @cached_property
    def _text_fields(self) -> list[MergeField]:
        return _fields(self.form.variant.text)

    def _html_tag(self, field: MergeField) -> str:
        return f"{self._mark}{field.name}_{self._html_fields.index(field)}_html-"

    def _text_tag(self, field: MergeField) -> str:
        return f"{self._mark}{field.name}_{self._text_fields.index(field)}_text-"

    @cached_property
    def _mark(self) -> str:
        """How a tag begins: something that the mail itself does not say."""
        mark = "-mm"
        while mark in self.form.variant.html or mark in self.form.variant.text:
            mark += "m"
        return f"{mark}_"


def why_not_taken(personalization: dict[str, Any]) -> str:
    """Say which of SendGrid's limits one person's part breaks; empty when it breaks none."""
    size = sum(len(tag.encode()) + len(value.encode()) for tag, value in personalization["substitutions"].items())
    return (
        f"its personal parts have {size} bytes, over SendGrid's {MOST_SUBSTITUTION_BYTES}"
        if size > MOST_SUBSTITUTION_BYTES
        else ""
    )


def _fields(text: str) -> list[MergeField]:
    return list(dict.fromkeys(part for part in split_at_merge_tokens(text) if isinstance(part, MergeField)))

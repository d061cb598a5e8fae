"""Merge tokens: where the personal parts of a mail will stand.

An edition's HTML and text carry ASCII tokens such as ``@@MM:first_name:667269656e64@@`` (the fallback in hex). Author text
cannot make one: ``@@MM`` in an issue is a finding. Only ASCII goes through MJML unharmed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.authoring.issue import MergeField

TOKEN = re.compile(r"@@MM:([a-z_]+):([0-9a-f]*)@@")


@dataclass(slots=True)  # not frozen: one is made for every mail, in a quarter of the time
class Personal:
    """The personal parts of one mail, as plain text. ``first_name`` is empty when it is not known."""

    first_name: str
    address: str
    manage_url: str
    unsubscribe_url: str

    def value(self, field: MergeField) -> str:
        """Give what stands at ``field``: the person's value, else the fallback."""
        value: str = getattr(self, field.name)
        return value or field.fallback


def merge_token(field: MergeField) -> str:
    """Write the token of a merge field."""
    return f"@@MM:{field.name}:{field.fallback.encode().hex()}@@"


def split_at_merge_tokens(text: str) -> tuple[str | MergeField, ...]:
    """Cut text into constant strings and merge fields, in order."""
    parts: list[str | MergeField] = []
    end = 0
    for match in TOKEN.finditer(text):
        parts += [text[end : match.start()], MergeField(match[1], bytes.fromhex(match[2]).decode())]
        end = match.end()
    return (*parts, text[end:])


def fill(text: str, value: Callable[[MergeField], str]) -> str:
    """Replace every merge token by what ``value`` gives for it; values are not looked at again."""
    return "".join(part if isinstance(part, str) else value(part) for part in split_at_merge_tokens(text))

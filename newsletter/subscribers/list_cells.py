"""What stands in the cells of a list that people and other programs filled: first names, and a JSON object of attributes."""

from __future__ import annotations

from typing import Final

import orjson

from newsletter.errors import AddressError
from newsletter.subscribers.addresses import looks_like_a_link, parse_first_name
from newsletter.subscribers.lists.formats import ListColumn

ATTRIBUTES: Final = {
    "locale": ListColumn.LANGUAGE,
    "lang": ListColumn.LANGUAGE,
    "language": ListColumn.LANGUAGE,
    "first_name": ListColumn.FIRST_NAME,
    "topics": ListColumn.TOPICS,
}
"""Names in a JSON object, and what they mean; of two that mean the same the later one counts."""


def listed_first_name(text: str, full_name: str) -> tuple[str, bool]:
    """Give the name, and whether one was left out: a person is not lost for a name that cannot stand in a mail."""
    try:
        name = parse_first_name(text or next(iter(full_name.split()), ""))
    except AddressError:
        return "", True
    return ("", True) if looks_like_a_link(name) else (name, False)


def listed_attributes(text: str) -> dict[ListColumn | None, str]:
    """Read what a JSON object says of language, first name and topics; nothing of one that is none."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    lower = {str(name).lower(): value for name, value in found.items()}
    read: dict[ListColumn | None, str] = {}
    for name, column in ATTRIBUTES.items():
        value = lower.get(name)
        if isinstance(value, list):
            value = ";".join(map(str, value))
        if isinstance(value, str):
            read[column] = value
    return read

"""Tags, one after the other, of markup that may be wrong: where each stands, and what cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_ATTRIBUTE = r"""[A-Za-z_:][\w:.-]*(?:\s*=\s*(?:"[^"<]*"|'[^'<]*'|[^\s"'<>]+))?"""
_PIECE = re.compile(
    rf"""<!--(?P<comment>.*?)-->|<(?P<slash>/?)(?P<name>[A-Za-z][\w:-]*)(?P<attributes>(?:\s+{_ATTRIBUTE})*)\s*(?P<empty>/?)>|<""",
    re.DOTALL,
)
_ONE_ATTRIBUTE = re.compile(
    r"""(?P<name>[A-Za-z_:][\w:.-]*)(?:\s*=\s*(?:"(?P<double>[^"<]*)"|'(?P<single>[^'<]*)'|(?P<bare>[^\s"'<>]+)))?"""
)
_BEGINNING = re.compile(r"</?([A-Za-z][\w:-]*)")


class Attribute(NamedTuple):
    """An attribute; ``quoted`` is false for a value without quotation marks."""

    name: str
    value: str
    quoted: bool
    offset: int


class Tag(NamedTuple):
    """A tag; ``closes`` that of ``</name>``, ``empty`` that of ``<name />``."""

    name: str
    attributes: tuple[Attribute, ...]
    closes: bool
    empty: bool
    offset: int


class Text(NamedTuple):
    """What stands between tags."""

    text: str
    offset: int


class Comment(NamedTuple):
    """What stands between ``<!--`` and ``-->``."""

    text: str
    offset: int


class Unreadable(NamedTuple):
    """A ``<`` that begins no whole tag; ``name`` is that of the tag it seems to begin, if any."""

    name: str
    closes: bool
    offset: int


def scan(markup: str) -> Iterator[Tag | Text | Comment | Unreadable]:
    """Give the pieces of markup in their order; no markup is refused. Offsets count characters from 0."""
    end = 0
    for match in _PIECE.finditer(markup):
        if text := markup[end : match.start()]:
            yield Text(text, end)
        end = match.end()
        if match["name"]:
            attributes = tuple(_attributes(match["attributes"], match.start("attributes")))
            yield Tag(match["name"], attributes, bool(match["slash"]), bool(match["empty"]), match.start())
        elif match["comment"] is not None:
            yield Comment(match["comment"], match.start())
        else:
            beginning = _BEGINNING.match(markup, match.start())
            name = beginning[1] if beginning else ""
            yield Unreadable(name, markup.startswith("</", match.start()), match.start())
    if text := markup[end:]:
        yield Text(text, end)


def _attributes(text: str, start: int) -> Iterator[Attribute]:
    for match in _ONE_ATTRIBUTE.finditer(text):
        value = match["double"] or match["single"] or match["bare"] or ""
        yield Attribute(match["name"], value, match["bare"] is None, start + match.start())

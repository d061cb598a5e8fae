"""Strings that come from outside, made harmless for one medium."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup

MARK = "@@MM"
"""What our own tokens begin with (newsletter.rendering.merge and mail_page)."""

WORD_JOINER = "\N{WORD JOINER}"
"""Takes no room and shows nothing."""

NOT_FOR_HTML = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane * 0x10000 + last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
"""Control characters, surrogates and noncharacters: parse errors by the HTML standard, and nothing that a reader sees."""


SPECIAL = re.compile("[&<>\"']")
REFERENCES = (("&", "&amp;"), (">", "&gt;"), ("<", "&lt;"), ("'", "&#39;"), ('"', "&#34;"))
"""What stands for the characters that mean something in HTML, as markupsafe writes them; the ampersand comes first."""


def defuse(text: str) -> str:
    """Break what would be read as a token of ours: authoring refuses it in an issue, but a registry's record is not ours."""
    if not text.isprintable():
        text = NOT_FOR_HTML.sub("", text)
    return text.replace(MARK, f"@@{WORD_JOINER}MM") if MARK in text else text


def html_text(text: str) -> Markup:
    """Escape text for HTML, as content or as a quoted attribute."""
    return Markup(escaped(text))  # noqa: S704 - it is escaped


def escaped(text: str) -> str:
    """Do the same for what becomes Markup later: making one costs more than escaping (measured 0.7 of 0.9 microseconds)."""
    text = defuse(text)
    if SPECIAL.search(text):
        for character, reference in REFERENCES:
            text = text.replace(character, reference)
    return text


def joined(parts: Iterable[str]) -> Markup:
    """Join parts that are ready for their medium."""
    return Markup("".join(parts))  # noqa: S704 - every part was escaped or written by us

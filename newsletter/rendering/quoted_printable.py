"""Quoted-printable whose bytes nothing on the way has a reason to touch (RFC 2045, 6.7).

The encoded body is a fixed point of SMTP's dot-stuffing (no line begins with a full stop) and of DKIM's relaxed canonicalisation
(RFC 6376, 3.4.4: no run of blanks, no blank at a line's end), so that one byte string serves hash, wire and outbox. No line
begins with "From ", which old mailboxes escape. Lines have at most 76 octets.
"""

from __future__ import annotations

import re

SOFT_BREAK = b"=\r\n"
HARD_BREAK = b"\r\n"
LONGEST_LINE = 76
TO_ENCODE = re.compile(r"[^ -<>-~]|  | \Z")
"""What does not stand for itself: all but printable ASCII, the sign "=", a run of blanks, and a blank at the end."""

CONTINUING = "89AB"
"""First digits of the bytes that continue a character in UTF-8."""

TAME_VALUE = re.compile(r"[A-Za-z0-9@/_:+-][A-Za-z0-9@/_:+.,'&;-]{0,74}")
"""A value that stands for itself on a line of its own, as most names, addresses and links do."""


def encode_text(text: str) -> bytes:
    """Encode text; each line feed becomes a line break of the mail. What follows must begin a new line or follow SOFT_BREAK."""
    return HARD_BREAK.join(SOFT_BREAK.join(_lines(line)) for line in text.split("\n"))


def encode_value(value: str) -> bytes:
    """Encode a short value without line feeds, to stand between two soft breaks."""
    if TAME_VALUE.fullmatch(value):
        return value.encode("ascii")
    return SOFT_BREAK.join(_lines(value))


def _lines(text: str) -> list[bytes]:
    """Break one line of text into encoded lines; each but the last will be followed by SOFT_BREAK."""
    encoded = TO_ENCODE.sub(_encode_match, text)
    lines: list[bytes] = []
    start = 0
    while True:
        first = ""
        if encoded.startswith((" ", ".", "From "), start):
            first = f"={ord(encoded[start]):02X}"
            start += 1
        end = start + LONGEST_LINE - 1 - len(first)
        if end >= len(encoded):
            lines.append((first + encoded[start:]).encode("ascii"))
            return lines
        end = _before_character(encoded, end)
        lines.append((first + encoded[start:end]).encode("ascii"))
        start = end


def _encode_match(match: re.Match[str]) -> str:
    found = match[0]
    if found == "  ":
        return " =20"
    return "".join(f"={byte:02X}" for byte in found.encode("utf-8", "replace"))


def _before_character(encoded: str, end: int) -> int:
    """Give the place at or before ``end`` where no encoded character is cut in two."""
    if encoded[end - 1] == "=":
        end -= 1
    elif encoded[end - 2] == "=":
        end -= 2
    while encoded[end] == "=" and encoded[end + 1] in CONTINUING:
        end -= 3
    return end

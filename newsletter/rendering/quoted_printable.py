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
    lines: list[bytes] = []
    line: list[bytes] = []
    width = 0
    last = len(text) - 1
    for position, character in enumerate(text):
        piece = _encoded(character)
        if character == " " and (not line or position == last or line[-1] == b" "):
            piece = b"=20"
        if width + len(piece) > LONGEST_LINE - 1:
            lines.append(b"".join(line))
            line, width = [], 0
        if not line and (character in " ." or (character == "F" and text.startswith("From ", position))):
            piece = b"=%02X" % ord(character)
        line.append(piece)
        width += len(piece)
    lines.append(b"".join(line))
    return lines


def _encoded(character: str) -> bytes:
    if " " <= character <= "~" and character != "=":
        return character.encode("ascii")
    return b"".join(b"=%02X" % byte for byte in character.encode("utf-8", "replace"))

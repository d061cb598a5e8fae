"""The text of an issue file: bytes in, lines out, with a complaint about every character that has no place in it."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass, field

from newsletter.authoring.complaints import Complaints, Mistake

LONGEST_FILE = 250_000
"""Bytes of an issue file; a mail is clipped at 102 kB (Gmail), so nothing longer can be meant."""

TOKEN_START = "@@MM"  # noqa: S105  the start of a merge token (newsletter.rendering.merge), not a secret

_FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffd\ufffe\uffff]")
_NEWLINES = re.compile("\r\n?")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OTHER_FORMATS = {
    b"PK\x03\x04": "a Word document or another packed file",
    b"\xd0\xcf\x11\xe0": "a Word document",
    b"{\\rtf": "an RTF document",
    b"%PDF-": "a PDF",
}
_SAVE_AS_UTF8 = "Save the file as UTF-8: most editors ask for the encoding under “Save as”."


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text with plain line ends and no byte order mark; unwanted characters are blanks here."""

    text: str = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)


def read_source(data: bytes, complaints: Complaints) -> SourceText | None:
    """Decode a file; None when there is nothing to go on with, which is then complained about."""
    if len(data) > LONGEST_FILE:
        size = f"the file has {len(data):,} bytes; an issue may have {LONGEST_FILE:,}"
        complaints.add(Mistake("file-too-long", size, "Move a part of it to the web page that it is about."))
        return None
    text = _decode(data, complaints)
    if text is None:
        return None
    text = _NEWLINES.sub("\n", text)
    if not text.strip():
        fix = "Start with two lines `---`, and between them one line each for title, subject, preheader, language."
        complaints.add(Mistake("file-empty", "the file is empty", fix))
        return None
    if TOKEN_START not in text and not _FORBIDDEN.search(text):
        return SourceText(text, tuple(text.split("\n")))
    lines = tuple(_clean(line, number, complaints) for number, line in enumerate(text.split("\n"), 1))
    return SourceText("\n".join(lines), lines)


def _decode(data: bytes, complaints: Complaints) -> str | None:
    program = next((name for start, name in _OTHER_FORMATS.items() if data.startswith(start)), "")
    if program:
        message = f"this is {program}, not plain text"
        fix = "Copy its text into a plain text file that is called issue.md, and save that as UTF-8."
        complaints.add(Mistake("not-text", message, fix), line=1, column=1)
        return None
    if data.startswith(_UTF16_MARKS):
        complaints.add(Mistake("not-utf8", "the file is UTF-16, not UTF-8", _SAVE_AS_UTF8), line=1, column=1)
        return None
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        before = _NEWLINES.sub("\n", data.removeprefix(codecs.BOM_UTF8)[: error.start].decode("utf-8"))
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        # What Windows writes where nobody asks it for UTF-8; some of its bytes mean nothing, and are blanks here.
        byte = error.object[error.start]
        letter = bytes([byte]).decode("cp1252", "ignore")
        meant = f"“{letter}”" if letter.isprintable() and letter else f"the byte 0x{byte:02x}"
        message = f"the file is not saved as UTF-8: {meant} here, and others, would reach readers as another sign"
        complaints.add(Mistake("not-utf8", message, _SAVE_AS_UTF8), line=line, column=column)
        return data.decode("cp1252", "replace").replace("\N{REPLACEMENT CHARACTER}", " ") if b"\0" not in data else None


def _clean(line: str, number: int, complaints: Complaints) -> str:
    token = line.find(TOKEN_START)
    if token >= 0:
        message = f"“{TOKEN_START}” is how the program marks personal parts; an issue may not contain it"
        complaints.add(Mistake("merge-token", message, "Take it out."), line=number, column=token + 1)
    for seen in dict.fromkeys(_FORBIDDEN.findall(line)):
        complaints.add(_unwanted(seen), line=number, column=line.index(seen) + 1)
    return _FORBIDDEN.sub(" ", line)


def _unwanted(character: str) -> Mistake:
    if character == "\t":
        return Mistake("tab", "a tab stands here; it looks different in every editor", "Use spaces.")
    if character == "\N{REPLACEMENT CHARACTER}":
        message = "the character “\N{REPLACEMENT CHARACTER}” stands where a letter was lost when the text was copied"
        return Mistake("control-character", message, "Type the word again.")
    name = unicodedata.name(character, "a control character")
    message = f"an invisible character stands here (U+{ord(character):04X}, {name})"
    return Mistake("control-character", message, "Delete it, or type the line again.")

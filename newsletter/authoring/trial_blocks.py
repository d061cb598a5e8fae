"""Closes a trial's card in an issue file, or takes it out: every other byte stays as its editor typed it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.authoring.complaints import Complaints
from newsletter.authoring.directives import Directive, find_directives
from newsletter.authoring.front_matter import read_front_matter

TRIAL_KIND = "trial"
CLOSED = "status=closed"
_BYTE_ORDER_MARK = "\ufeff"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_STATUS = re.compile(r'status=(?:"(?:[^"\\]|\\.)*"|\S*)')


def close_trial(data: bytes, nct_id: str) -> bytes:
    """Give an issue file in which every card of a trial says that it is closed. Raises UnicodeDecodeError."""
    lines = _split(data)
    for directive in _cards(lines, nct_id):
        lines[directive.line] = _closed(lines[directive.line], directive)
    return "".join(lines).encode()


def drop_trial(data: bytes, nct_id: str) -> bytes:
    """Give an issue file without the cards of a trial, and one of two empty lines round each. Raises UnicodeDecodeError."""
    lines = _split(data)
    for directive in sorted(_cards(lines, nct_id), key=lambda one: one.line, reverse=True):
        after = directive.end + 1 if directive.closed else directive.end
        if directive.line and not lines[directive.line - 1].strip() and after < len(lines) and not lines[after].strip():
            after += 1
        del lines[directive.line : after]
    return "".join(lines).encode()


def _split(data: bytes) -> list[str]:
    """Give the lines of a file, each with its end."""
    return _LINE.findall(data.decode("utf-8"))


def _cards(lines: Sequence[str], nct_id: str) -> list[Directive]:
    bare = [line.removeprefix(_BYTE_ORDER_MARK).rstrip("\r\n") for line in lines]
    complaints = Complaints("")
    directives = find_directives(bare, read_front_matter(bare, complaints).end, complaints)
    return [
        one
        for one in directives.by_line.values()
        if one.head.kind.text == TRIAL_KIND and [piece.text for piece in one.head.arguments[:1]] == [nct_id]
    ]


def _closed(line: str, directive: Directive) -> str:
    for option in directive.head.options:
        found = _STATUS.match(line, option.column - 1) if option.key == "status" else None
        if found:
            return line[: found.start()] + CLOSED + line[found.end() :]
    written = line.rstrip()
    return f"{written} {CLOSED}{line[len(written) :]}"

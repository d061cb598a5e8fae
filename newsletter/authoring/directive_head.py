"""The first line of a block: ``::: kind argument "title" key=value key="several words"``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.authoring.complaints import Complaints, Mistake, quoted

LONGEST_HEAD = 2_000
"""Characters of a block's first line."""

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_PIECE = re.compile(rf"\s+|([A-Za-z_][A-Za-z0-9_-]*)=(?:{_QUOTED}|(\S*))|{_QUOTED}|(\S+)")
_ESCAPED = re.compile(r'\\(["\\])')
_CURLY = "“”„«»"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of the line with its column, from 1. ``key`` is the name of an option and empty otherwise."""

    text: str
    column: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line, taken apart; nothing is known yet of what the kind allows.

    ``cut_short`` says that a quotation mark kept the rest of the line from being read: nothing is known to be missing then.
    """

    kind: Piece
    arguments: tuple[Piece, ...] = ()
    titles: tuple[Piece, ...] = ()
    options: tuple[Piece, ...] = ()
    cut_short: bool = False


def read_head(line: str, number: int, complaints: Complaints) -> Head:
    """Take the first line of a block apart; ``number`` is the line's, from 1."""
    if len(line) > LONGEST_HEAD:
        message = f"the first line of this block has {len(line):,} characters"
        complaints.add(
            Mistake("block-head", message, "Close the quotation mark, or move text into the body."), line=number, column=1
        )
        line = line[:LONGEST_HEAD]
    colons = len(line) - len(line.lstrip(":"))
    if colons != len(":::"):
        message = f"the block starts with {colons} colons"
        complaints.add(Mistake("block-head", message, "Write three: `:::`."), line=number, column=1)
    arguments: list[Piece] = []
    titles: list[Piece] = []
    options: list[Piece] = []
    cut_short = False
    for match in _PIECE.finditer(line, colons):
        key, quoted_value, value, title, word = match.groups()
        column = match.start() + 1
        mistake = _find_quotation_mistake(value or word or "")
        if mistake:
            # What stands in the quotation marks is not known, so the rest of the line is taken for it.
            complaints.add(mistake, line=number, column=column)
            cut_short = True
            (options if key else titles).append(Piece(line[column:].strip(), column, key or ""))
            break
        if key:
            text = _ESCAPED.sub(r"\1", quoted_value) if quoted_value is not None else value or ""
            options.append(Piece(text, column, key))
        elif title is not None:
            titles.append(Piece(_ESCAPED.sub(r"\1", title), column))
        elif word:
            arguments.append(Piece(word, column))
    kind = arguments.pop(0) if arguments else Piece("", colons + 1)
    return Head(kind, tuple(arguments), tuple(titles), tuple(options), cut_short)


def _find_quotation_mistake(word: str) -> Mistake | None:
    if word[:1] and word[0] in _CURLY:
        message = f"{quoted(word)} starts with a curly quotation mark"
        return Mistake("block-quotation-mark", message, 'Type straight ones, in the whole line: "title".')
    if '"' in word:
        message = f"the quotation mark in {quoted(word)} is not closed"
        return Mistake("block-quotation-mark", message, 'Put a " after the last word.')
    return None

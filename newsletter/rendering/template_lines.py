"""From a place in what templates have drawn back to the template and its line, through includes, loops and conditions."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

MARK = "\x02"
"""What each mark begins with; no page has it otherwise."""

_MARK = re.compile(r"\x02([^\x02\x03:]*):(\d+)\x03")


class MarkLines(Extension):
    """Writes before each line of a template's own text where it comes from: STX, name, line, ETX."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Mark the text between Jinja's own constructs."""
        for token in stream:
            if token.type != "data":
                yield token
                continue
            lines = token.value.split("\n")
            marked = [f"\x02{stream.name}:{token.lineno + number}\x03{line}" for number, line in enumerate(lines)]
            yield Token(token.lineno, "data", "\n".join(marked))


@dataclass(frozen=True, slots=True)
class LineMap:
    """Where each stretch of a drawn text comes from: ``starts`` in characters, and the template and line of each."""

    starts: tuple[int, ...]
    places: tuple[str, ...]

    def place(self, offset: int) -> str:
        """Give "templates/name:line" for a character of the text."""
        return self.places[max(0, bisect_right(self.starts, offset) - 1)]


def unmark(marked: str) -> tuple[str, LineMap]:
    """Take the marks out of what MarkLines has marked, and keep what they said."""
    pieces: list[str] = []
    starts: list[int] = []
    places: list[str] = []
    length = end = 0
    for match in _MARK.finditer(marked):
        pieces.append(marked[end : match.start()])
        length += match.start() - end
        starts.append(length)
        places.append(f"templates/{match[1]}:{match[2]}")
        end = match.end()
    pieces.append(marked[end:])
    return "".join(pieces), LineMap(tuple(starts), tuple(places))

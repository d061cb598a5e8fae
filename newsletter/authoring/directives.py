"""Finds the blocks of an issue file, line by line, before Markdown is read: ``::: kind …``, a body, ``:::``.

A marker stands at the left margin and not in fenced code. Whatever the mistake, every line belongs to exactly one thing
afterwards, so that the rest of the file is read as its editor meant it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from newsletter.authoring.complaints import Complaints, Mistake, quoted
from newsletter.authoring.directive_head import Head, read_head

MARKER = ":::"
_FENCE = re.compile(r" {0,3}(?:(`{3,})[^`]*|(~{3,}).*)")
_FIRST_SIGNS = frozenset("`~:#")
_SHORT_MARKER = re.compile(r"::(?: ?[A-Za-z]|\s*$)")
_TWO_COLONS = Mistake("block-head", "two colons stand here", f"Write three: `{MARKER}`.")
_SECTION = re.compile(r" {0,3}##(?:[ \t]|$)")


@dataclass(frozen=True, slots=True)
class Directive:
    """One block as it stands in the file: lines count from 0, the body is ``lines[line + 1 : end]``."""

    line: int
    end: int
    closed: bool
    head: Head


@dataclass(frozen=True, slots=True)
class Directives:
    """The blocks of a file by the line that they start in, and the lines of markers that belong to none."""

    by_line: Mapping[int, Directive]
    strays: frozenset[int]


class _Kind(Enum):
    OPEN = auto()
    CLOSE = auto()
    SECTION = auto()


@dataclass(frozen=True, slots=True)
class _Marker:
    line: int
    kind: _Kind


def find_directives(lines: Sequence[str], start: int, complaints: Complaints) -> Directives:
    """Find all blocks from line ``start`` on."""
    scan = _Scan(lines, complaints)
    markers = list(scan.markers(start))
    nested = False
    for index, marker in enumerate(markers):
        if marker.kind is _Kind.SECTION:
            scan.break_off(marker.line)
        elif marker.kind is _Kind.CLOSE:
            if nested or scan.open < 0:
                scan.set_aside(marker.line, stray=not nested)
                nested = False
            else:
                scan.close(marker.line)
        elif scan.open >= 0 and [following.kind for following in markers[index + 1 : index + 3]] == [_Kind.CLOSE] * 2:
            scan.refuse_nested(marker.line)
            nested = True
        else:
            scan.break_off(marker.line)
            scan.open = marker.line
    scan.break_off(len(lines))
    return Directives(scan.found, frozenset(scan.strays))


@dataclass(slots=True)
class _Scan:
    lines: Sequence[str]
    complaints: Complaints
    found: dict[int, Directive] = field(default_factory=dict)
    strays: set[int] = field(default_factory=set)
    open: int = -1
    fence_open: bool = False

    def markers(self, start: int) -> Iterator[_Marker]:
        fence, fence_line = "", 0
        for number, line in enumerate(self.lines[start:], start):
            if line.lstrip(" ")[:1] not in _FIRST_SIGNS:
                continue
            opening = _FENCE.fullmatch(line)
            mark = (opening[1] or opening[2]) if opening else ""
            if fence:
                if mark.startswith(fence) and line.strip() == mark:
                    fence = ""
            elif mark:
                fence, fence_line = mark, number
            elif line.startswith(MARKER) or _SHORT_MARKER.match(line):
                # Two colons are a slip; read_head, or this, complains, and the block is read as it was meant.
                closes = not line.strip(": ")
                if closes and not line.startswith(MARKER):
                    self._complain(number, _TWO_COLONS)
                yield _Marker(number, _Kind.CLOSE if closes else _Kind.OPEN)
            elif _SECTION.match(line):
                yield _Marker(number, _Kind.SECTION)
        if fence:
            self.fence_open = True
            message = f"the code that starts here with {fence} is not closed, so everything below it is code"
            self._complain(fence_line, Mistake("code-unclosed", message, f"Put a line {fence} after the code."))

    def break_off(self, line: int) -> None:
        if self.open < 0:
            return
        if not self.fence_open or line < len(self.lines):
            before = f"line {line + 1}" if line < len(self.lines) else "the end of the file"
            message = f"the block {quoted(self.lines[self.open])} is not closed before {before}"
            self._complain(self.open, Mistake("block-unclosed", message, f"Put a line `{MARKER}` after its last line."))
        self._keep(line, closed=False)

    def close(self, line: int) -> None:
        self._keep(line, closed=True)

    def set_aside(self, line: int, *, stray: bool) -> None:
        self.strays.add(line)
        if stray:
            mistake = Mistake("block-stray", f"`{MARKER}` stands here, but no block is open", "Delete the line.")
            self._complain(line, mistake)

    def refuse_nested(self, line: int) -> None:
        self.strays.add(line)
        message = f"the block {quoted(self.lines[line])} stands inside the block of line {self.open + 1}"
        self._complain(line, Mistake("block-nested", message, f"Close the outer block with `{MARKER}` first."))

    def _keep(self, end: int, *, closed: bool) -> None:
        head = read_head(self.lines[self.open], self.open + 1, self.complaints)
        self.found[self.open] = Directive(self.open, end, closed, head)
        self.open = -1

    def _complain(self, line: int, mistake: Mistake) -> None:
        self.complaints.add(mistake, line=line + 1, column=1)

"""An edition's sections as their readers see them, and what changed from one candidate to the next, section by section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from selectolax.lexbor import LexborHTMLParser, LexborNode

INLINE = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "cite",
        "code",
        "dfn",
        "em",
        "i",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
    }
)
"""Elements that stand within a line of text; every other one begins a new line."""

UNREAD = ("style", "script", "head", "nav")

LEAST_IN_COMMON = 0.4
"""Of 1: two lines with less than this are two lines, not one that was reworded."""


@dataclass(frozen=True, slots=True)
class SectionText:
    """One section: its anchor and heading, both empty for what stands before the first, and its lines of text."""

    anchor: str
    heading: str
    lines: tuple[str, ...]


class LineChange(StrEnum):
    """What became of a line."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class SectionChange(StrEnum):
    """What became of a section as a whole."""

    TEXT = "text"
    """Lines of it changed."""
    NEW = "new"
    GONE = "gone"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One line, cut where it differs from the line that it stands for: each piece with whether it does."""

    change: LineChange
    pieces: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        """The whole line."""
        return "".join(text for text, _ in self.pieces)


@dataclass(frozen=True, slots=True)
class ChangedSection:
    """A section that is not what it was, with its changed lines and one unchanged line on either side of them."""

    heading: str
    change: SectionChange
    lines: tuple[ChangedLine, ...]


def section_texts(web_page: str) -> tuple[SectionText, ...]:
    """Read the sections of an edition's web page, in order; every ``h2`` with an id begins one."""
    tree = LexborHTMLParser(web_page)
    for unread in tree.css(", ".join(UNREAD)):
        unread.decompose()
    reading = _Reading()
    root = tree.css_first("main") or tree.body
    if root is not None:
        reading.read(root)
    reading.begin_section("", "")
    return tuple(section for section in reading.sections if section.heading or section.lines)


def changed_sections(old: Sequence[SectionText], new: Sequence[SectionText]) -> tuple[ChangedSection, ...]:
    """Compare section by section; those that are what they were are left out."""
    before = {section.anchor: section for section in old}
    after = {section.anchor: section for section in new}
    stayed = [anchor for anchor in before if anchor in after]
    moved = set(stayed) - set(_longest_common([anchor for anchor in after if anchor in before], stayed))
    changes = []
    for section in new:
        known = before.get(section.anchor)
        if known is None:
            lines = tuple(_whole(LineChange.ADDED, line) for line in section.lines)
            changes.append(ChangedSection(section.heading, SectionChange.NEW, lines))
        elif known != section:
            changes.append(ChangedSection(section.heading, SectionChange.TEXT, _changed_lines(known, section)))
        elif section.anchor in moved:
            changes.append(ChangedSection(section.heading, SectionChange.MOVED, ()))
    gone = [section for section in old if section.anchor not in after]
    changes += [ChangedSection(section.heading, SectionChange.GONE, ()) for section in gone]
    return tuple(changes)


def _changed_lines(old: SectionText, new: SectionText) -> tuple[ChangedLine, ...]:
    before, after = ((section.heading, *section.lines) for section in (old, new))
    lines: list[ChangedLine] = []
    for group in SequenceMatcher(a=before, b=after, autojunk=False).get_grouped_opcodes(1):
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                lines += [_whole(LineChange.SAME, line) for line in after[new_start:new_end]]
            elif end - start == new_end - new_start:
                for was, now in zip(before[start:end], after[new_start:new_end], strict=True):
                    lines += _reworded(was, now)
            else:
                lines += [_whole(LineChange.REMOVED, line) for line in before[start:end]]
                lines += [_whole(LineChange.ADDED, line) for line in after[new_start:new_end]]
    return tuple(lines)


def _whole(change: LineChange, line: str) -> ChangedLine:
    return ChangedLine(change, ((line, False),))


def _reworded(was: str, now: str) -> tuple[ChangedLine, ChangedLine]:
    """Mark the words that differ; in lines that have little in common, none."""
    old, new = (re.findall(r"\S+\s*", line) for line in (was, now))
    words = SequenceMatcher(a=old, b=new, autojunk=False)
    if words.ratio() < LEAST_IN_COMMON:
        return _whole(LineChange.REMOVED, was), _whole(LineChange.ADDED, now)
    steps = words.get_opcodes()
    removed = tuple(("".join(old[start:end]), tag != "equal") for tag, start, end, _, _ in steps if end > start)
    added = tuple(("".join(new[start:end]), tag != "equal") for tag, _, _, start, end in steps if end > start)
    return ChangedLine(LineChange.REMOVED, removed), ChangedLine(LineChange.ADDED, added)


def _longest_common(one: Sequence[str], other: Sequence[str]) -> list[str]:
    blocks = SequenceMatcher(a=one, b=other, autojunk=False).get_matching_blocks()
    return [one[position] for block in blocks for position in range(block.a, block.a + block.size)]


class _Reading:
    """Walks through a page and gathers its lines."""

    def __init__(self) -> None:
        self.sections: list[SectionText] = []
        self._head = ("", "")
        self._lines: list[str] = []
        self._line = ""

    def begin_section(self, anchor: str, heading: str) -> None:
        self._end_line()
        self.sections.append(SectionText(*self._head, tuple(self._lines)))
        self._head, self._lines = (anchor, heading), []

    def read(self, node: LexborNode) -> None:
        for child in node.iter(include_text=True):
            if child.tag == "-text":
                self._line += child.text(deep=False)
            elif child.tag == "h2" and (anchor := child.attributes.get("id")):
                self.begin_section(anchor, " ".join(child.text().split()))
            elif child.tag in INLINE:
                self.read(child)
            else:
                self._end_line()
                self.read(child)
                self._end_line()

    def _end_line(self) -> None:
        line = " ".join(self._line.split())
        if line:
            self._lines.append(line)
        self._line = ""

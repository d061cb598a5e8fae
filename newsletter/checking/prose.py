"""The running text of an issue as its readers see it: passages, sentences and words, each with the line it stands in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from markdown_it.token import Token

from newsletter.authoring.issue import Block, Issue, Section
from newsletter.findings import Place

OWN_WORDS = frozenset({"quote", "story"})
"""Blocks with the words of others, which editors do not rewrite."""

REFERENCES = frozenset({"sources", "sponsors"})
"""Blocks with titles and names, which are as they are."""

_WORD = re.compile(r"[^\W_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W_]+)*")
_SENTENCE_END = re.compile(r"(?<![.?!…])[.?!…]+[\"'”’»)\]]*(?=\s+[¿¡\"'“‘«(\[]*[^\W_a-záéíóúñü]|\s*$)")  # noqa: RUF001  quotation marks as written
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:dr|dra|drs|mr|mrs|ms|prof|sr|sra|st|vs|e\.g|i\.e|cf|no|fig|approx|aprox|p\. ?ej|ee\. ?uu|ud|uds|[a-z])\.$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*:|[./#])\S*$", re.IGNORECASE)
_WITHOUT_ACCENT = {"\N{RIGHT SINGLE QUOTATION MARK}": "'"} | {
    chr(code): unicodedata.normalize("NFD", chr(code))[0] for code in range(0xC0, 0x250) if unicodedata.decomposition(chr(code))
}
"""The letters of Latin-1 and Latin Extended A and B, and the apostrophe of word processors."""
_ACCENTED = re.compile(f"[{''.join(_WITHOUT_ACCENT)}]")
_kept = lru_cache(maxsize=2048)
"""For what depends on a text alone: a preview reads a whole issue again after every change to one of its passages."""

_NOT_SHOWN = frozenset({"image", "url"})


class PassageKind(Enum):
    """What a passage is on the page."""

    PARAGRAPH = "paragraph"
    ITEM = "item"
    """A paragraph of a list."""
    HEADING = "heading"
    CELL = "cell"
    """A cell of a table."""
    FIELD = "field"
    """A text in the first line of a block, such as its title."""


@dataclass(frozen=True, eq=False)
class Passage:
    """A piece of running text; the lines of ``text`` are those of the file, from ``line`` on (counted from 1).

    ``block`` is the kind of the block that it stands in, "" outside blocks. ``explained`` are the ranges of ``text`` that are
    glossary marks, ``bold`` is how much of its beginning is bold: a term that the rest explains, or a heading in the line.
    """

    kind: PassageKind
    text: str
    file: str
    line: int
    section: int
    block: str = ""
    explained: tuple[tuple[int, int], ...] = ()
    bold: int = 0

    @property
    def folded(self) -> str:
        """The text as texts are compared (``fold``); every character stands where it does in ``text``."""
        return fold(self.text)

    @property
    def words(self) -> Sequence[str]:
        """The words of the text in their order, as they are compared."""
        return read_words(self.text)

    @property
    def spans(self) -> Sequence[tuple[int, int]]:
        """From where to where each of ``words`` goes in the text."""
        return _spans(self.text)

    @property
    def sentences(self) -> Sequence[tuple[int, int]]:
        """Where sentences begin and end. The last one may lack its full stop."""
        return _sentences(self.text)

    def place(self, offset: int) -> Place:
        """Give the line of a character of the text."""
        return Place(self.file, self.line + self.text.count("\n", 0, offset))


@_kept
def fold(text: str) -> str:
    """Give a text as texts are compared: without capitals and accents, every character where it was."""
    lowered = text.lower()
    if lowered.isascii():
        return lowered
    if len(lowered) != len(text):
        # The Turkish I with a dot becomes two characters.
        lowered = "".join(character.lower()[0] for character in text)
    # str.translate looks at every character: 10 times as long for English, and 3 times for Spanish.
    return _ACCENTED.sub(lambda accented: _WITHOUT_ACCENT[accented[0]], lowered)


@_kept
def read_words(text: str) -> Sequence[str]:
    """Give the words of a text as they are compared."""
    return tuple(_WORD.findall(fold(text)))


@_kept
def _spans(text: str) -> Sequence[tuple[int, int]]:
    return tuple(match.span() for match in _WORD.finditer(fold(text)))


@_kept
def _sentences(text: str) -> Sequence[tuple[int, int]]:
    return tuple(_find_sentences(text))


def read_passages(issue: Issue) -> tuple[Passage, ...]:
    """Give all running text of an issue in the order of its file, blocks and headings included."""
    return tuple(_of_issue(issue))


def _of_issue(issue: Issue) -> Iterator[Passage]:
    for number, section in enumerate(issue.sections):
        reading = _Reading(issue.file, number)
        if section.heading is not None:
            yield reading.passage(section.heading, PassageKind.HEADING, section.place.line)
        yield from reading.parts(section)


@dataclass(frozen=True, slots=True)
class _Reading:
    file: str
    section: int

    def parts(self, section: Section) -> Iterator[Passage]:
        for part in section.parts:
            if isinstance(part, Block):
                for name, value in part.fields.items():
                    if isinstance(value, str) and value and name not in _NOT_SHOWN and not _ADDRESS.match(value):
                        yield Passage(PassageKind.FIELD, value, self.file, part.place.line, self.section, part.kind)
                yield from self.flow(part.body, part.place.line, part.kind)
            else:
                yield from self.flow(part.tokens, section.place.line, "")

    def flow(self, tokens: Sequence[Token], line: int, block: str) -> Iterator[Passage]:
        lists, kind = 0, PassageKind.PARAGRAPH
        for token in tokens:
            line = token.map[0] + 1 if token.map else line
            if token.type == "list_item_open":
                lists += 1
            elif token.type == "list_item_close":
                lists -= 1
            elif token.type in {"td_open", "th_open"}:
                kind = PassageKind.CELL
            elif token.type == "heading_open":
                kind = PassageKind.HEADING
            elif token.type == "paragraph_open":
                kind = PassageKind.ITEM if lists else PassageKind.PARAGRAPH
            elif token.type == "inline":
                yield self.passage(token, kind, line, block)

    def passage(self, inline: Token, kind: PassageKind, line: int, block: str = "") -> Passage:
        text, explained, bold, opened = "", [], 0, False
        for child in inline.children or ():
            if child.type in {"softbreak", "hardbreak"}:
                text += "\n"
            elif child.type == "glossary_term":
                explained.append((len(text), len(text) + len(child.content)))
                text += child.content
            elif child.type == "strong_open":
                opened = not text.strip()
            elif child.type == "strong_close":
                bold = len(text) if opened else bold
                opened = False
            elif child.type == "merge_field":
                text += child.meta["field"].fallback or "you"
            else:
                text += child.content
        return Passage(kind, text, self.file, line, self.section, block, tuple(explained), bold)


def _find_sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _SENTENCE_END.finditer(text):
        abbreviated = text[match.start()] == "." and _ABBREVIATION.search(text, max(start, match.start() - 8), match.start() + 1)
        if abbreviated and text[match.end() :].strip():
            continue
        if text[start : match.end()].strip():
            yield _trimmed(text, start, match.end())
        start = match.end()
    if text[start:].strip():
        yield _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    return start + len(text[start:end]) - len(text[start:end].lstrip()), end

"""What the editors wrote, found again in the Markdown tokens of an issue, with the line it stands in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it.token import Token

from newsletter.authoring.issue import Issue, Prose
from newsletter.findings import Place


@dataclass(frozen=True, slots=True)
class WrittenLink:
    """A link of the text: the words a reader presses, where it leads ("" for a personal link), and its place."""

    words: str
    url: str
    place: Place


@dataclass(frozen=True, slots=True)
class WrittenPicture:
    """A picture of the text: its alternative text, its file, and its place."""

    alt: str
    file: str
    place: Place


def written_links(issue: Issue) -> Iterator[WrittenLink]:
    """Give the links of all text, in the order of the file."""
    lines = issue.source.splitlines()
    for inline, first_line in _inlines(issue):
        line, words, link, link_line = first_line, "", None, 0
        for child in inline.children or []:
            if child.type == "link_open":
                link, words, link_line = child, "", line
            elif child.type == "link_close" and link is not None:
                url = "" if "field" in link.meta else str(link.attrGet("href") or "")
                words = " ".join(words.split())
                yield WrittenLink(words, url, link.meta.get("place") or _place(issue, lines, link_line, words))
                link = None
            elif child.type in {"softbreak", "hardbreak"}:
                line, words = line + 1, words + " "
            else:
                words += _words(child)


def written_pictures(issue: Issue) -> Iterator[WrittenPicture]:
    """Give the pictures inside text; those of figure blocks are fields of the block."""
    if "![" not in issue.source:
        return
    lines = issue.source.splitlines()
    for inline, first_line in _inlines(issue):
        line = first_line
        for child in inline.children or []:
            if child.type in {"softbreak", "hardbreak"}:
                line += 1
            elif child.type == "image":
                place = _place(issue, lines, line, child.content)
                yield WrittenPicture(child.content, str(child.attrGet("src") or ""), place)


def _place(issue: Issue, lines: list[str], line: int, words: str) -> Place:
    """Give the place of ``words`` in a line, with the column where they stand there as they are."""
    column = lines[line - 1].find(words) + 1 if line <= len(lines) else 0
    return Place(issue.file, line, column)


def _words(child: Token) -> str:
    field = child.meta.get("field")
    return str(field.fallback) if field is not None else child.content


def _inlines(issue: Issue) -> Iterator[tuple[Token, int]]:
    for section in issue.sections:
        if section.heading is not None:
            yield section.heading, section.place.line
        for part in section.parts:
            tokens = part.tokens if isinstance(part, Prose) else part.body
            line = section.place.line if isinstance(part, Prose) else part.place.line
            for token in tokens:
                line = token.map[0] + 1 if token.map else line
                if token.type == "inline":
                    yield token, line

"""Lines of plain text: at most 72 columns, as RFC 3676 advises."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.merge import TOKEN

COLUMNS = 72
SHOWN_AS = "x" * 12
"""Takes the place of a merge token while lines are measured; what will stand there is not known yet."""


def wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    """Break text at spaces into lines of at most COLUMNS; a longer word has a line of its own.

    ``first`` stands before the first line, ``rest`` before the others. Line breaks in the text stay.
    """
    rest = first if rest is None else rest
    lines: list[str] = []
    for paragraph in text.split("\n"):
        margin = rest if lines else first
        words = _single_spaced(paragraph)
        if "@@" in words:
            lines += _measured(words, margin, rest)
            continue
        start, end = 0, COLUMNS - len(margin)
        while len(words) > max(end, start):
            cut = words.rfind(" ", start, max(end, start) + 1)
            cut = words.find(" ", start) if cut < 0 else cut
            if cut < 0:
                break
            lines.append(margin + words[start:cut])
            margin, start = rest, cut + 1
            end = start + COLUMNS - len(rest)
        lines.append((margin + words[start:]).rstrip(" "))
    return "\n".join(lines)


def _single_spaced(paragraph: str) -> str:
    if "  " not in paragraph and "\t" not in paragraph:
        return paragraph.strip(" ")
    return " ".join(filter(None, paragraph.replace("\t", " ").split(" ")))


def _measured(words: str, margin: str, rest: str) -> Iterator[str]:
    """Do the same where merge tokens are among the words."""
    line: list[str] = []
    width = len(margin)
    for word in words.split(" "):
        length = len(TOKEN.sub(SHOWN_AS, word))
        if line and width + length > COLUMNS:
            yield margin + " ".join(line)
            line, margin, width = [], rest, len(rest)
        line.append(word)
        width += length + 1
    yield margin + " ".join(line)

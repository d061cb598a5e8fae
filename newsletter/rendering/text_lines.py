"""Lines of plain text: at most 72 columns, as RFC 3676 advises."""

from __future__ import annotations

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
        words: list[str] = []
        width = len(margin)
        for word in filter(None, paragraph.replace("\t", " ").split(" ")):
            length = len(TOKEN.sub(SHOWN_AS, word)) if "@@" in word else len(word)
            if words and width + length > COLUMNS:
                lines.append(margin + " ".join(words))
                words, margin, width = [], rest, len(rest)
            words.append(word)
            width += length + 1
        lines.append((margin + " ".join(words)).rstrip(" "))
    return "\n".join(lines)

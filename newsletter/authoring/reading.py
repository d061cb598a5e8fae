"""What is known while the Markdown of one file is read: markdown-it's rules are functions, this is what they share."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from markdown_it.token import Token

from newsletter.authoring.complaints import Complaints, Mistake
from newsletter.authoring.directives import Directives
from newsletter.authoring.glossary import Glossary
from newsletter.findings import Place

ENVIRONMENT_KEY = "reading"
"""Under which name the rules find the reading in markdown-it's ``env``."""


@dataclass(slots=True)
class Reading:
    """One reading of one file.

    ``anchor_links`` are the links into this issue that wait until all anchors are known; ``used_references`` the labels of
    the link definitions that something refers to; ``bold_begun`` the ``**`` before words that do not become bold, and
    ``marks`` counts those after words.
    """

    complaints: Complaints
    lines: Sequence[str]
    language: str
    glossary: Glossary
    directives: Directives
    anchor_links: list[tuple[str, Place]] = field(default_factory=list)
    used_references: set[str] = field(default_factory=set)
    bold_begun: list[Place] = field(default_factory=list)
    marks: int = 0
    in_heading: bool = False
    _token: Token | None = None
    _starts: list[int] = field(default_factory=list)
    _columns: dict[int, int] = field(default_factory=dict)
    _searched: dict[int, int] = field(default_factory=dict)

    def enter(self, token: Token, *, in_heading: bool) -> None:
        """Begin with the text of one ``inline`` token."""
        self._token = token
        self.in_heading = in_heading
        self._starts = []
        self._columns.clear()

    def place(self, offset: int) -> Place:
        """Give the place in the file of a character of the present text."""
        assert self._token is not None
        assert self._token.map is not None
        if not self._starts:
            pieces = self._token.content.split("\n")
            self._starts = list(accumulate((len(piece) + 1 for piece in pieces), initial=0))
        index = min(bisect_right(self._starts, offset), len(self._starts) - 1) - 1
        line = self._token.map[0] + index
        if index not in self._columns:
            self._columns[index] = self._find_column(line, self._token.content[self._starts[index] : self._starts[index + 1] - 1])
        return Place(self.complaints.file, line + 1, self._columns[index] + offset - self._starts[index] + 1)

    def _find_column(self, line: int, text: str) -> int:
        # Several cells of a table share a line: look on where the cell before was found.
        column = self.lines[line].find(text.strip(), self._searched.get(line, 0)) - (len(text) - len(text.lstrip()))
        if column < 0:
            return 0
        self._searched[line] = column + len(text.strip())
        return column

    def complain(self, mistake: Mistake, offset: int) -> None:
        """Complain about a character of the present text."""
        place = self.place(offset)
        self.complaints.add(mistake, line=place.line, column=place.column)

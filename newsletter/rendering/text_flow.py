"""Blocks of plain text: margins of lists and quotations, empty lines, tables as records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from newsletter.errors import TemplateError
from newsletter.rendering.plain import defuse
from newsletter.rendering.tables import Row, with_tables
from newsletter.rendering.text_lines import wrapped

NOTHING = "\N{EN DASH}"
"""What is said of a column without an entry."""

WITHOUT_MARK = {"heading", "paragraph"}


@dataclass
class TextFlow:
    """One walk over block tokens: it knows what stands before the next line."""

    inline: Callable[[Sequence[Token]], str]
    margins: list[tuple[str, str]] = field(default_factory=list)
    counters: list[int | None] = field(default_factory=list)
    started: bool = False
    tight: bool = False
    list_begins: bool = False

    def render(self, tokens: Sequence[Token]) -> Iterator[str]:
        """Give the pieces of the text; joined, they are it."""
        hidden = False
        for part in with_tables(tokens):
            if isinstance(part, list):
                yield from self._table(part)
                continue
            kind, _, end = part.type.rpartition("_")
            if part.type == "inline":
                self.tight = hidden and not self.list_begins
                yield from self._put(wrapped(self.inline(part.children or ()), *self._margins()))
                self.list_begins = False
            elif part.type == "hr":
                yield from self._put(wrapped("* * *", *self._margins()))
            elif part.type in {"fence", "code_block"}:
                yield from self._put(self._indented(defuse(part.content.rstrip("\n"))))
            elif end == "open":
                hidden = part.hidden
                self._open(part, kind)
            else:
                self._close(kind)

    def _open(self, token: Token, kind: str) -> None:
        if kind in {"bullet_list", "ordered_list"}:
            self.list_begins |= not self.counters
            self.counters.append(int(token.attrGet("start") or 1) if kind == "ordered_list" else None)
        elif kind == "list_item":
            counter = self.counters[-1]
            marker = "* " if counter is None else f"{counter}. "
            self.counters[-1] = None if counter is None else counter + 1
            self.margins.append((marker, " " * len(marker)))
        elif kind == "blockquote":
            self.margins.append(("> ", "> "))
        elif kind not in WITHOUT_MARK:
            raise TemplateError(f"Markdown of the kind {token.type!r} cannot be written as text")

    def _close(self, kind: str) -> None:
        self.tight = False
        if kind in {"bullet_list", "ordered_list"}:
            self.counters.pop()
        elif kind in {"list_item", "blockquote"}:
            self.margins.pop()

    def _table(self, rows: list[Row]) -> Iterator[str]:
        """Give each row as lines of "heading: value"; columns would not survive a phone or a screen reader."""
        self.tight = False
        heads, *records = [[self.inline(cell.children or ()).replace("\n", " ") for cell in row] for row in rows]
        # An empty cell is passed over, unless its column would not be heard of at all.
        empty = [not any(record[column] for record in records) for column in range(len(heads))]
        for record in records or [[""] * len(heads)]:
            cells = zip(heads, record, empty, strict=True)
            said = [(head, cell or NOTHING) for head, cell, never in cells if cell or (head and never)]
            named = [f"{head}: {cell}" if head else cell for head, cell in said]
            lines = [wrapped(line, "  " if index else "", "    ") for index, line in enumerate(named)]
            yield from self._put(self._indented("\n".join(lines)))

    def _margins(self) -> tuple[str, str]:
        margins = "".join(first for first, _ in self.margins), "".join(rest for _, rest in self.margins)
        self.margins = [(rest, rest) for _, rest in self.margins]
        return margins

    def _indented(self, text: str) -> str:
        first, rest = self._margins()
        return "\n".join(((rest if index else first) + line).rstrip(" ") for index, line in enumerate(text.split("\n")))

    def _put(self, lines: str) -> Iterator[str]:
        if self.started:
            yield "\n" if self.tight else "\n\n"
        self.started = True
        yield lines

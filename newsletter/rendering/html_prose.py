"""Markdown tokens → HTML, the same walk for mail and web; what differs is in the two subclasses' hands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token
from markupsafe import Markup

from newsletter.authoring.issue import GlossaryTerm, MergeField
from newsletter.errors import TemplateError
from newsletter.rendering.encounters import Encounters
from newsletter.rendering.plain import escaped, html_text, joined
from newsletter.rendering.tables import Row, with_tables

PAIRS = {
    "em": "em",
    "strong": "strong",
    "s": "s",
    "bullet_list": "ul",
    "list_item": "li",
    "blockquote": "blockquote",
    "paragraph": "p",
    "ordered_list": "ol",
}
ELEMENTS = frozenset(
    {
        *PAIRS.values(),
        *["h3", "h4", "h5", "h6", "a", "hr", "pre", "code", "table", "tr", "th", "th_row", "td", "wide_table", "label"],
    }
)
"""What an editor's Markdown becomes. ``th_row`` is the first cell of a row, ``label`` what a phone shows before a cell of a
``wide_table``."""

FIRST_LEVEL = 3
"""h1 is the issue's title and h2 begins a section, so a heading inside of one is never above h3."""

COLUMN_HEAD, ROW_HEAD = ' scope="col"', ' scope="row"'
MOST_COLUMNS = 3
"""A table with more is a wide one: a phone shows its cells below each other."""


@dataclass
class HtmlProse(ABC):
    """Renders the prose of one issue, in order: ``seen`` is what a reader has come across so far.

    ``attributes`` gives what stands in each start tag, beginning with a space, by the name of the element.
    """

    attributes: Mapping[str, str]
    seen: Encounters = field(default_factory=Encounters)
    _tags: dict[str, str] = field(init=False, default_factory=dict)
    """What stands for the tokens that always become the same, by their type."""

    def __post_init__(self) -> None:
        """Write the tags that never differ."""
        self._tags = {"softbreak": "\n", "hardbreak": "<br>", "hr": self._start("hr")}
        for kind, element in PAIRS.items():
            self._tags |= {f"{kind}_open": self._start(element), f"{kind}_close": f"</{element}>"}

    @abstractmethod
    def personal(self, merge_field: MergeField) -> Markup:
        """Give what stands at a merge field."""

    @abstractmethod
    def personal_link(self, merge_field: MergeField, words: Markup) -> Markup:
        """Give a link whose destination is a merge field."""

    @abstractmethod
    def new_term(self, term: GlossaryTerm, words: Markup) -> Markup:
        """Give a glossary term's words at its first use; they never stand in a link."""

    def flow(self, tokens: Sequence[Token]) -> Markup:
        """Render block tokens."""
        return joined([self._table(part) if isinstance(part, list) else self._block(part) for part in with_tables(tokens)])

    def inline(self, tokens: Sequence[Token]) -> Markup:
        """Render the children of an inline token."""
        return joined([self._line(tokens)])

    def _line(self, tokens: Sequence[Token]) -> str:
        out: list[str] = []
        personal_links: list[tuple[MergeField, list[str]]] = []
        for token in tokens:
            if token.type == "text":
                out.append(escaped(token.content))
            elif token.type in self._tags:
                out.append(self._tags[token.type])
            elif token.type == "link_open" and "field" in token.meta:
                personal_links.append((token.meta["field"], out))
                out = []
            elif token.type == "link_close" and personal_links:
                merge_field, before = personal_links.pop()
                out = [*before, self.personal_link(merge_field, joined(out))]
            else:
                out.append(self._span(token))
        return "".join(out)

    def _block(self, token: Token) -> str:
        match token.type:
            case "inline":
                text = self._line(token.children or ())
            case "fence" | "code_block":
                text = f"{self._start('pre')}{escaped(token.content)}</pre>"
            case "paragraph_open" | "paragraph_close" if token.hidden:
                text = ""
            case "heading_open" | "heading_close":
                opens = token.type == "heading_open"
                anchor = escaped(str(token.attrGet("id") or ""))
                tag = f"h{max(FIRST_LEVEL, int(token.tag[1]))}"
                text = self._start(tag, f' id="{anchor}"' if anchor else "") if opens else f"</{tag}>\n"
            case "ordered_list_open":
                start = token.attrGet("start")
                text = self._start("ol", "" if start is None else f' start="{int(start)}"')
            case _:
                text = self._tag(token)
        return text

    def _tag(self, token: Token) -> str:
        if token.type not in self._tags:
            raise TemplateError(f"Markdown of the kind {token.type!r} cannot be drawn")
        return self._tags[token.type]

    def _span(self, token: Token) -> str:
        match token.type:
            case "code_inline":
                text = f"{self._start('code')}{escaped(token.content)}</code>"
            case "link_open":
                text = self._start("a", f' href="{escaped(str(token.attrGet("href")))}"')
            case "link_close":
                text = "</a>"
            case "glossary_term":
                text = self._term(token.meta["term"], html_text(token.content))
            case "merge_field":
                text = self.personal(token.meta["field"])
            case _:
                text = self._tag(token)
        return text

    def _table(self, rows: list[Row]) -> str:
        head, *body = [[self._line(cell.children or ()) for cell in row] for row in rows]
        wide = len(head) > MOST_COLUMNS
        # Drawn once more: what marks a term's first use has an id, and stands on the page once.
        labels = [self._line(cell.children or ()) for cell in rows[0]] if wide else []
        return "".join(
            [
                self._start("wide_table" if wide else "table"),
                f"<thead>{self._start('tr')}",
                *(f"{self._start('th', COLUMN_HEAD)}{cell}</th>" for cell in head),
                "</tr></thead>\n<tbody>",
                *(line for cells in body for line in self._row(labels, cells)),
                "</tbody></table>\n",
            ]
        )

    def _row(self, labels: Sequence[str], cells: Sequence[str]) -> Iterator[str]:
        yield self._start("tr")
        for column, cell in enumerate(cells):
            if column == 0:
                yield f"{self._start('th_row', ROW_HEAD)}{cell}</th>"
            else:
                label = f"{self._start('label')}{labels[column]}: </span>" if labels and labels[column] else ""
                yield f"{self._start('td')}{label}{cell}</td>"
        yield "</tr>\n"

    def _start(self, element: str, more: str = "") -> str:
        tag = {"th_row": "th", "wide_table": "table", "label": "span"}.get(element, element)
        return f"<{tag}{more}{self.attributes.get(element, '')}>"

    def _term(self, term: GlossaryTerm, words: Markup) -> Markup:
        return self.new_term(term, words) if self.seen.meet(term) else words

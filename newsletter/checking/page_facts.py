"""A page's HTML, walked once: what several rules want to know of its elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

SAYS_NOTHING = frozenset({"head", "style", "script", "title", "template", "noscript"})
"""Elements whose text nobody reads in the page."""


@dataclass(slots=True, eq=False)
class Element:
    """One element: ``words`` is the text of its own, not of those inside.

    ``key`` is the parser's number for it (LexborNode.mem_id). Attributes without a value have "". ``hidden`` is what its own
    style attribute, or one above it, hides.
    """

    key: int
    tag: str
    attributes: Mapping[str, str]
    parent: Element | None
    words: str = ""
    hidden: bool = False

    @property
    def start_tag(self) -> str:
        """Show the element in a message: its start tag, cut when long."""
        shown = "".join(f' {name}="{value}"' for name, value in self.attributes.items())
        return f"<{self.tag}{shown[:70]}{'…' if len(shown) > 70 else ''}>"

    def lineage(self) -> Iterator[Element]:
        """Give the element, its parent, and so on up to ``html``."""
        element: Element | None = self
        while element is not None:
            yield element
            element = element.parent

    def inside(self, tag: str) -> Element | None:
        """Give the nearest element of this name around it."""
        return next((above for above in self.lineage() if above is not self and above.tag == tag), None)


class PageFacts:
    """The elements of a page in the order of its source."""

    def __init__(self, page: LexborHTMLParser) -> None:
        self.page = page
        self.elements: list[Element] = []
        known: dict[int, Element] = {}
        for node in page.root.traverse(include_text=True) if page.root else ():
            tag = node.tag or ""
            if tag == "-text":
                words = node.text_content
                # The blanks between two tags are two of five texts.
                if words and not words.isspace() and (above := _above(node, known)):
                    above.words += f" {words}"
            elif tag[0] != "-":
                attributes = {name: value or "" for name, value in node.attributes.items()}
                element = Element(node.mem_id, tag, attributes, _above(node, known))
                element.hidden = _is_hidden(element)
                known[element.key] = element
                self.elements.append(element)

    @cached_property
    def by_tag(self) -> Mapping[str, list[Element]]:
        """The elements by their names."""
        groups: dict[str, list[Element]] = {}
        for element in self.elements:
            groups.setdefault(element.tag, []).append(element)
        return groups

    @cached_property
    def styles(self) -> Mapping[str, Element]:
        """The style attributes, each with the first element that has it."""
        found: dict[str, Element] = {}
        for element in self.elements:
            if "style" in element.attributes:
                found.setdefault(element.attributes["style"], element)
        return found

    @cached_property
    def attributes(self) -> Mapping[str, Element]:
        """The names of all attributes, each with the first element that has it."""
        found: dict[str, Element] = {}
        for element in self.elements:
            for name in element.attributes:
                if name not in found:
                    found[name] = element
        return found

    def named(self, *tags: str) -> Iterator[Element]:
        """Give the elements with one of these names."""
        for tag in tags:
            yield from self.by_tag.get(tag, ())


def _above(node: LexborNode, known: Mapping[int, Element]) -> Element | None:
    parent = node.parent
    return known.get(parent.mem_id) if parent is not None else None


def _is_hidden(element: Element) -> bool:
    if element.parent is not None and element.parent.hidden:
        return True
    style = element.attributes.get("style")
    return style is not None and ("display:none" in style or "display: none" in style)


def words_of(elements: Iterable[Element]) -> str:
    """Give the words that a page shows on a wide screen, or that its pictures say instead."""
    return " ".join(
        element.attributes.get("alt", "") if element.tag == "img" else element.words
        for element in elements
        if element.tag not in SAYS_NOTHING and not element.hidden
    )

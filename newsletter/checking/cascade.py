"""How text looks in a mail: inline styles and the style sheet resolved down the tree (CSS Cascade, Selectors level 3).

In light and in dark, wide and on a phone, and without the style sheet, as some programs show it. Only what the checks ask
for: colour, ground, size, whether it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from selectolax.lexbor import SelectolaxError

from newsletter.checking.colours import colour
from newsletter.checking.page_facts import SAYS_NOTHING, Element, PageFacts
from newsletter.checking.style_sheet import Declaration, applies, read_declarations, read_style_sheet

_ASKED_FOR = frozenset({"color", "background", "background-color", "font", "font-size", "display", "visibility"})

# What browsers do of themselves (HTML standard, 15.3): headings by their level, code smaller, links blue.
_BY_ITSELF: Mapping[str, str] = MappingProxyType(
    {"h1": "font-size:200%", "h2": "font-size:150%", "h3": "font-size:117%", "h5": "font-size:83%", "h6": "font-size:67%"}
    | {"small": "font-size:83%", "code": "font-size:81.25%", "pre": "font-size:81.25%", "a": "color:#0000ee"}
)

_TRAITS = ("class", "style", "bgcolor", "color", "hidden")

_SIZE = re.compile(r"(?:^|\s)(?:(\d+(?:\.\d+)?)(px|em|rem|%|pt)|0)(?=$|\s|/)")
_PIXELS_OF_UNIT = MappingProxyType({"px": 1.0, "pt": 4 / 3, "rem": 16.0})


class MailView(NamedTuple):
    """One way to show a mail: a scheme (light, dark), a width in pixels, with its style sheet or without."""

    name: str
    scheme: str = "light"
    width: int = 700
    styled: bool = True


VIEWS = (
    MailView("without its style sheet", styled=False),
    MailView("light"),
    MailView("dark", scheme="dark"),
    MailView("light, on a phone", width=375),
    MailView("dark, on a phone", scheme="dark", width=375),
)


class Look(NamedTuple):
    """How an element's own text looks: colours as six hex digits, ``size`` in pixels."""

    ink: str = "#000000"
    ground: str = "#ffffff"
    size: float = 16.0
    shown: bool = True


_PLAIN = Look()
"""What a page begins with."""


class ShownText(NamedTuple):
    """Text of one element in one view."""

    element: Element
    view: MailView
    look: Look


_Weight = tuple[bool, bool, int, int, int]
_STRONGEST: _Weight = (True, True, 0, 0, 0)


class _Ruling(NamedTuple):
    """One declaration for one selector, and what it weighs: importance, specificity in two figures, order."""

    selector: str
    declaration: Declaration
    weight: _Weight


def shown_text(facts: PageFacts, views: Sequence[MailView] = VIEWS) -> Iterator[ShownText]:
    """Give the text that somebody sees, in the first of the views in which it looks like that.

    Elements that must look alike are given once, by the first of them that has text.
    """
    sheets = tuple((element.attributes.get("media", ""), element.words) for element in facts.named("style"))
    skeleton = _skeleton(facts, _selectors_with_ids(sheets))
    for number, view, look in _looks_by_kind(skeleton, sheets, tuple(views)):
        speaking = skeleton.kinds[number].speaking
        if speaking is not None:
            yield ShownText(speaking, view, look)


@lru_cache(maxsize=64)
def _rulings(sheets: tuple[tuple[str, str], ...], view: MailView) -> tuple[_Ruling, ...]:
    found = []
    for media, text in sheets:
        for one in read_style_sheet(text).rules:
            if applies((*one.media, media) if media else one.media, scheme=view.scheme, width=view.width):
                found += [
                    (selector, declaration)
                    for selector in one.selectors
                    for declaration in one.declarations
                    if _matters(declaration)
                ]
    return tuple(
        _Ruling(selector, declaration, (declaration.important, False, *_specificity(selector), order))
        for order, (selector, declaration) in enumerate(found)
    )


def _matters(declaration: Declaration) -> bool:
    # What shows an element is important, or there is nothing to show: a style attribute that hides it would win.
    shows = declaration.name == "display" and declaration.value != "none" and not declaration.important
    return declaration.name in _ASKED_FOR and not shows


def _specificity(selector: str) -> tuple[int, int]:
    """Give how many ids, then classes, attributes and states times a hundred, and names of elements."""
    parts = selector.replace(">", " ").replace("+", " ").replace("~", " ").split()
    classes = selector.count(".") + selector.count("[") + selector.count(":") - 2 * selector.count("::")
    return selector.count("#"), classes * 100 + sum(part[0].isalpha() for part in parts)


@dataclass(slots=True, eq=False)
class _Kind:
    """Elements that look alike, since they and all above them are alike: the first of them, and one that has text.

    ``looks`` are those of the views so far, by the look of what is above and by the rulings: most are the same in many views.
    """

    number: int
    first: Element
    above: _Kind | None
    speaking: Element | None = None
    look: Look = _PLAIN
    looks: dict[tuple[int, ...], Look] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Skeleton:
    """The kinds of a page, each after the one above it; two pages with the same lineages look the same.

    That holds for the languages of an issue, and for an issue that is saved again with other words.
    """

    lineages: tuple[tuple[object, ...], ...]
    kinds: Sequence[_Kind] = field(compare=False)
    facts: PageFacts = field(compare=False)


def _skeleton(facts: PageFacts, selectors_with_ids: str) -> _Skeleton:
    """Sort the elements by their lineage, as far as it can make a difference: order and neighbours are not ours."""
    kinds: dict[tuple[object, ...], _Kind] = {}
    kind_of: dict[int, _Kind] = {}
    for element in facts.elements:
        attributes = element.attributes
        above = kind_of[element.parent.key] if element.parent else None
        own_id = attributes.get("id")
        traits = tuple(map(attributes.get, _TRAITS)) if attributes else ()
        lineage = (
            above.number if above else -1,
            element.tag,
            own_id if own_id and f"#{own_id}" in selectors_with_ids else None,
            *traits,
        )
        kind = kinds.get(lineage)
        if kind is None:
            kind = kinds[lineage] = _Kind(len(kinds), element, above)
        if kind.speaking is None and element.words and element.tag not in SAYS_NOTHING:
            kind.speaking = element
        kind_of[element.key] = kind
    return _Skeleton(tuple(kinds), tuple(kinds.values()), facts)


@lru_cache(maxsize=4)
def _looks_by_kind(
    skeleton: _Skeleton, sheets: tuple[tuple[str, str], ...], views: tuple[MailView, ...]
) -> tuple[tuple[int, MailView, Look], ...]:
    kinds = {kind.first.key: kind for kind in skeleton.kinds}
    # Most selectors are one class.
    matches: dict[str, list[_Kind]] = {}
    for kind in skeleton.kinds:
        for name in kind.first.attributes.get("class", "").split():
            matches.setdefault(f".{name}", []).append(kind)
    found = []
    rulings_seen = set()
    for view in views:
        rulings = _rulings(sheets, view) if view.styled else ()
        if rulings not in rulings_seen:
            rulings_seen.add(rulings)
            new = _new_looks(kinds, _asked(skeleton.facts, kinds, rulings, matches))
            found += [(kind.number, view, look) for kind, look in new if look.shown and look.size]
    return tuple(found)


def _asked(
    facts: PageFacts, kinds: Mapping[int, _Kind], rulings: Iterable[_Ruling], matches: dict[str, list[_Kind]]
) -> Mapping[int, list[_Ruling]]:
    asked: dict[int, list[_Ruling]] = {}
    for ruling in rulings:
        if ruling.selector not in matches:
            matches[ruling.selector] = _matching(facts, kinds, ruling.selector)
        for kind in matches[ruling.selector]:
            asked.setdefault(kind.first.key, []).append(ruling)
    return asked


def _new_looks(kinds: Mapping[int, _Kind], asked: Mapping[int, list[_Ruling]]) -> Iterator[tuple[_Kind, Look]]:
    """Look at every kind, and give those that look as they did in no view before."""
    for key, kind in kinds.items():
        above = kind.above.look if kind.above else _PLAIN
        rulings = asked.get(key)
        same = (id(above), *map(id, rulings)) if rulings else (id(above),)
        look = kind.looks.get(same)
        if look is None:
            look = _look(above, kind.first, rulings or ())
            is_new = look not in kind.looks.values()
            kind.looks[same] = look
            if is_new:
                kind.look = look
                yield kind, look
        kind.look = look


@lru_cache(maxsize=64)
def _selectors_with_ids(sheets: tuple[tuple[str, str], ...]) -> str:
    return " ".join(
        selector for _, text in sheets for one in read_style_sheet(text).rules for selector in one.selectors if "#" in selector
    )


def _matching(facts: PageFacts, kinds: Mapping[int, _Kind], selector: str) -> list[_Kind]:
    try:
        return [kinds[node.mem_id] for node in facts.page.css(selector) if node.mem_id in kinds]
    except SelectolaxError:
        return []


@lru_cache(maxsize=4096)
def _of_its_own(tag: str, style: str, bgcolor: str, color: str) -> tuple[tuple[_Weight, Declaration], ...]:
    """Give what an element says itself: what browsers do by its name, then its attributes, then its style attribute."""
    hints = [_BY_ITSELF.get(tag, ""), f"background-color:{bgcolor}" if bgcolor else "", f"color:{color}" if color else ""]
    return (
        *(((False, False, -1, 0, 0), one) for one in read_declarations(";".join(hints))),
        *(((one.important, True, 0, 0, 0), one) for one in read_declarations(style) if one.name in _ASKED_FOR),
    )


def _look(above: Look, element: Element, rulings: Sequence[_Ruling]) -> Look:
    told = element.attributes.get
    own = _of_its_own(element.tag, told("style", ""), told("bgcolor", ""), told("color", ""))
    if rulings:
        own = tuple(sorted([*own, *((one.weight, one.declaration) for one in rulings)], key=lambda pair: pair[0]))
    if "hidden" in element.attributes:
        own = (*own, (_STRONGEST, Declaration("display", "none")))
    return _said(above, tuple(declaration for _, declaration in own)) if own else above


@lru_cache(maxsize=4096)
def _said(above: Look, declarations: tuple[Declaration, ...]) -> Look:
    ink, ground, size, shown = above.ink, above.ground, above.size, above.shown
    for one in declarations:
        if one.name == "color":
            ink = above.ink if one.value == "inherit" else colour(one.value) or ink
        elif one.name in {"background", "background-color"}:
            ground = next((found for word in one.value.split() if (found := colour(word))), ground)
        elif one.name in {"font", "font-size"}:
            size = _size(one.value, above.size, size)
        elif one.name == "display":
            shown = above.shown and one.value != "none"
        elif one.value in {"hidden", "collapse"}:
            shown = False
    return Look(ink, ground, size, shown)


def _size(value: str, above: float, before: float) -> float:
    match = _SIZE.search(value)
    if not match:
        return before
    number, unit = float(match[1] or 0), match[2] or "px"
    if unit in {"em", "%"}:
        return number * above / (100 if unit == "%" else 1)
    return number * _PIXELS_OF_UNIT[unit]

"""What the programs that show mail can do: everything that our templates may write, and why it is allowed.

"everywhere": all programs in use do what it says, or nothing is lost where one does not. "progressive": some ignore it, and
then it falls back to what the text says. What is not listed is a finding. The knowledge comes from caniemail.com's tables and
from our own letters in Outlook, Gmail and Apple Mail; to allow something new, say here what happens where it is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from newsletter.checking.style_sheet import StyleSheet, read_declarations

EVERYWHERE = "everywhere"


def _all(reason: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


PROPERTIES: Mapping[str, str] = MappingProxyType(
    _all(EVERYWHERE, "background background-color color font font-family font-size font-style font-weight")
    | _all(EVERYWHERE, "border border-top border-right border-bottom border-left border-color border-style border-width")
    | _all(EVERYWHERE, "border-collapse border-spacing height width line-height text-align text-decoration vertical-align")
    | _all(EVERYWHERE, "margin margin-top margin-right margin-bottom margin-left direction display letter-spacing white-space")
    | _all(EVERYWHERE, "padding padding-top padding-right padding-bottom padding-left list-style list-style-type")
    | _all(EVERYWHERE, "border-top-color border-right-color border-bottom-color border-left-color text-transform text-indent")
    | _all("progressive: falls back to square corners (Outlook)", "border-radius")
    | _all("progressive: falls back to the width attribute (Outlook)", "max-width min-width")
    | _all("progressive: falls back to the height of what is inside", "max-height min-height")
    | _all("progressive: falls back to long words that widen their column", "word-break overflow-wrap word-wrap word-spacing")
    | _all("progressive: falls back to what is inside being shown; for the preview text only", "opacity overflow visibility")
    | _all("progressive: falls back to the program's own idea of a dark letter", "color-scheme supported-color-schemes")
    | _all("progressive: falls back to a line straight under the words", "text-underline-offset text-decoration-color")
    | _all("progressive: falls back to text that the program may enlarge", "-webkit-text-size-adjust -ms-text-size-adjust")
    | _all("progressive: falls back to the program's own way to scale pictures", "-ms-interpolation-mode outline")
    | _all("progressive: falls back to a paragraph cut by the edge of a printed page", "page-break-inside break-inside")
)
"""By property; those that begin with ``mso-`` are read by Outlook alone and do no harm elsewhere."""

KEYWORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "display": frozenset(("none", "block", "inline", "inline-block", "table", "table-row", "table-cell")),
        "overflow": frozenset(("hidden",)),
        "visibility": frozenset(("hidden", "visible")),
        "opacity": frozenset(("0", "1")),
        "direction": frozenset(("ltr", "rtl")),
        "background": frozenset(("none", "transparent")),
        "word-break": frozenset(("normal", "break-word", "break-all")),
    }
)
"""The values of properties of which only some work; a colour may stand in a background beside its keywords."""

_AT_RULES = MappingProxyType({"@media": "progressive: falls back to the light letter for a wide screen"})
_MEDIA = re.compile(
    r"@media\s*(?:only\s+)?(?:screen|all|print)?\s*(?:and\s*)?"
    r"(?:\(\s*(?:prefers-color-scheme\s*:\s*(?:dark|light)|(?:min|max)-(?:device-)?width\s*:\s*\d+px)\s*\)\s*(?:and\s*)?)*"
)
# Names of elements, classes and ids, one inside the other: what Gmail keeps. The states (":hover") are progressive:
# without them a link looks the same under the mouse, and a first or last child has the room of all others.
_COMPOUND = re.compile(r"(?=.)(?:\*|[a-z][\w-]*)?(?:[.#][\w-]+)*(?::root|:hover|:focus|:(?:first|last)-child)?", re.IGNORECASE)
_COMBINATOR = re.compile(r"\s*>\s*|\s+")
_UNIT = re.compile(r"(?<![\w#.-])-?\d*\.?\d+([a-z]+|%)")
_UNITS = frozenset(("px", "em", "%", "pt"))

ELEMENTS: Mapping[str, str] = MappingProxyType(
    _all(EVERYWHERE, "html head title meta style body div span p br hr a img b strong i em u s del ins sub sup code pre")
    | _all(EVERYWHERE, "h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote table thead tbody tfoot tr th td caption abbr cite")
)

ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    _all(
        EVERYWHERE, "lang dir class style id title href src alt width height border align valign bgcolor cellpadding cellspacing"
    )
    | _all(EVERYWHERE, "colspan rowspan start value type media name content charset http-equiv xmlns xmlns:v xmlns:o")
    | _all("progressive: falls back to the language of the page (Outlook reads it)", "xml:lang")
    | _all("progressive: falls back to a reader's own guess at the table", "scope headers abbr role")
    | _all("progressive: falls back to a link in the same window", "target rel")
)
"""By attribute; those that begin with ``aria-`` fall back to the words themselves."""


@lru_cache(maxsize=4096)
def unsupported_declarations(style: str) -> tuple[str, ...]:
    """Name every declaration of a style attribute that is not known to work."""
    return tuple(f"{one.name}: {one.value}" for one in read_declarations(style) if not _works(one.name, one.value))


@lru_cache(maxsize=64)
def unsupported_rules(sheet: StyleSheet) -> tuple[str, ...]:
    """Name every selector, declaration and at-rule of a style sheet that is not known to work."""
    return tuple(dict.fromkeys(_unsupported_in(sheet)))


def _unsupported_in(sheet: StyleSheet) -> Iterator[str]:
    for at_rule, _ in sheet.at_rules:
        if at_rule.split("(")[0].split()[0].lower() not in _AT_RULES or not all(
            _MEDIA.fullmatch(query if query.startswith("@media") else f"@media {query.strip()}") for query in at_rule.split(",")
        ):
            yield at_rule
    for rule in sheet.rules:
        yield from (selector for selector in rule.selectors if not all(map(_COMPOUND.fullmatch, _COMBINATOR.split(selector))))
        for one in rule.declarations:
            if not _works(one.name, one.value):
                yield f"{one.name}: {one.value}"


def _works(name: str, value: str) -> bool:
    if name.startswith("mso-"):
        return True
    if name not in PROPERTIES:
        return False
    value = value.lower()
    if "'" in value or '"' in value:
        value = re.sub(r"\"[^\"]*\"|'[^']*'", "", value)
    if any(unit not in _UNITS for unit in _UNIT.findall(value)):
        return False
    if "(" in value and set(re.findall(r"([a-z-]*)\(", value)) - {"rgb"}:
        return False
    if any(len(word) not in {4, 7} for word in value.split() if word[0] == "#"):
        return False
    allowed = KEYWORDS.get(name)
    return allowed is None or value in allowed or (name == "background" and value.startswith(("#", "rgb")))

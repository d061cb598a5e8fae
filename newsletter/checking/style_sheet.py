"""The style sheets and style attributes of a page, read as far as the checks need it (CSS Syntax Level 3).

No parser for any CSS: what a template of ours may write, and a clear answer where it writes something else. A page's two
editions share their style sheet, and most elements share a few style attributes: each is read once.

Values are named tuples here: seven frozen dataclasses took 4 ms of every start, and hashes are computed a thousand times a check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

_COMMENT = re.compile(r"/\*.*?(\*/|\Z)", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
# A colon that ends a property's name, and no colon of an address.
_DECLARATION = re.compile(r"\s*([-_a-zA-Z][-\w]*)\s*:\s*(.*?)\s*(!\s*important)?\s*", re.DOTALL | re.IGNORECASE)
_CONDITION = re.compile(r"\(\s*([a-z-]+)\s*(?::\s*([^)]*?)\s*)?\)|\b(not|print|speech)\b", re.IGNORECASE)


class Declaration(NamedTuple):
    """One ``property: value``, the property in small letters."""

    name: str
    value: str
    important: bool = False


class StyleRule(NamedTuple):
    """One rule: what it applies to, what it says, and the at-rules round it, the outermost first (``@media (…)``)."""

    selectors: tuple[str, ...]
    declarations: tuple[Declaration, ...]
    within: tuple[str, ...] = ()

    @property
    def media(self) -> tuple[str, ...]:
        """The media queries round it."""
        return tuple(at_rule.partition(" ")[2] for at_rule in self.within if at_rule.startswith("@media"))


class StyleSheet(NamedTuple):
    """The rules of one style sheet, and its at-rules as ``(at-rule, those round it)``."""

    rules: tuple[StyleRule, ...]
    at_rules: tuple[tuple[str, tuple[str, ...]], ...]


@lru_cache(maxsize=4096)
def read_declarations(style: str) -> tuple[Declaration, ...]:
    """Read a style attribute, or what stands between the braces of a rule; what is no declaration is left out."""
    if "/*" in style:
        style = _COMMENT.sub(" ", style)
    return tuple(
        Declaration(match[1].lower(), " ".join(match[2].split()), bool(match[3]))
        for piece in _split_outside_brackets(style, ";")
        if (match := _DECLARATION.fullmatch(piece))
    )


@lru_cache(maxsize=64)
def read_style_sheet(text: str) -> StyleSheet:
    """Read a style sheet, to its end whatever it holds."""
    rules: list[StyleRule] = []
    at_rules: list[tuple[str, tuple[str, ...]]] = []
    within: list[str] = []
    for kind, words in _pieces(_COMMENT.sub(" ", text)):
        if kind == "open":
            if words.startswith("@"):
                at_rules.append((words, tuple(within)))
            within.append(words)
        elif kind == "close":
            owner = within.pop() if within else ""
            if words and not owner.startswith("@media"):
                outer = tuple(one for one in within if one.startswith("@"))
                selectors = tuple(" ".join(selector.split()) for selector in _split_outside_brackets(owner, ","))
                rules.append(StyleRule(selectors, read_declarations(words), outer))
        elif words.startswith("@"):
            at_rules.append((words, tuple(within)))
    return StyleSheet(tuple(rules), tuple(at_rules))


@lru_cache(maxsize=256)
def applies(media: tuple[str, ...], *, scheme: str, width: int) -> bool:
    """Say whether media queries hold on a screen of this scheme (light, dark) and width in pixels.

    A feature that is not known here counts as met: rather one warning too many than text that nobody looked at.
    """
    return all(any(_query_holds(query, scheme, width) for query in whole.split(",")) for whole in media)


def _query_holds(query: str, scheme: str, width: int) -> bool:
    for feature, value, word in _CONDITION.findall(query.lower()):
        pixels = _pixels(value)
        if (
            word
            or (feature == "prefers-color-scheme" and value != scheme)
            or (feature in {"max-width", "max-device-width"} and pixels is not None and width > pixels)
            or (feature in {"min-width", "min-device-width"} and pixels is not None and width < pixels)
        ):
            return False
    return True


def _pixels(length: str) -> float | None:
    for unit, pixels in (("px", 1), ("rem", 16), ("em", 16)):
        number = length.removesuffix(unit)
        if number != length and number.isascii() and number.replace(".", "", 1).isdigit():
            return float(number) * pixels
    return None


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Give the style sheet piece by piece: what stands before "{", before "}", and before a ";" that ends an at-rule."""
    start, opened = 0, 0
    # Quoted text may hold any of these; it keeps its place and loses its meaning.
    blanked = _QUOTED.sub(lambda quoted: "'" * len(quoted[0]), text)
    for match in re.finditer(r"[{};]", blanked):
        words = text[start : match.start()].strip()
        if match[0] == ";":
            if not words.startswith("@"):
                continue
            yield "statement", words
        else:
            yield ("open" if match[0] == "{" else "close"), words
            opened += 1 if match[0] == "{" else -1
        start = match.end()
    if opened > 0:
        yield "close", text[start:].strip()


def _split_outside_brackets(text: str, separator: str) -> list[str]:
    if "(" not in text and "'" not in text and '"' not in text:
        return text.split(separator)
    hidden = re.sub(r"\([^()]*\)|\"[^\"]*\"|'[^']*'", lambda found: "\0" * len(found[0]), text)
    cuts = [-1, *(match.start() for match in re.finditer(re.escape(separator), hidden)), len(text)]
    return [text[one + 1 : other] for one, other in pairwise(cuts)]

"""Conditional comments: a mail holds two pages, one for Outlook with Microsoft Word's engine and one for everybody else.

``<!--[if mso]>…<![endif]-->`` is for Outlook, ``<!--[if !mso]><!-->…<!--<![endif]-->`` for the others. Each of the two pages
has to be in balance of its own, which a parser does not show: it sees the one and mends it silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MARK = re.compile(
    r"<!--\[if ([^\]]*)\]>(?:<!-->|-->)?|<!(?:--<!)?\[endif\]-->|<!--.*?-->"
    r"|<(/?)(table|tbody|thead|tfoot|tr|td|th|div|ul|ol|a)\b",
    re.DOTALL,
)

_Tag = tuple[str, str, int]
"""A stroke where the tag closes, the element's name, and where it stands."""


def imbalances(html: str) -> list[tuple[str, str]]:
    """Give the branches that are out of balance ("Outlook", "other programs"), each with what is wrong first."""
    outlook: list[_Tag] = []
    others: list[_Tag] = []
    reading: tuple[list[_Tag], ...] = (outlook, others)
    for mark in _MARK.finditer(html):
        condition, closing, name = mark.groups()
        if name:
            for branch in reading:
                branch.append((closing, name, mark.start()))
        elif condition is not None:
            reading = (others,) if "!" in condition else (outlook,)
        elif "endif" in mark[0]:
            reading = (outlook, others)
    found = [(name, _first_wrong(branch, html)) for name, branch in (("Outlook", outlook), ("other programs", others))]
    return [(name, wrong) for name, wrong in found if wrong]


def _first_wrong(tags: Iterable[_Tag], html: str) -> str:
    opened: list[str] = []
    for closing, name, position in tags:
        if not closing:
            opened.append(name)
        elif opened and opened[-1] == name:
            opened.pop()
        else:
            due = f"</{opened[-1]}>" if opened else "none"
            return f"</{name}> stands where {due} is due, after “{_words_before(html, position)}”"
    return f"<{opened[-1]}> is never closed" if opened else ""


def _words_before(html: str, position: int) -> str:
    words = re.sub(r"<[^>]*>|^[^<]*>", " ", html[max(0, position - 600) : position]).split()
    return " ".join(words[-6:])

"""Conditional comments: a mail holds two pages, one for Outlook with Microsoft Word's engine and one for everybody else.

``<!--[if mso]>…<![endif]-->`` is for Outlook, ``<!--[if !mso]><!-->…<!--<![endif]-->`` for the others. Each of the two pages
has to be in balance of its own, which a parser does not show: it sees the one and mends it silently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice

_MARK = re.compile(
    r"<(?:(/?)(table|tbody|thead|tfoot|tr|td|th|div|ul|ol|a)\b"
    r"|!(?:--\[if ([^\]]*)\]>(?:<!-->|-->)?|(?:--<!)?\[(endif)\]-->|--.*?-->))",
    re.DOTALL,
)


@dataclass(slots=True)
class _Branch:
    """One of the two pages: what is open in it, and what was wrong first, with the number of the mark where that was seen."""

    name: str
    opened: list[str] = field(default_factory=list)
    wrong: str = ""
    wrong_at: int = 0


def imbalances(html: str) -> list[tuple[str, str]]:
    """Give the branches that are out of balance ("Outlook", "other programs"), each with what is wrong first."""
    outlook, others = _Branch("Outlook"), _Branch("other programs")
    reading: tuple[_Branch, ...] = (outlook, others)
    # Every variant of every mail is read like this: findall gives strings, in half the time of matches.
    for number, (closing, name, condition, end) in enumerate(_MARK.findall(html)):
        if name:
            for branch in reading:
                if not closing:
                    branch.opened.append(name)
                elif branch.opened and branch.opened[-1] == name:
                    branch.opened.pop()
                elif not branch.wrong:
                    due = f"</{branch.opened[-1]}>" if branch.opened else "none"
                    branch.wrong, branch.wrong_at = f"</{name}> stands where {due} is due", number
        elif condition:
            reading = (others,) if "!" in condition else (outlook,)
        elif end:
            reading = (outlook, others)
    return [(branch.name, wrong) for branch in (outlook, others) if (wrong := _said(branch, html))]


def _said(branch: _Branch, html: str) -> str:
    if branch.wrong:
        return f"{branch.wrong}, after “{_words_before(html, branch.wrong_at)}”"
    return f"<{branch.opened[-1]}> is never closed" if branch.opened else ""


def _words_before(html: str, number: int) -> str:
    """Give the last words before a mark, which is counted from 0."""
    position = next(islice(_MARK.finditer(html), number, None)).start()
    words = re.sub(r"<[^>]*>|^[^<]*>", " ", html[max(0, position - 600) : position]).split()
    return " ".join(words[-6:])

"""Anchors of sections: the ids that links such as ``[below](#trials)`` lead to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Sequence

from markdown_it.token import Token

from newsletter.authoring.complaints import Complaints, Mistake, did_you_mean, quoted
from newsletter.findings import Place

LONGEST_ANCHOR = 60
"""Characters of an anchor that is made from a title."""

_CHOSEN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_GAP = re.compile(r"[^a-z0-9]+")


def plain_text(tokens: Sequence[Token]) -> str:
    """Give the text of inline tokens as a reader would say it."""
    return "".join(" " if token.type in {"softbreak", "hardbreak"} else token.content for token in tokens)


def make_anchor(title: str) -> str:
    """Make an anchor from a title: small letters and hyphens, accents folded."""
    folded = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower().replace("'", "")
    return _GAP.sub("-", folded)[:LONGEST_ANCHOR].strip("-") or "section"


def make_anchors(titles: Sequence[str], taken: Container[str]) -> Iterator[str]:
    """Make anchors from titles; where one is taken or comes again, a number follows it."""
    last: dict[str, int] = {}
    made: set[str] = set()
    for title in titles:
        anchor = make_anchor(title)
        number = last.get(anchor, 0) + 1
        while (candidate := f"{anchor}-{number}" if number > 1 else anchor) in taken or candidate in made:
            number += 1
        last[anchor] = number
        made.add(candidate)
        yield candidate


def find_anchor_mistake(anchor: str, taken: Container[str]) -> Mistake | None:
    """Say what is wrong with an anchor that an editor chose."""
    if not _CHOSEN.fullmatch(anchor):
        message = f"the anchor {quoted(anchor)} is not made of small letters, digits and hyphens"
        return Mistake("anchor", message, f"Write {{#{make_anchor(anchor)}}}")
    if anchor in taken:
        return Mistake("anchor", f"another section already has the anchor {quoted(anchor)}", "Choose another word.")
    return None


def check_anchor_links(links: Sequence[tuple[str, Place]], anchors: Sequence[str], complaints: Complaints) -> None:
    """Complain about links to anchors that the issue does not have."""
    known = frozenset(anchors)
    for anchor, place in links:
        if anchor not in known:
            mistake = Mistake("link-anchor", f"no section has the anchor {quoted('#' + anchor)}", did_you_mean(anchor, anchors))
            complaints.add(mistake, line=place.line, column=place.column)

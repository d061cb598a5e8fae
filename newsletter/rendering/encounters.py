"""What a reader has come across so far, from part to part: glossary terms, and links that the text part numbers.

It decides what a part says of them: a term is explained where it first comes up, a link is numbered once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from newsletter.authoring.issue import GlossaryTerm

Drawn = TypeVar("Drawn")
Standing = tuple[frozenset[str], tuple[int | None, ...], int]
_NOTHING: Standing = (frozenset(), (), 0)


@dataclass(slots=True)
class Mentions:
    """The terms and links that a part or a section brings up, each once, in order."""

    terms: dict[str, GlossaryTerm] = field(default_factory=dict)
    links: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Encounters:
    """One reader's way through one variant of an issue.

    ``new_terms`` and ``new_links`` are those first met in the present section, ``mentions`` all of the part that is being drawn.
    """

    terms: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)
    new_terms: list[GlossaryTerm] = field(default_factory=list)
    new_links: list[str] = field(default_factory=list)
    mentions: Mentions = field(default_factory=Mentions)

    def meet(self, term: GlossaryTerm) -> bool:
        """Come across a term; say whether it is for the first time."""
        self.mentions.terms[term.key] = term
        if term.key in self.terms:
            return False
        self.terms.add(term.key)
        self.new_terms.append(term)
        return True

    def number(self, link: str) -> int:
        """Come across a link and give its number, from 1."""
        self.mentions.links[link] = None
        number = self.numbers.get(link)
        if number is None:
            number = self.numbers[link] = len(self.numbers) + 1
            self.new_links.append(link)
        return number

    def come_across(self, mentions: Mentions) -> None:
        """Come across everything in a part that is drawn already."""
        for term in mentions.terms.values():
            self.meet(term)
        for link in mentions.links:
            self.number(link)

    def come_across_in(self, work: Callable[[], Drawn]) -> tuple[Drawn, Mentions]:
        """Do some drawing and give what it made and what came up meanwhile."""
        outer, self.mentions = self.mentions, Mentions()
        drawn, inner = work(), self.mentions
        outer.terms.update(inner.terms)
        outer.links.update(inner.links)
        self.mentions = outer
        return drawn, inner

    def end_section(self) -> None:
        """Begin the next section: nothing is new in it yet."""
        self.new_terms, self.new_links = [], []

    def copy(self) -> Encounters:
        """Keep what is known now."""
        return Encounters(set(self.terms), dict(self.numbers))

    def standing(self, mentions: Mentions) -> Standing:
        """Give all that a part with these mentions can depend on: two readers for whom it is equal read the same words."""
        if not mentions.terms and not mentions.links:
            return _NOTHING
        numbers = tuple([self.numbers.get(link) for link in mentions.links])
        return frozenset(self.terms.intersection(mentions.terms)), numbers, len(self.numbers) if None in numbers else 0

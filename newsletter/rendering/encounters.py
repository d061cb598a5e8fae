"""What a reader has come across so far, from part to part: glossary terms, and links that the text part numbers.

It decides what a part says of them: a term is explained where it first comes up, a link is numbered once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from newsletter.authoring.issue import GlossaryTerm

Standing = tuple[frozenset[str], tuple[int | None, ...], int]


@dataclass(slots=True)
class Mentions:
    """The terms and links that a part brings up, each once, in order."""

    terms: dict[str, GlossaryTerm] = field(default_factory=dict)
    links: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Encounters:
    """One reader's way through one variant of an issue. ``mentions`` are those of the part that is being drawn."""

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

    def take_mentions(self) -> Mentions:
        """Give what came up since the last call."""
        mentions, self.mentions = self.mentions, Mentions()
        return mentions

    def take_new_terms(self) -> tuple[GlossaryTerm, ...]:
        """Give the terms first met since the last call."""
        terms, self.new_terms = tuple(self.new_terms), []
        return terms

    def take_new_links(self) -> tuple[tuple[int, str], ...]:
        """Give the links that were numbered since the last call, with their numbers."""
        links, self.new_links = self.new_links, []
        return tuple((self.numbers[link], link) for link in links)

    def copy(self) -> Encounters:
        """Keep what is known now."""
        return Encounters(set(self.terms), dict(self.numbers))

    def standing(self, mentions: Mentions) -> Standing:
        """Give all that a part with these mentions can depend on: two readers for whom it is equal read the same words."""
        numbers = tuple([self.numbers.get(link) for link in mentions.links])
        return frozenset(self.terms.intersection(mentions.terms)), numbers, len(self.numbers) if None in numbers else 0

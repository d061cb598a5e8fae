"""What a reader has come across so far, one section after the other: glossary terms, and links that the text part numbers.

It decides what a section says of them: a term is explained where it first comes up, a link is numbered once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from newsletter.authoring.issue import GlossaryTerm

Standing = tuple[object, ...]


@dataclass(slots=True)
class Mentions:
    """The terms and links that one section brings up, each once, in order."""

    terms: dict[str, None] = field(default_factory=dict)
    links: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Encounters:
    """One reader's way through one variant of an issue."""

    terms: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)
    new_terms: list[GlossaryTerm] = field(default_factory=list)
    new_links: list[str] = field(default_factory=list)
    mentions: Mentions = field(default_factory=Mentions)

    def meet(self, term: GlossaryTerm) -> bool:
        """Come across a term; say whether it is for the first time."""
        self.mentions.terms[term.key] = None
        if term.key in self.terms:
            return False
        self.terms.add(term.key)
        self.new_terms.append(term)
        return True

    def number(self, link: str) -> int:
        """Come across a link and give its number, from 1."""
        self.mentions.links[link] = None
        if link not in self.numbers:
            self.numbers[link] = len(self.numbers) + 1
            self.new_links.append(link)
        return self.numbers[link]

    def end_section(self) -> Mentions:
        """Give what the section brought up, and begin the next."""
        mentions, self.mentions, self.new_terms, self.new_links = self.mentions, Mentions(), [], []
        return mentions

    def standing(self, mentions: Mentions) -> Standing:
        """Give all that a section with these mentions can depend on: two readers for whom it is equal read the same words."""
        numbers = tuple(self.numbers.get(link) for link in mentions.links)
        return frozenset(self.terms.intersection(mentions.terms)), numbers, len(self.numbers) if None in numbers else 0

    def pass_over(self, mentions: Mentions) -> None:
        """Come across everything in a section that is drawn already."""
        self.terms.update(mentions.terms)
        for link in mentions.links:
            self.numbers.setdefault(link, len(self.numbers) + 1)

    def copy(self) -> Encounters:
        """Keep what is known now, between two sections."""
        return Encounters(set(self.terms), dict(self.numbers))

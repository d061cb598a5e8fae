"""Sections drawn for one medium, ready for its layout."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from markupsafe import Markup

from newsletter.authoring.issue import GlossaryTerm, Issue, Prose, Section
from newsletter.rendering.blocks import Medium, draw_block
from newsletter.rendering.encounters import Encounters, Mentions, Standing
from newsletter.rendering.narrowing import NarrowedSection, Part, narrow
from newsletter.rendering.plain import joined
from newsletter.rendering.words import Words

Selection = tuple[int, tuple[int, ...]]
"""A section by its identity, and the numbers of its parts that are closed."""


@dataclass(frozen=True, slots=True)
class DrawnSection:
    """One section: ``terms`` are those a reader meets here first, ``links`` those the text part numbers here.

    ``heading`` is ready for its medium, ``title`` is the same as plain text; ``anchor`` is empty where there is no heading.
    """

    title: str
    heading: Markup
    anchor: str
    body: Markup
    terms: tuple[GlossaryTerm, ...]
    links: tuple[tuple[int, Markup], ...]


@dataclass(frozen=True, slots=True)
class SectionDrawing:
    """Draws the sections of one issue for one medium, for readers of any topics.

    Variants of a mail differ little: a section is drawn once for all readers who have the same of its blocks open and to whom
    the same of its terms and links are new.
    """

    issue: Issue
    words: Words
    medium: Medium
    _mentions: dict[Selection, Mentions] = field(default_factory=dict)
    _drawn: dict[tuple[Selection, Standing], DrawnSection] = field(default_factory=dict)

    def draw(self, chosen: Collection[str]) -> tuple[DrawnSection, ...]:
        """Draw what readers see who chose these topics: a section of which nothing is left for them is not among it."""
        self.medium.prose.seen = Encounters()
        narrowed = [narrow(section, chosen) for section in self.issue.sections]
        return tuple(self._section(section) for section in narrowed if section.parts)

    def _section(self, narrowed: NarrowedSection) -> DrawnSection:
        seen = self.medium.prose.seen
        selection = (id(narrowed.section), narrowed.closed)
        mentions = self._mentions.get(selection)
        if mentions is not None and (known := self._drawn.get((selection, seen.standing(mentions)))):
            seen.pass_over(mentions)
            return known
        before = seen.copy()
        drawn = self._draw(narrowed.section, narrowed.parts)
        mentions = self._mentions[selection] = seen.end_section()
        self._drawn[selection, before.standing(mentions)] = drawn
        return drawn

    def _draw(self, section: Section, parts: Sequence[Part]) -> DrawnSection:
        prose = self.medium.prose
        heading = prose.inline(section.heading.children or ()) if section.heading else Markup()
        body = ("\n\n" if self.medium.folder == "text" else "\n").join(self._bodies(parts))
        return DrawnSection(
            title=section.title,
            heading=heading,
            anchor=section.anchor,
            body=joined([body]),
            terms=tuple(prose.seen.new_terms),
            links=tuple((prose.seen.numbers[link], joined([link])) for link in prose.seen.new_links),
        )

    def _bodies(self, parts: Sequence[Part]) -> Iterator[str]:
        """Draw the parts; prose between which a closed block stood flows on as if there had never been one."""
        between = "\n\n" if self.medium.folder == "text" else ""
        for is_prose, group in groupby(parts, lambda part: isinstance(part, Prose)):
            drawn = (
                self.medium.prose.flow(part.tokens)
                if isinstance(part, Prose)
                else draw_block(part, self.issue, self.words, self.medium)
                for part in group
            )
            if is_prose:
                yield between.join(drawn).strip("\n")
            else:
                yield from (block.strip("\n") for block in drawn)

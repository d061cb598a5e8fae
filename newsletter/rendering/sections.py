"""Sections drawn for one medium, ready for its layout."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from markupsafe import Markup

from newsletter.authoring.issue import GlossaryTerm, Issue, Prose, Section
from newsletter.rendering.blocks import Medium, draw_block
from newsletter.rendering.design import draw
from newsletter.rendering.encounters import Encounters, Mentions, Standing
from newsletter.rendering.narrowing import NarrowedSection, Part, narrow
from newsletter.rendering.plain import joined
from newsletter.rendering.words import Words


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

    Variants of a mail differ little: a part of a section is drawn once for all readers to whom the same of its terms are new
    and for whom its links have the same numbers.
    """

    issue: Issue
    words: Words
    medium: Medium
    _narrowed: dict[tuple[int, tuple[int, ...]], NarrowedSection] = field(default_factory=dict)
    _mentions: dict[int, Mentions] = field(default_factory=dict)
    _drawn: dict[tuple[int, Standing], str] = field(default_factory=dict)
    _wholes: dict[DrawnSection, Markup] = field(default_factory=dict)

    def draw(self, chosen: Collection[str]) -> tuple[DrawnSection, ...]:
        """Draw what readers see who chose these topics: a section of which nothing is left for them is not among it."""
        self.medium.prose.seen = Encounters()
        return tuple(self._section(narrowed) for narrowed in self._narrow(chosen) if narrowed.parts)

    def whole(self, section: DrawnSection) -> Markup:
        """Draw a section as its layout shows it: with its heading and what is explained at its end."""
        if section not in self._wholes:
            values = {**self.medium.common, "said": self.words, "section": section}
            name = f"{self.medium.folder}/section{self.medium.ending}"
            self._wholes[section] = draw(self.medium.environment, name, values)
        return self._wholes[section]

    def _narrow(self, chosen: Collection[str]) -> Iterator[NarrowedSection]:
        """Narrow every section, and keep what comes out: a part is known by its identity."""
        for section in self.issue.sections:
            narrowed = narrow(section, chosen)
            yield self._narrowed.setdefault((id(section), narrowed.closed), narrowed)

    def _section(self, narrowed: NarrowedSection) -> DrawnSection:
        section, seen = narrowed.section, self.medium.prose.seen
        heading = self._once(section, lambda: self._heading(section))
        body = ("\n\n" if self.medium.folder == "text" else "\n").join(self._bodies(narrowed))
        return DrawnSection(
            title=section.title,
            heading=joined([heading]),
            anchor=section.anchor,
            body=joined([body]),
            terms=seen.take_new_terms(),
            links=tuple((number, joined([link])) for number, link in seen.take_new_links()),
        )

    def _heading(self, section: Section) -> str:
        return self.medium.prose.inline(section.heading.children or ()) if section.heading else ""

    def _bodies(self, narrowed: NarrowedSection) -> Iterator[str]:
        """Draw the parts; prose between which a closed block stood flows on as if there had never been one."""
        between = "\n\n" if self.medium.folder == "text" else ""
        for is_prose, parts in groupby(narrowed.parts, lambda part: isinstance(part, Prose)):
            drawn = [self._part(part) for part in parts]
            if is_prose:
                yield between.join(drawn).strip("\n")
            else:
                yield from (block.strip("\n") for block in drawn)

    def _part(self, part: Part) -> str:
        if isinstance(part, Prose):
            return self._once(part, lambda: self.medium.prose.flow(part.tokens))
        return self._once(part, lambda: draw_block(part, self.issue, self.words, self.medium))

    def _once(self, part: object, work: Callable[[], str]) -> str:
        """Draw a part, unless it has been drawn for a reader who had come across the same of what is in it."""
        seen = self.medium.prose.seen
        mentions = self._mentions.get(id(part))
        if mentions is not None:
            drawn = self._drawn.get((id(part), seen.standing(mentions)))
            if drawn is not None:
                seen.come_across(mentions)
                return drawn
        before = seen.copy()
        seen.take_mentions()
        drawn = work()
        mentions = self._mentions[id(part)] = seen.take_mentions()
        self._drawn[id(part), before.standing(mentions)] = drawn
        return drawn

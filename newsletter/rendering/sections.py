"""Sections drawn for one medium, ready for its layout."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

from markupsafe import Markup

from newsletter.authoring.issue import GlossaryTerm, Issue, Prose, Section
from newsletter.rendering.blocks import Medium, draw_block
from newsletter.rendering.design import draw
from newsletter.rendering.encounters import Drawn, Encounters, Mentions, Standing
from newsletter.rendering.narrowing import NarrowedSection, Part, narrow, topics_in
from newsletter.rendering.plain import joined
from newsletter.rendering.words import Words


@dataclass(frozen=True, slots=True)
class DrawnSection:
    """One section as its medium shows it, with its heading and what is explained at its end.

    ``title`` is its heading as plain text; ``anchor`` is empty where there is no heading. ``terms`` are those that a reader
    meets here first.
    """

    title: str
    anchor: str
    whole: Markup
    terms: tuple[GlossaryTerm, ...]


@dataclass(frozen=True, slots=True)
class SectionDrawing:
    """Draws the sections of one issue for one medium, for readers of any topics.

    Variants of a mail differ little: a section, and each of its parts, is drawn once for all readers who have the same of its
    blocks open, to whom the same of its terms are new and for whom its links have the same numbers.
    """

    issue: Issue
    words: Words
    medium: Medium
    _topics: dict[int, frozenset[str]] = field(default_factory=dict)
    _narrowed: dict[tuple[int, frozenset[str]], NarrowedSection] = field(default_factory=dict)
    _mentions: dict[int, Mentions] = field(default_factory=dict)
    _drawn: dict[tuple[int, Standing], Any] = field(default_factory=dict)

    def draw(self, chosen: Collection[str]) -> tuple[DrawnSection, ...]:
        """Draw what readers see who chose these topics: a section of which nothing is left for them is not among it."""
        seen = self.medium.prose.seen = Encounters()
        drawn = []
        for section in self.issue.sections:
            narrowed = self._narrow(section, chosen)
            if narrowed.parts:
                drawn.append(self._once(narrowed, partial(self._section, narrowed)))
                seen.end_section()
        return tuple(drawn)

    def _narrow(self, section: Section, chosen: Collection[str]) -> NarrowedSection:
        """Narrow a section and keep what comes out: it and its parts are known by their identity."""
        topics = self._topics.get(id(section))
        if topics is None:
            topics = self._topics[id(section)] = topics_in(section)
        selection = (id(section), topics.difference(chosen))
        narrowed = self._narrowed.get(selection)
        if narrowed is None:
            narrowed = self._narrowed[selection] = narrow(section, chosen)
        return narrowed

    def _section(self, narrowed: NarrowedSection) -> DrawnSection:
        section, seen = narrowed.section, self.medium.prose.seen
        heading = self.medium.prose.inline(section.heading.children or ()) if section.heading else Markup()
        body = ("\n\n" if self.medium.folder == "text" else "\n").join(self._bodies(narrowed.parts))
        terms = tuple(seen.new_terms)
        links = [(seen.numbers[link], joined([link])) for link in seen.new_links]
        content = {"heading": heading, "anchor": section.anchor, "body": joined([body]), "terms": terms, "links": links}
        values = {**self.medium.common, "said": self.words, "section": content}
        whole = draw(self.medium.environment, f"{self.medium.folder}/section{self.medium.ending}", values)
        return DrawnSection(section.title, section.anchor, whole, terms)

    def _bodies(self, parts: Sequence[Part]) -> Iterator[str]:
        """Draw the parts; prose between which a closed block stood flows on as if there had never been one."""
        between = "\n\n" if self.medium.folder == "text" else ""
        for is_prose, group in groupby(parts, lambda part: isinstance(part, Prose)):
            drawn = [self._once(part, partial(self._part, part)) for part in group]
            if is_prose:
                yield between.join(drawn).strip("\n")
            else:
                yield from (block.strip("\n") for block in drawn)

    def _part(self, part: Part) -> str:
        if isinstance(part, Prose):
            return self.medium.prose.flow(part.tokens)
        return draw_block(part, self.issue, self.words, self.medium)

    def _once(self, part: object, work: Callable[[], Drawn]) -> Drawn:
        """Draw a part or a section, unless it has been drawn for a reader who had come across the same of what is in it."""
        seen = self.medium.prose.seen
        mentions = self._mentions.get(id(part))
        if mentions is not None:
            known: Drawn | None = self._drawn.get((id(part), seen.standing(mentions)))
            if known is not None:
                seen.come_across(mentions)
                return known
        before = seen.copy()
        drawn, mentions = seen.come_across_in(work)
        self._mentions[id(part)] = mentions
        self._drawn[id(part), before.standing(mentions)] = drawn
        return drawn

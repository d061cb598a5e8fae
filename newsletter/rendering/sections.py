"""Sections drawn for one medium, ready for its layout."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from newsletter.authoring.issue import Block, GlossaryTerm, Issue, Section
from newsletter.rendering.blocks import Medium, draw_block
from newsletter.rendering.plain import joined
from newsletter.rendering.text_prose import TextProse
from newsletter.rendering.words import Words


@dataclass(frozen=True, slots=True)
class DrawnSection:
    """One section: ``terms`` are those a reader meets here first, ``links`` those the text part numbers here."""

    heading: Markup
    anchor: str
    body: Markup
    terms: tuple[GlossaryTerm, ...]
    links: tuple[tuple[int, Markup], ...]


def draw_sections(issue: Issue, words: Words, medium: Medium) -> tuple[DrawnSection, ...]:
    """Draw all sections in their order: glossary terms are explained where they first stand."""
    return tuple(_draw(section, issue, words, medium) for section in issue.sections)


def _draw(section: Section, issue: Issue, words: Words, medium: Medium) -> DrawnSection:
    prose = medium.prose
    heading = prose.inline(section.heading.children or ()) if section.heading else Markup()
    between = "\n\n" if medium.folder == "text" else "\n"
    parts = [
        draw_block(part, issue, words, medium) if isinstance(part, Block) else prose.flow(part.tokens) for part in section.parts
    ]
    return DrawnSection(
        heading=heading,
        anchor=section.anchor,
        body=joined([between.join(part.strip("\n") for part in parts)]),
        terms=prose.take_new_terms(),
        links=prose.take_new_links() if isinstance(prose, TextProse) else (),
    )

"""The sections that a reviewer's note may be about: those of a candidate, in every language it is written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.errors import UsageError
from newsletter.publishing.section_texts import section_texts
from newsletter.rendering.edition import Edition


@dataclass(frozen=True, slots=True)
class NotedSection:
    """A section to choose: ``key`` is its language and anchor, such as en:biomarkers."""

    key: str
    language: str
    anchor: str
    heading: str


def noted_sections(editions: Sequence[Edition]) -> tuple[NotedSection, ...]:
    """Give the sections of the editions that are written in their own language."""
    return tuple(
        NotedSection(f"{edition.language}:{section.anchor}", edition.language, section.anchor, section.heading)
        for edition in editions
        if edition.written_in == edition.language
        for section in section_texts(edition.web)
        if section.anchor
    )


def heading_with_language(section: NotedSection, names: Mapping[str, str]) -> str:
    """Give a section's heading as editors read it in a note; ``names`` are those of the languages."""
    return f"{section.heading} ({names.get(section.language, section.language)})"


def find_section(typed: str, sections: Sequence[NotedSection]) -> NotedSection:
    """Find the section that somebody typed: its anchor, with the language before it where two have one, or its heading.

    Raises UsageError naming those there are.
    """
    wanted = typed.strip().lower()
    for section in sections:
        if wanted in {section.key.lower(), section.anchor.lower(), section.heading.lower()}:
            return section
    known = "\n  ".join(f"{section.key}  {section.heading}" for section in sections)
    raise UsageError(f"There is no section “{typed}”. Known:\n  {known}")

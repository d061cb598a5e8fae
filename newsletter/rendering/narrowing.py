"""What of a section is for readers who chose certain topics: the rest leaves no trace, not even its heading."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from newsletter.authoring.issue import Block, Issue, Prose, Section

Part = Prose | Block


@dataclass(frozen=True, slots=True)
class NarrowedSection:
    """A section and what is left of its parts; ``closed`` are the numbers of those that are not, from 0."""

    section: Section
    parts: tuple[Part, ...]
    closed: tuple[int, ...]


def topics_of(issue: Issue) -> tuple[str, ...]:
    """Give the topics for which the issue has blocks, in alphabetical order."""
    return tuple(sorted(frozenset().union(*map(topics_in, issue.sections))))


def topics_in(section: Section) -> frozenset[str]:
    """Give the topics for which a section has blocks."""
    return frozenset(part.topic.key for part in section.parts if isinstance(part, Block) and part.topic)


def selections(topics: Sequence[str]) -> list[tuple[str, ...]]:
    """Give every choice that readers may have made among the topics, all of them first and none of them last."""
    return [chosen for count in range(len(topics), -1, -1) for chosen in combinations(topics, count)]


def narrow(section: Section, chosen: Collection[str]) -> NarrowedSection:
    """Leave out the blocks of topics that were not chosen, and the headings below which nothing else stands."""
    closed = tuple(number for number, part in enumerate(section.parts) if not is_open(part, chosen))
    if not closed:
        return NarrowedSection(section, section.parts, closed)
    bare = _bare_headings(section, set(closed))
    parts: list[Part] = []
    for number, part in enumerate(section.parts):
        if isinstance(part, Prose) and bare:
            tokens = tuple(token for index, token in enumerate(part.tokens) if (number, index) not in bare)
            parts += [Prose(tokens)] if tokens else []
        elif number not in closed:
            parts.append(part)
    return NarrowedSection(section, tuple(parts), closed)


def is_open(part: Part, chosen: Collection[str]) -> bool:
    """Say whether a reader of these topics sees this part of a section."""
    return isinstance(part, Prose) or part.topic is None or part.topic.key in chosen


def _bare_headings(section: Section, closed: Collection[int]) -> set[tuple[int, int]]:
    """Give the tokens of headings that lost all below them, as numbers of the part and of the token in it."""
    bare: set[tuple[int, int]] = set()
    headings: list[_Heading] = []
    for number, part in enumerate(section.parts):
        if not isinstance(part, Prose):
            for heading in headings:
                heading.lost |= number in closed
                heading.kept |= number not in closed
            continue
        for index, token in enumerate(part.tokens):
            if token.type == "heading_open" and token.level == 0:
                level = int(token.tag[1])
                bare.update(*(heading.tokens for heading in headings if heading.level >= level and heading.is_bare))
                headings = [heading for heading in headings if heading.level < level]
                headings.append(_Heading(level, [(number, index + offset) for offset in range(3)]))
            elif not headings or (number, index) not in headings[-1].tokens:
                for heading in headings:
                    heading.kept = True
    bare.update(*(heading.tokens for heading in headings if heading.is_bare))
    return bare


@dataclass(slots=True)
class _Heading:
    level: int
    tokens: list[tuple[int, int]]
    lost: bool = False
    kept: bool = False

    @property
    def is_bare(self) -> bool:
        return self.lost and not self.kept

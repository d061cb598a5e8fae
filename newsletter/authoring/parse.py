"""One issue file: bytes in, an Issue or everything that is wrong with it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from newsletter.authoring.anchors import check_anchor_links
from newsletter.authoring.block_fields import BlockReader
from newsletter.authoring.block_kind import BlockKind
from newsletter.authoring.complaints import Complaints, Mistake, quoted
from newsletter.authoring.directives import find_directives
from newsletter.authoring.front_matter import FrontMatter, read_front_matter
from newsletter.authoring.glossary import Glossary
from newsletter.authoring.issue import Issue
from newsletter.authoring.lock import TrialLock
from newsletter.authoring.lookalikes import check_layout
from newsletter.authoring.markdown import parse_markdown
from newsletter.authoring.reading import Reading
from newsletter.authoring.sections import build_sections
from newsletter.authoring.source import read_source
from newsletter.authoring.structure import check_structure
from newsletter.authoring.topics import NO_TOPICS, Topics
from newsletter.errors import IssueError
from newsletter.findings import in_reading_order


@dataclass(frozen=True, slots=True)
class IssueFile:
    """Which file is read: the issue's ``name``, the path as findings print it, the language it has to be in, its folder."""

    name: str
    file: str
    language: str
    folder: Path


def parse_issue(
    data: bytes,
    *,
    of: IssueFile,
    kinds: Mapping[str, BlockKind],
    glossary: Glossary,
    topics: Topics = NO_TOPICS,
    lock: TrialLock | None = None,
) -> Issue:
    """Read an issue file. Raises IssueError with everything that is wrong with it, in the order of its lines."""
    complaints = Complaints(of.file)
    source = read_source(data, complaints)
    if source is None:
        raise IssueError(complaints.findings)
    front = read_front_matter(source.lines, complaints)
    _check_language(front, of, complaints)
    directives = find_directives(source.lines, front.end, complaints)
    reading = Reading(complaints, source.lines, of.language, glossary, directives)
    tokens = parse_markdown(front.end, reading)
    check_structure(tokens, complaints)
    check_layout(tokens, source.lines, complaints)
    sections = build_sections(tokens, directives, BlockReader(kinds, of.folder, complaints, of.language, topics))
    check_anchor_links(reading.anchor_links, [section.anchor for section in sections if section.anchor], complaints)
    if complaints.findings:
        raise IssueError(in_reading_order(complaints.findings))
    return Issue(
        name=of.name,
        language=of.language,
        file=of.file,
        source=source.text,
        title=front.title,
        subject=front.subject,
        preheader=front.preheader,
        topics=front.topics,
        sponsors=front.sponsors,
        review_by=front.review_by,
        corrects=front.corrects,
        sections=sections,
        places=MappingProxyType(dict(front.places)),
        lock=lock or TrialLock(),
    )


def _check_language(front: FrontMatter, of: IssueFile, complaints: Complaints) -> None:
    if front.language and front.language != of.language:
        place = front.places["language"]
        message = f"the file says that it is in {quoted(front.language)}, but its name says {quoted(of.language)}"
        mistake = Mistake("language", message, f"Write `language: {of.language}`, or rename the file.")
        complaints.add(mistake, line=place.line, column=place.column)

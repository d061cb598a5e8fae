"""An issue as its editors wrote it: the type that the rest of the house starts from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from markdown_it.token import Token

from newsletter.authoring.lock import TrialLock
from newsletter.findings import Place


@dataclass(frozen=True, slots=True)
class Sponsor:
    """Somebody who pays for the newsletter, shown to readers as such."""

    name: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class GlossaryTerm:
    """A term of ``issues/glossary.toml`` in one language: ``[[HER2-low]]`` in an issue refers to it by its key."""

    key: str
    term: str
    definition: str

    @property
    def anchor(self) -> str:
        """What identifies the term on a page."""
        return re.sub(r"[^0-9A-Za-z-]", lambda sign: f"_{ord(sign[0]):x}_", self.key)


@dataclass(frozen=True, slots=True)
class Original:
    """A picture file as an editor dropped it in: its bytes, pixels and frames, and whether it says where it was taken."""

    weight: int
    width: int
    height: int
    frames: int = 1
    located: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A picture beside the issue file, as readers get it.

    ``width`` and ``height`` are its pixels; ``media_type`` is image/png or image/jpeg, which every mail client draws.
    ``original`` is the file that ``data`` was made from, None where ``data`` is that file.
    """

    path: str
    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    original: Original | None = None


@dataclass(frozen=True, slots=True)
class NamedTopic:
    """A topic of ``subscribers/topics.toml`` by its key, with its label in the issue's language."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class EarlierIssue:
    """An issue of this newsletter that another one speaks of, by its name, such as 2026-10."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Prose:
    """Ordinary Markdown between blocks, as markdown-it-py's block tokens (``inline`` tokens carry children).

    Besides markdown-it's own types, inline children may be of two types of ours, neither of which nests:

    * ``glossary_term``: ``content`` is what the reader sees, ``meta["term"]`` the GlossaryTerm;
    * ``merge_field``: ``meta["field"]`` is the MergeField.

    A link's ``link_open`` token has its Place in ``meta["place"]`` and, when a merge field is the destination, that MergeField
    in ``meta["field"]``; other destinations are full https, http, mailto or tel addresses in ASCII, or #anchor of a section.
    Headings in a section are h3 or h4; there are no image and no HTML tokens.
    A token's ``map`` counts lines of the whole file, from 0.
    """

    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class MergeField:
    """A personal part: its name (one of ``MERGE_FIELDS``) and what stands there when nothing is known."""

    name: str
    fallback: str = ""


MERGE_FIELDS: Mapping[str, str] = {
    "first_name": "The reader's first name; needs a fallback: {{first_name|friend}}",
    "manage_url": "The reader's page; allowed as a link's destination only",
    "unsubscribe_url": "The unsubscribe page; allowed as a link's destination only",
    "address": "The address this mail was sent to",
}
"""All personal parts there are, with what an editor needs to know about each."""

WITH_FALLBACK = "first_name"
"""The personal part that needs something to say in its place."""


@dataclass(frozen=True, slots=True)
class LinkItem:
    """One item of a list of links: where it leads, its title as inline tokens, what is said about it as block tokens."""

    url: str
    title: tuple[Token, ...]
    body: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A directive: ``::: kind argument "title" key=value``, a Markdown body, ``:::``.

    ``fields`` holds the argument, the title and the options under the names that ``templates/blocks.toml`` gives them,
    checked and converted to their types (newsletter.authoring.block_kind.FieldType). Every name is there: an optional field
    that was left out is its default, else "" where texts stand and None where days, numbers, pictures and the like do.
    ``items`` are those of a body that has to be a list of links.
    """

    kind: str
    fields: Mapping[str, object]
    body: tuple[Token, ...]
    place: Place
    items: tuple[LinkItem, ...] = ()

    @property
    def topic(self) -> NamedTopic | None:
        """The topic whose readers this block is for, None where it is for everybody."""
        return next((value for value in self.fields.values() if isinstance(value, NamedTopic)), None)


@dataclass(frozen=True, slots=True)
class Section:
    """A level-2 heading and what follows until the next; the first section may have no heading.

    ``heading`` holds the inline token of the heading, None for an opening without one; ``anchor`` is its id, unique in
    the issue and empty only when there is no heading.
    """

    heading: Token | None
    title: str
    anchor: str
    parts: tuple[Prose | Block, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Issue:
    """One language of one number of the newsletter, read whole and without a mistake of form.

    ``name`` is the folder's, such as 2026-12; ``file`` the path as findings print it; ``places`` gives the place of each
    front-matter field by its name. ``corrects`` names the issue whose readers a correction
    goes to. ``source`` is the text of the file, without a byte order mark and with plain line ends.
    """

    name: str
    language: str
    file: str
    source: str = field(repr=False)
    title: str
    subject: str
    preheader: str
    topics: tuple[str, ...]
    sponsors: tuple[Sponsor, ...]
    review_by: date | None
    sections: tuple[Section, ...]
    places: Mapping[str, Place]
    lock: TrialLock
    corrects: str = ""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Give all blocks in the order of the file."""
        return tuple(part for section in self.sections for part in section.parts if isinstance(part, Block))

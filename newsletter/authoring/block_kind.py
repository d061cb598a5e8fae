"""What a kind of block asks of its first line and its body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """What a field of a block holds, and as which Python type a template gets it."""

    TEXT = "text"
    """A line of text: str."""
    URL = "url"
    """A full https, http, mailto or tel address: str in ASCII."""
    NCT_ID = "nct_id"
    """A trial's number, NCT and eight digits: str."""
    DATE = "date"
    """A day, yyyy-mm-dd: date."""
    DATETIME = "datetime"
    """A day and a time, yyyy-mm-ddThh:mm, in the zone that the block's ``timezone`` field names: datetime with that zone."""
    TIMEZONE = "timezone"
    """A time zone by its IANA name, such as America/New_York: ZoneInfo."""
    ISSUE = "issue"
    """An issue of this newsletter by its name, such as 2026-10: EarlierIssue."""
    CHOICE = "choice"
    """One of ``choices``: str."""
    IMAGE = "image"
    """A picture beside the issue file: Image."""
    INTEGER = "integer"
    """A whole number: int."""
    TOPIC = "topic"
    """A topic of subscribers/topics.toml: NamedTopic. The block is for readers who chose it."""
    PHONE = "phone"
    """A telephone number as readers dial it, letters allowed: str."""


class BodyRule(StrEnum):
    """Whether a block has a body."""

    REQUIRED = "required"
    """There has to be one."""
    OPTIONAL = "optional"
    """There may be one."""
    LINKS = "links"
    """There has to be one: a list, each item of which begins with a link. Templates get its ``items``."""
    NONE = "none"
    """There may be none."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A field of a kind of block.

    ``default`` is what stands there when an editor leaves an optional field out, as text. ``after`` names the field whose moment
    this one has to follow; it may then be a time alone, on that field's day.
    """

    name: str
    type: FieldType
    required: bool
    default: str = ""
    choices: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True, slots=True)
class BlockKind:
    """One entry of blocks.toml: which argument, title, options and body a block of this kind has."""

    name: str
    summary: str
    argument: FieldRule | None
    title: FieldRule | None
    options: Mapping[str, FieldRule]
    body: BodyRule

    @property
    def fields(self) -> tuple[FieldRule, ...]:
        """Give all fields: the argument, the title, the options."""
        return tuple(rule for rule in (self.argument, self.title, *self.options.values()) if rule)

    @property
    def pattern(self) -> str:
        """Show how an editor writes the first line of such a block."""
        argument = f" {self.argument.name}" if self.argument else ""
        title = f' "{self.title.name}"' if self.title else ""
        options = "".join(f" {rule.name}=…" for rule in self.options.values() if rule.required)
        return f"::: {self.name}{argument}{title}{options}"

"""The arguments and options that several commands share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from newsletter.cli.printing import OutputFormat
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.errors import UsageError
from newsletter.settings import Person

IssueArgument = Annotated[str, typer.Argument(metavar="ISSUE", help="An issue, such as 2026-12, or its folder.")]
FormatOption = Annotated[OutputFormat, typer.Option("--format", help="How to print it.")]
PersonOption = Annotated[str, typer.Option("--as", metavar="PERSON", help="Who you are: a key of \\[people] in newsletter.toml.")]
DayOption = Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help="The day it is sent on; today if not given.")]


def day(text: str) -> date:
    """Read a day; none is today (UTC). Raises UsageError."""
    if not text:
        return system_clock().astimezone(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"“{text}” is not a day. Write it as 2026-12-01.") from None


def moment(text: str) -> datetime:
    """Read a date and time; without a zone it is naive, and the calendar takes it as the newsletter's own. Raises UsageError."""
    try:
        # A day alone would be midnight, which nobody means.
        if len(text) > len("2026-12-01"):
            return datetime.fromisoformat(text)
        date.fromisoformat(text)
        raise UsageError(f"“{text}” has no time. Write it as {text}T10:00.")
    except ValueError:
        raise UsageError(f"“{text}” is not a date and time. Write it as 2026-12-01T10:00.") from None


def person(config: Config, key: str) -> Person:
    """Find the person of [people] whose key is ``key``. Raises UsageError naming those there are."""
    try:
        return config.people[key]
    except KeyError:
        known = ", ".join(sorted(config.people)) or "nobody yet"
        raise UsageError(f"Nobody is called “{key}” in [people] of newsletter.toml. Known: {known}.") from None

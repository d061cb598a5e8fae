"""Rows of a list as tests write them, and how they are read."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter.subscribers.choices import Choices, Topic
from newsletter.subscribers.lists.formats import (
    PLAIN,
    ListFormat,
    Status,
    heading,
)
from newsletter.subscribers.lists.rows import ListedPerson, RowDefaults, RowReader

NOW = datetime(2026, 11, 5, 15, 0, tzinfo=UTC)
CHOICES = Choices(("en", "es"), tuple(Topic(key, {}, {}) for key in ("tnbc", "trials")), {"2024-09": {}})
CONSENTED = {"consent_date": "2025-01-31", "consent_source": "paper", "consent_wording": "2024-09"}
ANA = {"email": "ana@example.org", "first_name": "Ana", "language": "es", **CONSENTED}


def read(
    row: dict[str, str],
    *,
    defaults: RowDefaults | None = None,
    written_by: ListFormat = PLAIN,
    status: Status | None = None,
) -> ListedPerson:
    """Read a row whose cells are named by the headings that the program writes."""
    reader = RowReader(written_by, status=status, choices=CHOICES, defaults=defaults or RowDefaults(), now=NOW)
    return reader.read({written_by.columns.get(heading(name)): cell for name, cell in row.items()})

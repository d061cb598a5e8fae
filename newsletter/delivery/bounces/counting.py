"""How many mails of each issue came back, of which kind and with which status."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from newsletter.delivery import statements
from newsletter.delivery.models import BounceKind


@dataclass(frozen=True, slots=True)
class BounceCount:
    """Mails of one issue that came back in the same way. ``status`` is empty where none was given."""

    issue: str
    kind: BounceKind
    status: str
    mails: int


def count_bounces(*, issues: int) -> list[BounceCount]:
    """Count what came back of the last issues, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(statements.COUNT_BOUNCES, [issues])
        return [BounceCount(issue, BounceKind(kind), status, mails) for issue, kind, status, mails in cursor.fetchall()]

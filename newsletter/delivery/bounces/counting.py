"""How many mails of each issue came back, of which kind and with which status."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from newsletter.delivery import statements
from newsletter.delivery.models import BounceKind, KeptCounts, Send


@dataclass(frozen=True, slots=True)
class BounceCount:
    """Mails of one issue that came back in the same way. ``status`` is empty where none was given."""

    issue: str
    kind: BounceKind
    status: str
    mails: int


def count_bounces(*, issues: int) -> list[BounceCount]:
    """Count what came back of the last issues, the latest first."""
    found: dict[str, list[BounceCount]] = {issue: [] for issue in _last_issues(issues)}
    forgotten = set()
    for issue, kept in KeptCounts.objects.filter(send__issue__in=found).values_list("send__issue", "counts"):
        found[issue] = [BounceCount(issue, BounceKind(kind), status, mails) for kind, status, mails in kept["statuses"]]
        forgotten.add(issue)
    with connection.cursor() as cursor:
        cursor.execute(statements.COUNT_BOUNCES, [issues])
        for issue, kind, status, mails in cursor.fetchall():
            if issue not in forgotten:
                found[issue].append(BounceCount(issue, BounceKind(kind), status, mails))
    return [count for counts in found.values() for count in counts]


def _last_issues(number: int) -> list[str]:
    return list(Send.objects.order_by("-pk").values_list("issue", flat=True)[:number])

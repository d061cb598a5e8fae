"""The counts that stay when it is forgotten who got an issue: read by the reports in place of the deliveries."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from newsletter.delivery.models import Handover, KeptCounts
from newsletter.errors import NotAllowedError


def kept_counts(send_id: int) -> dict[str, Any] | None:
    """Give what was counted of a send before its deliveries were forgotten; None while they are there."""
    return KeptCounts.objects.filter(send_id=send_id).values_list("counts", flat=True).first()


def kept_handovers(*, using: str = DEFAULT_DB_ALIAS, issue: str = "") -> dict[int, Counter[Handover]]:
    """Give how many deliveries of each forgotten send, or of that of one issue, had which handover."""
    found: dict[int, Counter[Handover]] = {}
    kept = KeptCounts.objects.using(using)
    for send_id, counts in (kept.filter(send__issue=issue) if issue else kept).values_list("send_id", "counts"):
        found[send_id] = Counter()
        for _, handover, _, _, number in counts["sums"]:
            found[send_id][Handover(handover)] += number
    return found


def forgotten_since(issue: str) -> datetime | None:
    """Say since when nobody knows who got an issue; None when that is known."""
    return KeptCounts.objects.filter(send__issue=issue).values_list("made_at", flat=True).first()


def forgotten(issue: str) -> str:
    """Say that nobody knows any more who got an issue, and why; "" while that is known."""
    since = forgotten_since(issue)
    if since is None:
        return ""
    return (
        f"Who got {issue} was forgotten on {since:%Y-%m-%d}, as [retention] deliveries in newsletter.toml asks for: only its "
        f"counts are left. See them with: newsletter report {issue}"
    )


def require_deliveries(issue: str) -> None:
    """Raise NotAllowedError when nobody knows any more who got an issue."""
    if said := forgotten(issue):
        raise NotAllowedError(said)

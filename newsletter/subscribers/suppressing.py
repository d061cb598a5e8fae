"""Addresses that must not be mailed. Suppressing stops all mail to an address; it does not end a subscription."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from newsletter.subscribers.models import EndReason, Subscriber, Suppression, SuppressionReason

SUPPRESSING: Final = {
    EndReason.BOUNCED: SuppressionReason.BOUNCED,
    EndReason.COMPLAINED: SuppressionReason.COMPLAINED,
    EndReason.DIED: SuppressionReason.DIED,
}
"""Ends after which the address must never be mailed, whoever signs it up again; the weightiest last."""


def suppress(whom: bytes | Subscriber, *, reason: SuppressionReason, now: datetime) -> bool:
    """Never mail this address again: a lookup hash, or the subscriber who has it. Says whether it was not suppressed yet.

    The first reason stays. Whether a subscription ends as well, and why, is for the caller to say with ``end_subscription``.
    """
    lookup = bytes(whom.lookup) if isinstance(whom, Subscriber) else whom
    with transaction.atomic():
        _, made = Suppression.objects.get_or_create(lookup=lookup, defaults={"reason": reason, "created_at": now})
    return made

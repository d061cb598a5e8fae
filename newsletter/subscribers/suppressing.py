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

LIFTED: Final = (SuppressionReason.ERASED, SuppressionReason.IMPORTED)
"""Suppressions that keep others from bringing an address back, and that its owner lifts by their own press. Whatever else is said
of the address replaces them."""


def suppress(whom: bytes | Subscriber, *, reason: SuppressionReason, now: datetime) -> bool:
    """Never mail this address again: a lookup hash, or the subscriber who has it. Says whether it was not suppressed yet.

    The first reason stays, unless its owner's press would lift it, and not the new one. Whether a subscription ends as well, and
    why, is for the caller to say with ``end_subscription``.
    """
    lookup = bytes(whom.lookup) if isinstance(whom, Subscriber) else whom
    with transaction.atomic():
        _, made = Suppression.objects.get_or_create(lookup=lookup, defaults={"reason": reason, "created_at": now})
        if not made and reason not in LIFTED:
            Suppression.objects.filter(lookup=lookup, reason__in=LIFTED).update(reason=reason)
    return made

"""Whether the mails of a send stay on this machine: it ends as it was begun, whatever transport the settings name meanwhile."""

from __future__ import annotations

from typing import Final

STAYS_HERE: Final = frozenset({"outbox"})
"""Transports by which no mail leaves the machine."""


def why_in_the_wrong_place(issue: str, *, begun_by: str, transport: str) -> str:
    """Say why nothing of a send goes out by ``transport``, and what to do; "" where it may."""
    if (begun_by in STAYS_HERE) == (transport in STAYS_HERE):
        return ""
    if begun_by in STAYS_HERE:
        return (
            f"{issue} was begun into the outbox, so its mails stay on this machine. Set delivery.transport back to outbox until "
            "it is done; other issues go out meanwhile."
        )
    return (
        f"{issue} was begun by {begun_by}, and these settings keep all mail on this machine: whoever is left would count as "
        f"mailed and get nothing. Set delivery.transport back to {begun_by}; where the environment says it, set "
        "NEWSLETTER_DELIVERY__TRANSPORT for this command too."
    )

"""The fingerprint of a key ring: says which ring seals a database, and nothing about the ring."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Final

from newsletter.delivery.models import Installation
from newsletter.errors import NotAllowedError
from newsletter.keys import KeyRing

PURPOSE: Final = b"newsletter: fingerprint of a key ring"

ROW: Final = 1


def fingerprint(ring: KeyRing) -> str:
    """Give sixteen hex digits that follow from the lookup key, which is the one key that never changes, in groups of four."""
    digest = hmac.digest(ring.lookup, PURPOSE, hashlib.sha256).hex()[:16]
    return "-".join(digest[start : start + 4] for start in range(0, 16, 4))


def write_ring(ring: KeyRing, *, now: datetime) -> None:
    """Write into the database which ring seals it, and that it is backed up now."""
    Installation.objects.update_or_create(pk=ROW, defaults={"ring": fingerprint(ring), "backed_up_at": now})


def require_ring_of_backup(written: str, ring: KeyRing) -> None:
    """Raise NotAllowedError where a backup was sealed with another ring. One that says nothing was copied by hand."""
    mine = fingerprint(ring)
    if written and written != mine:
        raise NotAllowedError(
            f"This backup was sealed with the key ring {written}, and the one here is {mine}: nothing in it could be read, and "
            "nobody who left would be known. Put the var/keys.json (or NEWSLETTER_KEYS) in place that belongs to the backup, "
            "keep the present one aside, and run the same command again. Nothing was changed."
        )

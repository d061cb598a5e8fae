"""Whether a key ring is the one that the database was sealed with.

With another ring nobody is found by their address: who left could be taken in again, every link in every mail would be dead, and
a whole audience would be left out of a send as unreadable. So nothing is begun with one.
"""

from __future__ import annotations

from typing import Final

from newsletter.errors import SealError, SettingsError
from newsletter.subscribers.models import Subscriber
from newsletter.subscribers.sealing import Sealer

LOOKED_AT: Final = 5
"""People whose stored values are opened: one of them may have been tampered with, all of them were not."""


def require_own_keys(sealer: Sealer) -> None:
    """Raise SettingsError when people are stored and what is stored of them does not open."""
    latest = list(Subscriber.objects.order_by("-pk").values_list("lookup", "contact")[:LOOKED_AT])
    if latest and not any(_opens(sealer, bytes(lookup), bytes(contact)) for lookup, contact in latest):
        raise SettingsError(
            "The key ring (var/keys.json or NEWSLETTER_KEYS) is not the one that this database was sealed with, so nothing was "
            "done. Restore it from your backup; where it was missing, a new var/keys.json was made, and the restored one "
            "replaces it."
        )


def _opens(sealer: Sealer, lookup: bytes, contact: bytes) -> bool:
    try:
        return sealer.lookup(sealer.open_contact(contact, lookup=lookup).address) == lookup
    except SealError:
        return False

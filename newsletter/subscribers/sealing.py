"""What is stored about a reader, sealed; and the keyed hash by which they are found. Each value is bound to that hash."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass, field

from newsletter.errors import KeyMissingError, SealError
from newsletter.keys import KeyRing
from newsletter.keys.in_use import RingInUse
from newsletter.sealing import RowSeal
from newsletter.subscribers.addresses import normalise_for_lookup

CONTACT = b"contact"
TOPICS = b"topics"


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a reader gets their mail and what we call them; ``first_name`` may be empty."""

    address: str = field(repr=False)
    first_name: str = field(repr=False, default="")


class Sealer:
    """Seals what is stored about readers, opens it, and finds people by a keyed hash of their address."""

    def __init__(self, ring: KeyRing, *, row_seal: RowSeal | None = None) -> None:
        self._lookup_key = ring.lookup
        self._row_seal = row_seal or RowSeal(ring.seal)

    @classmethod
    def of(cls, rings: RingInUse) -> Sealer:
        """Seal with the ring in use, and open also what another process sealed with a newer key a moment ago."""
        return cls(rings.ring(), row_seal=RowSeal.of(rings))

    def lookup(self, address: str) -> bytes:
        """Give the 32-byte keyed hash (HMAC-SHA256) by which the address is found. Capitals do not matter anywhere in it."""
        return hmac.digest(self._lookup_key, normalise_for_lookup(address).encode(), "sha256")

    def seal_contact(self, contact: Contact, *, lookup: bytes) -> bytes:
        """Seal address and first name together, for the row with this lookup hash."""
        return self._row_seal.seal([contact.address, contact.first_name], purpose=CONTACT, row=lookup)

    def open_contact(self, sealed: bytes | memoryview, *, lookup: bytes) -> Contact:
        """Open what ``seal_contact`` made for this row; raises SealError."""
        return Contact(*self.open_address_and_name(sealed, lookup=lookup))

    def open_address_and_name(self, sealed: bytes | memoryview, *, lookup: bytes) -> tuple[str, str]:
        """Open what ``seal_contact`` made, as it is needed for every mail: without an object for it. Raises SealError."""
        address, first_name = self._row_seal.open(sealed, purpose=CONTACT, row=lookup)
        return address, first_name

    def seal_topics(self, topics: Collection[str], *, lookup: bytes) -> bytes:
        """Seal topic keys, for the row with this lookup hash. No topics make a value of the same size as a few."""
        return self._row_seal.seal(sorted(topics), purpose=TOPICS, row=lookup)

    def open_topics(self, sealed: bytes | memoryview, *, lookup: bytes) -> frozenset[str]:
        """Open what ``seal_topics`` made for this row; raises SealError."""
        return frozenset(self._row_seal.open(sealed, purpose=TOPICS, row=lookup))

    def readable_topics(self, sealed: bytes | memoryview, *, lookup: bytes) -> frozenset[str] | None:
        """Open somebody's topics; None when they were tampered with, since a reader without topics is still a reader.

        Raises KeyMissingError.
        """
        try:
            return self.open_topics(sealed, lookup=lookup)
        except KeyMissingError:
            raise
        except SealError:
            return None

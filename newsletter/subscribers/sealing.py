"""What is stored about a person is sealed here: AES-256-GCM under the key ring, bound to its row and to what it is for.

A sealed value is one version byte (which key), a 12-byte random nonce, the ciphertext and its 16-byte tag. The additional
data names the purpose, the version and the row's lookup hash: a value copied into another row or column does not open.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from newsletter.errors import KeyMissingError, SealError
from newsletter.subscribers.addresses import normalise_for_lookup
from newsletter.subscribers.keys import KeyRing

NONCE_LENGTH = 12
TAG_LENGTH = 16

PADDED_TO = 64
"""Plain text is filled up with spaces to a multiple of this, so that a value's size does not say how many topics are in it."""

CONTACT = b"contact"
TOPICS = b"topics"


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a reader gets their mail and what we call them; ``first_name`` may be empty."""

    address: str = field(repr=False)
    first_name: str = field(repr=False, default="")


class Sealer:
    """Seals with the newest key of a ring, opens with any of them, and finds people by a keyed hash of their address."""

    def __init__(self, ring: KeyRing) -> None:
        self._lookup_key = ring.lookup
        self._ciphers = {version: AESGCM(key) for version, key in ring.seal.items()}
        self._newest = max(ring.seal)

    def lookup(self, address: str) -> bytes:
        """Give the 32-byte keyed hash (HMAC-SHA256) by which the address is found. Capitals do not matter anywhere in it."""
        return hmac.digest(self._lookup_key, normalise_for_lookup(address).encode(), "sha256")

    def seal_contact(self, contact: Contact, *, lookup: bytes) -> bytes:
        """Seal address and first name together, for the row with this lookup hash."""
        return self._seal([contact.address, contact.first_name], CONTACT, lookup)

    def open_contact(self, sealed: bytes | memoryview, *, lookup: bytes) -> Contact:
        """Open what ``seal_contact`` made for this row; raises SealError."""
        address, first_name = self._open(sealed, CONTACT, lookup)
        return Contact(address, first_name)

    def seal_topics(self, topics: Collection[str], *, lookup: bytes) -> bytes:
        """Seal topic keys, for the row with this lookup hash. No topics make a value of the same size as a few."""
        return self._seal(sorted(topics), TOPICS, lookup)

    def open_topics(self, sealed: bytes | memoryview, *, lookup: bytes) -> frozenset[str]:
        """Open what ``seal_topics`` made for this row; raises SealError."""
        return frozenset(self._open(sealed, TOPICS, lookup))

    def _seal(self, value: list[str], purpose: bytes, lookup: bytes) -> bytes:
        plain = orjson.dumps(value)
        plain = plain.ljust(len(plain) + -len(plain) % PADDED_TO)
        version = bytes([self._newest])
        nonce = os.urandom(NONCE_LENGTH)
        return version + nonce + self._ciphers[self._newest].encrypt(nonce, plain, purpose + version + lookup)

    def _open(self, sealed: bytes | memoryview, purpose: bytes, lookup: bytes) -> Any:
        sealed = bytes(sealed)
        if len(sealed) <= 1 + NONCE_LENGTH + TAG_LENGTH:
            raise SealError("A stored value is too short to be a sealed one. Restore the database from a backup.")
        version = sealed[:1]
        cipher = self._ciphers.get(version[0])
        if cipher is None:
            raise KeyMissingError(
                f"A stored value is sealed with key {version[0]}, which the key ring does not have. Restore the key ring "
                "(var/keys.json or NEWSLETTER_KEYS) from your backup."
            )
        nonce, ciphertext = sealed[1 : 1 + NONCE_LENGTH], sealed[1 + NONCE_LENGTH :]
        try:
            return orjson.loads(cipher.decrypt(nonce, ciphertext, purpose + version + lookup))
        except InvalidTag:
            raise SealError(
                "A stored value does not open: it was changed, moved to another row, or sealed with another key of the same "
                "number. Restore the database and the key ring from backups of the same day."
            ) from None

"""What is stored about a person is sealed with this: AES-256-GCM under the key ring, bound to its row and to what it is for.

A sealed value is one version byte (which key), a 12-byte random nonce, the ciphertext and its 16-byte tag. The additional
data names the purpose, the version and the row: a value copied into another row or column does not open.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from newsletter.errors import KeyMissingError, SealError

NONCE_LENGTH = 12
HEAD_LENGTH = 1 + NONCE_LENGTH
TAG_LENGTH = 16

PADDED_TO = 64
"""Plain text is filled up with spaces to a multiple of this, so that a value's size does not say how many topics are in it."""


class RowSeal:
    """Seals with the newest of ``keys`` (by version, 1 to 255), opens with any of them.

    ``purpose`` says what a value is for; no purpose may begin with another one. ``row`` is what names the row in the database.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._ciphers = {bytes([version]): AESGCM(key) for version, key in keys.items()}
        self._decrypt = {version: cipher.decrypt for version, cipher in self._ciphers.items()}
        self._newest = bytes([max(keys)])

    def seal(self, value: list[str], *, purpose: bytes, row: bytes) -> bytes:
        """Seal a list of texts for one row."""
        plain = orjson.dumps(value)
        plain = plain.ljust(len(plain) + -len(plain) % PADDED_TO)
        version = self._newest
        nonce = os.urandom(NONCE_LENGTH)
        return version + nonce + self._ciphers[version].encrypt(nonce, plain, purpose + version + row)

    def open(self, sealed: bytes | memoryview, *, purpose: bytes, row: bytes) -> Any:
        """Open what ``seal`` made for this purpose and row; raises SealError."""
        sealed = bytes(sealed)
        if len(sealed) <= HEAD_LENGTH + TAG_LENGTH:
            raise SealError("A stored value is too short to be a sealed one. Restore the database from a backup.")
        version = sealed[:1]
        decrypt = self._decrypt.get(version)
        if decrypt is None:
            raise KeyMissingError(
                f"A stored value is sealed with key {version[0]}, which the key ring does not have. Restore the key ring "
                "(var/keys.json or NEWSLETTER_KEYS) from your backup."
            )
        try:
            return orjson.loads(decrypt(sealed[1:HEAD_LENGTH], sealed[HEAD_LENGTH:], purpose + version + row))
        except InvalidTag:
            raise SealError(
                "A stored value does not open: it was changed, moved to another row, or sealed with another key of the same "
                "number. Restore the database and the key ring from backups of the same day."
            ) from None

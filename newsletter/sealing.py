"""What is stored about a person is sealed with this: AES-256-GCM under the key ring, bound to its row and to what it is for.

A sealed value is one version byte (which key), a 12-byte random nonce, the ciphertext and its 16-byte tag. The additional
data names the purpose, the version and the row: a value copied into another row or column does not open.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from newsletter.errors import KeyMissingError, SealError
from newsletter.keys.in_use import RingInUse

NONCE_LENGTH = 12
HEAD_LENGTH = 1 + NONCE_LENGTH
TAG_LENGTH = 16

PADDED_TO = 64
"""Plain text is filled up with spaces to a multiple of this, so that a value's size does not say how many topics are in it."""


class RowSeal:
    """Seals with the newest of ``keys`` (by version, 1 to 255), opens with any of them.

    ``purpose`` says what a value is for; no purpose may begin with another one. ``row`` is what names the row in the database.
    ``later_keys`` is asked for the keys of this moment when a value names one that is not known.
    """

    def __init__(self, keys: Mapping[int, bytes], *, later_keys: Callable[[], Mapping[int, bytes]] | None = None) -> None:
        self._later_keys = later_keys
        self._decrypt: dict[bytes, Callable[[bytes, bytes, bytes], bytes]] = {}
        self._learn(keys)
        self._newest = bytes([max(keys)])
        self._encrypt = AESGCM(keys[max(keys)]).encrypt

    @classmethod
    def of(cls, rings: RingInUse) -> RowSeal:
        """Seal with the ring in use, and open also what another process sealed with a newer key a moment ago."""
        return cls(rings.ring().seal, later_keys=lambda: rings.look_again().seal)

    def seal(self, value: list[str], *, purpose: bytes, row: bytes) -> bytes:
        """Seal a list of texts for one row."""
        plain = orjson.dumps(value)
        return self._seal_bytes(plain.ljust(len(plain) + -len(plain) % PADDED_TO), purpose, row)

    def open(self, sealed: bytes | memoryview, *, purpose: bytes, row: bytes) -> Any:
        """Open what ``seal`` made for this purpose and row; raises SealError."""
        return orjson.loads(self._open_bytes(bytes(sealed), purpose, row))

    def reseal(self, sealed: bytes | memoryview, *, purpose: bytes, row: bytes) -> bytes:
        """Seal what a sealed value holds again, with the newest key; raises SealError."""
        return self._seal_bytes(self._open_bytes(bytes(sealed), purpose, row), purpose, row)

    def _seal_bytes(self, plain: bytes, purpose: bytes, row: bytes) -> bytes:
        version, nonce = self._newest, os.urandom(NONCE_LENGTH)
        return version + nonce + self._encrypt(nonce, plain, purpose + version + row)

    def _open_bytes(self, sealed: bytes, purpose: bytes, row: bytes) -> bytes:
        if len(sealed) <= HEAD_LENGTH + TAG_LENGTH:
            raise SealError("A stored value is too short to be a sealed one. Restore the database from a backup.")
        version = sealed[:1]
        decrypt = self._decrypt.get(version) or self._decrypt_later(version)
        try:
            return decrypt(sealed[1:HEAD_LENGTH], sealed[HEAD_LENGTH:], purpose + version + row)
        except InvalidTag:
            raise SealError(
                "A stored value does not open: it was changed, moved to another row, or sealed with another key of the same "
                "number. Restore the database and the key ring from backups of the same day."
            ) from None

    def _decrypt_later(self, version: bytes) -> Callable[[bytes, bytes, bytes], bytes]:
        if self._later_keys is not None:
            self._learn(self._later_keys())
        decrypt = self._decrypt.get(version)
        if decrypt is None:
            raise KeyMissingError(
                f"A stored value is sealed with key {version[0]}, which the key ring does not have. Restore the key ring "
                "(var/keys.json or NEWSLETTER_KEYS) from your backup."
            )
        return decrypt

    def _learn(self, keys: Mapping[int, bytes]) -> None:
        for version, key in keys.items():
            self._decrypt.setdefault(bytes([version]), AESGCM(key).decrypt)


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column whose values are sealed, so that they can be sealed again with another key.

    ``model`` is Django's label of the table, such as "subscribers.Subscriber"; ``named_by`` the column that names the row, text
    or bytes. An empty value is none.
    """

    model: str
    column: str
    purpose: bytes
    named_by: str


_columns: Final[dict[tuple[str, str], SealedColumn]] = {}


def register_sealed(*columns: SealedColumn) -> None:
    """Say which columns of a room are sealed; its AppConfig does so. Whoever forgets one, a test finds."""
    for column in columns:
        _columns[column.model, column.column] = column


def sealed_columns() -> list[SealedColumn]:
    """Give every sealed column of the database, by table."""
    return [_columns[key] for key in sorted(_columns)]

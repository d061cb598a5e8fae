"""Remembering a million keyed hashes in little memory: 17 MB, where a set of them takes 100."""

from __future__ import annotations

from typing import Final

KEPT: Final = 16
"""Octets of a hash that are remembered: 128 bits never meet by chance."""

_SHELVES: Final = 1 << 16


class SeenHashes:
    """A set of hashes of random octets. Each lies on the shelf that its first two octets name, one after the other."""

    def __init__(self) -> None:
        self._shelves = [b""] * _SHELVES
        self._number = 0

    def __contains__(self, digest: bytes) -> bool:
        # Octets that begin in the middle of one hash and end in the next do not meet by chance either.
        return digest[2:KEPT] in self._shelves[digest[0] << 8 | digest[1]]

    def add(self, digest: bytes) -> None:
        """Remember a hash that is not there yet."""
        self._shelves[digest[0] << 8 | digest[1]] += digest[2:KEPT]
        self._number += 1

    def __len__(self) -> int:
        return self._number

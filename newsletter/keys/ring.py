"""What a key ring is, and the one text that it is stored as."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from newsletter.errors import SettingsError

KEY_BYTES: Final = 32

HIGHEST_VERSION: Final = 255
"""A version is one byte of every sealed value and of every token."""

RESTORE: Final = "Restore it from your backup; do not make a new one, for it could not open what is stored."


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All secrets of an installation.

    ``seal`` and ``link`` hold keys by version (1 to 255), of which the highest is the one in use; ``retired_links`` are link
    keys that may still unsubscribe and do nothing else. Keys are 32 bytes.
    """

    seal: Mapping[int, bytes] = field(repr=False)
    lookup: bytes = field(repr=False)
    link: Mapping[int, bytes] = field(repr=False)
    retired_links: frozenset[int]
    django: str = field(repr=False)


def new_key() -> bytes:
    """Make a key."""
    return secrets.token_bytes(KEY_BYTES)


def new_django_key() -> str:
    """Make the key that signs what lives for minutes on a page."""
    return secrets.token_urlsafe(48)


def new_ring() -> KeyRing:
    """Make the ring of a new installation."""
    return KeyRing({1: new_key()}, new_key(), {1: new_key()}, frozenset(), new_django_key())


def ring_to_json(ring: KeyRing) -> str:
    """Give the text that a ring is stored as: everything in it is secret."""

    def texts(keys: Mapping[int, bytes]) -> dict[str, str]:
        return {str(version): base64.b64encode(key).decode() for version, key in sorted(keys.items())}

    content = {
        "seal": texts(ring.seal),
        "lookup": base64.b64encode(ring.lookup).decode(),
        "link": texts(ring.link),
        "retired_links": sorted(ring.retired_links),
        "django": ring.django,
    }
    return json.dumps(content, indent=2)


def ring_from_json(text: str | bytes, origin: str) -> KeyRing:
    """Read a ring; raises SettingsError, which names ``origin`` and no key, for one that is broken."""
    try:
        content = json.loads(text)
        ring = KeyRing(
            seal={int(version): base64.b64decode(key, validate=True) for version, key in content["seal"].items()},
            lookup=base64.b64decode(content["lookup"], validate=True),
            link={int(version): base64.b64decode(key, validate=True) for version, key in content["link"].items()},
            retired_links=frozenset(content["retired_links"]),
            django=content["django"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"{origin} is not a key ring ({error}). {RESTORE}") from None
    keys = [ring.lookup, *ring.seal.values(), *ring.link.values()]
    versions = [*ring.seal, *ring.link]
    whole = ring.seal and ring.link and all(len(key) == KEY_BYTES for key in keys)
    if not whole or not all(0 < version <= HIGHEST_VERSION for version in versions):
        raise SettingsError(f"{origin} is not a whole key ring. {RESTORE}")
    return ring

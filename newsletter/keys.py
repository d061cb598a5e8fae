"""The key ring: what seals the stored values, finds addresses, and signs readers' links. Kept apart from the database.

It comes from ``NEWSLETTER_KEYS`` (JSON), else from ``var/keys.json`` (mode 0600), which is made on first use.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter.config import Config
from newsletter.errors import SettingsError

KEY_FILE = "var/keys.json"
RESTORE = "Restore it from your backup; do not make a new one, for it could not open what is stored."


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


def _new_key_ring_json() -> str:
    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return json.dumps(
        {"seal": {"1": key()}, "lookup": key(), "link": {"1": key()}, "retired_links": [], "django": secrets.token_urlsafe(48)},
        indent=2,
    )


def _parse_key_ring(text: str, origin: str) -> KeyRing:
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
    if not ring.seal or not ring.link or any(len(key) != 32 for key in keys) or not all(0 < v < 256 for v in versions):
        raise SettingsError(f"{origin} is not a whole key ring. {RESTORE}")
    return ring


def load_key_ring(config: Config) -> KeyRing:
    """Read the key ring, making ``var/keys.json`` when there is neither a setting nor a file.

    Raises SettingsError for one that is broken or that others on this machine could read.
    """
    if config.keys is not None:
        return _parse_key_ring(config.keys.get_secret_value(), "NEWSLETTER_KEYS")
    file = config.path(KEY_FILE)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".keys-{secrets.token_hex(8)}.json")
    if not file.exists():
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
            handle.write(_new_key_ring_json())
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(draft, file)  # fails where another process was first: then its ring counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if file.stat().st_mode & 0o077:
        raise SettingsError(f"{file} can be read by others on this machine. Run: chmod 600 {file}")
    return _parse_key_ring(file.read_text("utf-8"), str(file))

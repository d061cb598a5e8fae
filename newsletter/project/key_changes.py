"""Changing the key ring of this installation, wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable

from newsletter.config import Config
from newsletter.errors import NotAllowedError
from newsletter.keys.changing import without_seal_key
from newsletter.keys.file import KEY_FILE, change_key_file
from newsletter.keys.in_use import RingInUse
from newsletter.keys.ring import KeyRing, ring_from_json, ring_to_json
from newsletter.sealing import RowSeal
from newsletter.subscribers.resealing import is_sealed_with


def change_ring(config: Config, change: Callable[[KeyRing], KeyRing], *, show: bool) -> KeyRing | None:
    """Change the ring in its file, and give it; print the changed one and give None where it comes from NEWSLETTER_KEYS.

    Raises NotAllowedError where it would have to be printed and that was not asked for, or was asked for needlessly.
    """
    if config.keys is None:
        if show:
            raise NotAllowedError(f"The key ring is in {KEY_FILE} and is changed there; nothing is printed. Leave out --print.")
        return change_key_file(config.path(KEY_FILE), change)
    if not show:
        raise NotAllowedError(
            "The key ring comes from NEWSLETTER_KEYS, which only you can change. Run the same command with --print where nobody "
            "looks on and no log is kept, and put what it prints there. Nothing was changed."
        )
    print(ring_to_json(change(ring_from_json(config.keys.get_secret_value(), "NEWSLETTER_KEYS"))))  # noqa: T201 - asked for
    return None


def require_unused(rings: RingInUse, version: int) -> None:
    """Raise NotAllowedError when a seal key cannot be forgotten: it is in use, or opens a value that is stored."""
    ring = rings.look_again()
    without_seal_key(ring, version)
    if is_sealed_with(RowSeal(ring.seal), version):
        raise NotAllowedError(f"Values are sealed with key {version}. Run `newsletter keys rotate` first. Nothing was changed.")


def forget_seal_key(config: Config, rings: RingInUse, version: int, *, show: bool) -> bool:
    """Take a seal key out of the ring; say whether it is done, or was printed to be done.

    Raises NotAllowedError, with the key back in its place, when somebody sealed a value with it at that moment.
    """
    before = rings.ring()
    if change_ring(config, lambda ring: without_seal_key(ring, version), show=show) is None:
        return False
    if is_sealed_with(RowSeal(before.seal), version):
        change_key_file(config.path(KEY_FILE), lambda ring: _with(ring, version, before.seal[version]))
        raise NotAllowedError(
            f"Some process still seals with key {version}, so it stays. Start every `newsletter serve`, `web` and `scheduler` "
            "again, then: newsletter keys rotate"
        )
    return True


def _with(ring: KeyRing, version: int, key: bytes) -> KeyRing:
    return KeyRing({**ring.seal, version: key}, ring.lookup, ring.link, ring.retired_links, ring.django)

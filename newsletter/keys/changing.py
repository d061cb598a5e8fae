"""What may become of a key ring: each function gives another ring, and says why not where it may not be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from newsletter.errors import NotAllowedError
from newsletter.keys.ring import HIGHEST_VERSION, KeyRing, new_django_key, new_key


def with_new_seal_key(ring: KeyRing) -> KeyRing:
    """Add a key to seal with. Raises NotAllowedError when there is no number left for one."""
    return replace(ring, seal={**ring.seal, _next(ring.seal, "newsletter keys forget VERSION"): new_key()})


def with_new_link_key(ring: KeyRing, *, retire_others: bool) -> KeyRing:
    """Add a key to sign links with, and another one of Django's. Raises NotAllowedError when there is no number left for one.

    The others stay valid, or may only unsubscribe from now on.
    """
    version = _next(ring.link, "none can be taken away, since links unsubscribe for ever")
    retired = ring.retired_links | set(ring.link) if retire_others else ring.retired_links
    return replace(ring, link={**ring.link, version: new_key()}, retired_links=retired, django=new_django_key())


def with_retired_link_key(ring: KeyRing, version: int) -> KeyRing:
    """Let the links of one key unsubscribe and do nothing else. Raises NotAllowedError for the last one."""
    if version not in ring.link:
        raise NotAllowedError(f"The ring has no link key {version}. It has: {_listed(ring.link)}.")
    if not set(ring.link) - ring.retired_links - {version}:
        raise NotAllowedError(f"Link key {version} is the only one in use. Make a new one first: newsletter keys rotate --links")
    return replace(ring, retired_links=ring.retired_links | {version})


def without_seal_key(ring: KeyRing, version: int) -> KeyRing:
    """Take a key away that seals nothing any more. Raises NotAllowedError for the one in use and for one that is not there."""
    if version not in ring.seal:
        raise NotAllowedError(f"The ring has no seal key {version}. It has: {_listed(ring.seal)}.")
    if version == max(ring.seal):
        raise NotAllowedError(f"Key {version} is the one that seals. Make a new one first: newsletter keys rotate")
    return replace(ring, seal={other: key for other, key in ring.seal.items() if other != version})


def _next(versions: Iterable[int], otherwise: str) -> int:
    version = max(versions) + 1
    if version > HIGHEST_VERSION:
        raise NotAllowedError(
            f"There is no key {version}: a version is one byte, and {HIGHEST_VERSION} is in use ({otherwise}). Ask whoever looks "
            "after this program."
        )
    return version


def _listed(versions: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(versions)))

"""The key ring: what seals the stored values, finds addresses, and signs readers' links. Kept apart from the database."""

from __future__ import annotations

from newsletter.keys.file import KEY_FILE, load_key_ring
from newsletter.keys.ring import KeyRing

__all__ = ["KEY_FILE", "KeyRing", "load_key_ring"]

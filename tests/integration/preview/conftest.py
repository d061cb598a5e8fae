"""The same site folder and preview as in the unit tests, here with sockets and threads."""

from __future__ import annotations

from tests.unit.preview.conftest import edit, home, preview

__all__ = ["edit", "home", "preview"]

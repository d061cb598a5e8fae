"""From the database's URL to Django's settings for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from newsletter.config import Config

SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0; PRAGMA foreign_keys=ON;"
"""WAL lets pages read while a send writes; FULL keeps what was marked before the wire through a power cut."""


def database_settings(config: Config) -> dict[str, Any]:
    """Give Django's DATABASES entry for ``config.database.url``; makes an SQLite file that is not there yet (mode 0600)."""
    url = config.database.url
    if url.startswith("sqlite:///"):
        file = config.path(url.removeprefix("sqlite:///"))
        _make_private(file)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(file),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS},
            # Tests need a file as well: connections to one in-memory database fail at once where those to a file wait.
            "TEST": {"NAME": str(file.with_name("test.sqlite3"))},
        }
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": query,
    }


def _make_private(file: Path) -> None:
    """Make an empty file before SQLite does, which would let everybody read it; its journals take over its mode."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))

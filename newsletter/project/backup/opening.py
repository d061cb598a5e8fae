"""From the database in use to what backs it up."""

from __future__ import annotations

from django.db import connection

from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.project.backup.postgresql_store import PostgresqlStore
from newsletter.project.backup.sqlite_store import SqliteStore
from newsletter.project.backup.store import Store


def open_store(config: Config, clock: Clock) -> Store:
    """Give the store of the database in use."""
    if connection.vendor == "postgresql":
        programs = config.database.programs
        return PostgresqlStore(config.path(programs) if programs else None, clock)
    return SqliteStore(clock)

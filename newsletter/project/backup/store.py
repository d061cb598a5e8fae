"""What backing up and restoring ask of a database; SQLite and PostgreSQL each do it in their own way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from django.db import connection, connections

BEFORE = "before"
"""The alias of the database that was there before a restore."""


class Store(Protocol):
    """A database that can be copied while it is used, and replaced while nobody uses it.

    ``may_change_meanwhile``: others cannot be kept out between two looks, so the present database may change until it is
    replaced.
    """

    may_change_meanwhile: bool

    def write_backup(self, file: Path) -> None:
        """Write all that is committed at one moment into a file that is there and empty, and check it."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Keep others from the database meanwhile; raises NotAllowedError where somebody uses it."""
        ...

    def keep_aside(self) -> str | None:
        """Keep what is there now, and give its name; None where there is nothing that can be kept yet."""
        ...

    def unpack(self, file: Path) -> str:
        """Make a database of a backup, beside the one in use, and give its name; raises UsageError when it is none."""
        ...

    def put_in_place(self, name: str) -> str:
        """Let an unpacked database take the place of the present one in one step; give the name under which that is kept."""
        ...

    def discard(self, name: str) -> None:
        """Forget an unpacked database that was not put in place."""
        ...


@contextmanager
def working_on(name: str) -> Iterator[None]:
    """Let the program's database be another one of the same kind."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


@contextmanager
def reading_before(name: str) -> Iterator[str]:
    """Let a database be read under the alias BEFORE, beside the program's own."""
    connections.databases[BEFORE] = {**connection.settings_dict, "NAME": name}
    try:
        yield BEFORE
    finally:
        connections[BEFORE].close()
        del connections[BEFORE]
        del connections.databases[BEFORE]

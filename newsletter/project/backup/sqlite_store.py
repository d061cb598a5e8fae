"""Backing up and restoring an SQLite file by SQLite's own online copy (sqlite.org/backup.html)."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from django.db import connection

from newsletter.clock import Clock
from newsletter.errors import NewsletterError, NotAllowedError, UsageError

MAGIC: Final = b"SQLite format 3\0"

UNPACKED: Final = ".restoring-"

SECONDS_TO_WAIT: Final = 3.0
"""For somebody who is just about to close the database."""


class DamagedDatabaseError(NewsletterError):
    """A copy of a database does not hold together; it was not used."""


class SqliteStore:
    """The file that the program's database lies in."""

    may_change_meanwhile = False

    def __init__(self, clock: Clock) -> None:
        self._file = Path(str(connection.settings_dict["NAME"]))
        self._clock = clock
        self._held: sqlite3.Connection | None = None
        self._aside: Path | None = None

    def write_backup(self, file: Path) -> None:
        """Copy while others read and write: in WAL mode one long read keeps nobody waiting."""
        with closing(_open(self._file)) as source, closing(_open(file)) as target:
            source.backup(target)
        _finish(file)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the file's exclusive lock; a file that is no database any more has nobody who could use it."""
        connection.close()
        for left in self._file.parent.glob(f"{UNPACKED}*"):
            left.unlink()
        try:
            self._held = self._open_alone()
            yield
        finally:
            if self._held is not None:
                self._held.close()
                self._held = None

    def _open_alone(self) -> sqlite3.Connection | None:
        held = sqlite3.connect(self._file, timeout=SECONDS_TO_WAIT, isolation_level=None)
        try:
            # Only who is alone can leave WAL mode; what the log holds is in the file then.
            held.execute("PRAGMA journal_mode=DELETE").fetchone()
            held.execute("PRAGMA synchronous=EXTRA")
            held.execute("PRAGMA locking_mode=EXCLUSIVE")
            held.execute("BEGIN EXCLUSIVE")
            held.execute("COMMIT")
        except sqlite3.OperationalError as error:
            held.close()
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                return None
            raise NotAllowedError(
                "Another process uses the database. Stop `newsletter serve`, `scheduler`, `web` and `send` (and whatever else "
                "has it open), then run the same command again. Nothing was changed."
            ) from error
        except sqlite3.DatabaseError:
            held.close()
            return None
        return held

    def keep_aside(self) -> str | None:
        """Copy what is there; None where it is damaged, so that it is kept as it is when it is replaced."""
        stamp = f"{self._clock():%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
        self._aside = self._file.with_name(f"{self._file.stem}.before-restore-{stamp}{self._file.suffix}")
        if self._held is None:
            return None
        _make_private(self._aside)
        try:
            with closing(_open(self._aside)) as target:
                self._held.backup(target)
            _finish(self._aside)
        except (sqlite3.DatabaseError, DamagedDatabaseError):
            self._aside.unlink()
            self._held.close()
            self._held = None
            return None
        return str(self._aside)

    def unpack(self, file: Path) -> str:
        """Copy a backup beside the present file, with the log that a copy made by hand may have."""
        with file.open("rb") as opened:
            if opened.read(len(MAGIC)) != MAGIC:
                raise UsageError(f"{file} is not a backup of an SQLite database. Nothing was changed.")
        name = self._file.with_name(f"{UNPACKED}{secrets.token_hex(8)}.sqlite3")
        for ending in ("", "-wal"):
            part = file.with_name(file.name + ending)
            if part.exists():
                copy = name.with_name(name.name + ending)
                _make_private(copy)
                shutil.copyfile(part, copy)
        try:
            _check(name)
        except DamagedDatabaseError as error:
            self.discard(str(name))
            raise UsageError(f"{file} is damaged: {error} Take another backup. Nothing was changed.") from error
        return str(name)

    def put_in_place(self, name: str) -> str:
        """Write the new content over the old in one transaction of SQLite, or put the new file where a damaged one was."""
        assert self._aside is not None
        unpacked = Path(name)
        _finish(unpacked)
        if self._held is not None:
            with closing(_open(unpacked)) as source:
                source.backup(self._held)
            unpacked.unlink()
            return str(self._aside)
        os.link(self._file, self._aside)
        for ending in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                self._file.with_name(self._file.name + ending).rename(self._aside.with_name(self._aside.name + ending))
        unpacked.replace(self._file)
        _sync_folder(self._file.parent)
        return str(self._aside)

    def discard(self, name: str) -> None:
        """Remove an unpacked file and its journals."""
        for ending in ("", "-wal", "-shm", "-journal"):
            Path(name + ending).unlink(missing_ok=True)


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=20, isolation_level=None)


def _finish(file: Path) -> None:
    """Make a copy one file, whole and on the disk."""
    with closing(_open(file)) as opened:
        try:
            opened.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.DatabaseError as error:
            raise DamagedDatabaseError(f"{file.name} cannot be read ({error}).") from error
    _check(file)
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    _sync_folder(file.parent)


def _check(file: Path) -> None:
    try:
        with closing(_open(file)) as opened:
            found = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise DamagedDatabaseError(f"SQLite cannot read it ({error}).") from error
    if found != "ok":
        raise DamagedDatabaseError(f"SQLite's integrity check says: {found}.")


def _make_private(file: Path) -> None:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Backing up and restoring a PostgreSQL database by pg_dump and pg_restore; a restored one takes the other's name in one step."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from newsletter.clock import Clock
from newsletter.errors import NewsletterError, NotAllowedError, UsageError

LONGEST_NAME: Final = 63

MAINTENANCE: Final = ("postgres", "template1")
"""Databases that every server has: one of them is connected to while others are renamed."""

VERSION: Final = re.compile(r"(\d+)(?:\.\d+)?")


class DumpFailedError(NewsletterError):
    """pg_dump or pg_restore did not do its part; what it said stands in the message."""


class PostgresqlStore:
    """The database that the program uses, and others on its server."""

    may_change_meanwhile = True

    def __init__(self, programs: Path | None, clock: Clock) -> None:
        self._programs = programs
        self._name = str(connection.settings_dict["NAME"])
        self._unpacked = f"{self._name[:30]}_restoring_"
        self._aside = f"{self._name[:30]}_before_restore_{clock():%Y%m%d_%H%M%S}_{secrets.token_hex(2)}"

    def write_backup(self, file: Path) -> None:
        """Dump one snapshot in pg_dump's custom format, and have pg_restore read its list of contents."""
        self._run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={file}"], database=self._name)
        self._run("pg_restore", ["--list", str(file)])
        handle = os.open(file, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Refuse where others are connected, as renaming does again at the end; drop what a restore that was killed left."""
        connection.close()
        self._program("pg_restore")
        with self._maintenance() as server:
            others = server.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [self._name]).fetchone()
            if others and others[0]:
                raise _used_by_others()
            left = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self._unpacked]).fetchall()
        for (name,) in left:
            self.discard(str(name))
        yield

    def keep_aside(self) -> str | None:
        """Give the present name: the database is kept by giving it another one."""
        return self._name

    def unpack(self, file: Path) -> str:
        """Make a database beside the present one and restore the dump into it."""
        self._run("pg_restore", ["--list", str(file)], of_file=file)
        name = f"{self._unpacked}{secrets.token_hex(4)}"
        with self._maintenance() as server:
            row = server.execute(
                "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = %s", [self._name]
            ).fetchone()
            assert row is not None
            create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}")
            try:
                server.execute(create.format(sql.Identifier(name), *map(sql.Literal, row)))
            except psycopg.errors.InsufficientPrivilege as error:
                raise NotAllowedError(
                    "The database user may not make a database, which restoring needs. Let an administrator of PostgreSQL run: "
                    f"ALTER ROLE {connection.settings_dict['USER'] or 'NAME'} CREATEDB; and run the same command again. Nothing "
                    "was changed."
                ) from error
        try:
            arguments = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(file)]
            self._run("pg_restore", arguments, database=name, of_file=file)
        except BaseException:
            self.discard(name)
            raise
        return name

    def put_in_place(self, name: str) -> str:
        """Exchange the names in one transaction."""
        connection.close()
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        present, aside, unpacked = map(sql.Identifier, (self._name, self._aside, name))
        with self._maintenance() as server:
            try:
                with server.transaction():
                    server.execute(rename.format(present, aside))
                    server.execute(rename.format(unpacked, present))
            except psycopg.errors.ObjectInUse as error:
                raise _used_by_others() from error
            except psycopg.errors.InsufficientPrivilege as error:
                raise NotAllowedError(
                    "The database user does not own the database, so it cannot be replaced. Let an administrator of PostgreSQL "
                    "make it the owner, and run the same command again. Nothing was changed."
                ) from error
        return self._aside

    def discard(self, name: str) -> None:
        """Drop an unpacked database."""
        with self._maintenance() as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))

    def _maintenance(self) -> psycopg.Connection[tuple[object, ...]]:
        elsewhere = next(name for name in MAINTENANCE if name != self._name)
        return psycopg.connect(self._conninfo(elsewhere), password=self._password, autocommit=True)

    @property
    def _password(self) -> str | None:
        return str(connection.settings_dict["PASSWORD"]) or None

    def _conninfo(self, database: str) -> str:
        """Give how to connect, without the password: arguments are seen by everybody on the machine."""
        settings = connection.settings_dict
        given = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"], **settings["OPTIONS"]}
        return make_conninfo(dbname=database, **{name: value for name, value in given.items() if value})

    def _run(self, program: str, arguments: Sequence[str], *, database: str = "", of_file: Path | None = None) -> None:
        environment = {"PGPASSWORD": self._password} if self._password else None
        target = [f"--dbname={self._conninfo(database)}"] if database else []
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own program, with arguments of ours and a file's name
            [self._program(program), *target, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = done.stderr.strip().partition("\n")[0]
            if of_file is not None:
                raise UsageError(f"{of_file} cannot be restored ({said}). Nothing was changed.")
            raise DumpFailedError(f"{program} failed: {said}. No backup was made.")

    def _program(self, name: str) -> str:
        """Give where a program of PostgreSQL lies; raises NotAllowedError when it is missing or older than the server."""
        found = shutil.which(name, path=str(self._programs) if self._programs else None)
        if found is None:
            place = f"in {self._programs}" if self._programs else "on PATH"
            raise NotAllowedError(
                f"There is no {name} {place}. Install PostgreSQL's client programs (Debian: postgresql-client), or name their "
                "folder in newsletter.toml: [database] programs."
            )
        asked = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - as above
        said = asked.stdout
        version = VERSION.search(said)
        mine, theirs = int(version[1]) if version else 0, self._server_version()
        if mine < theirs:
            raise NotAllowedError(
                f"{found} is of PostgreSQL {mine} and the server of {theirs}; it has to be at least as new. Install the client "
                f"programs of PostgreSQL {theirs}, or name their folder in newsletter.toml: [database] programs."
            )
        return found

    def _server_version(self) -> int:
        with self._maintenance() as server:
            return server.info.server_version // 10_000


def _used_by_others() -> NotAllowedError:
    return NotAllowedError(
        "Another process uses the database. Stop `newsletter serve`, `scheduler`, `web` and `send` on every machine, then run "
        "the same command again. Nothing was changed."
    )

"""The ledger as it lies in the database, read past the program that is on trial."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery. ``reader`` is the number of the invented reader that it is for."""

    key: str
    issue: str
    reader: int
    handover: str
    reason: str


@dataclass(frozen=True, slots=True)
class SendLine:
    """A send."""

    issue: str
    state: str
    frozen: int


@dataclass(frozen=True, slots=True)
class Books:
    """A database by its URL."""

    url: str

    @property
    def on_postgresql(self) -> bool:
        """Whether it is PostgreSQL."""
        return self.url.startswith("postgresql")

    @contextmanager
    def connected(self) -> Iterator[Any]:
        """Give a connection of the driver's own, in which each statement is committed."""
        if self.on_postgresql:
            with psycopg.connect(self.url, autocommit=True) as database:
                yield database
        else:
            file = self.url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as database:
                yield database

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Give a query's rows."""
        with self.connected() as database:
            return list(database.execute(query).fetchall())

    def act(self, statement: str) -> None:
        """Do one statement."""
        with self.connected() as database:
            database.execute(statement)

    def beside(self, name: str) -> str:
        """Give the URL of another database on the same PostgreSQL server."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    @property
    def locked(self) -> type[Exception]:
        """What is raised when somebody else holds SQLite's lock."""
        return sqlite3.OperationalError

    def is_held(self) -> bool:
        """Say whether somebody writes to SQLite's file and does not come to an end within two seconds."""
        if self.on_postgresql:
            return False
        file = self.url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(file, timeout=2, isolation_level=None)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            database.execute("ROLLBACK")
        return False

    def left_out(self) -> list[tuple[str, int]]:
        """Give the sends that lack somebody who has been a subscriber from their beginning until now, and how many."""
        query = """
            SELECT s.issue, count(*) FROM delivery_send s
            JOIN subscribers_subscription p ON p.id <= s.last AND p.ended_at IS NULL
            LEFT JOIN delivery_delivery d ON d.send_id = s.id AND d.subscription_id = p.id
            WHERE d.id IS NULL AND s.state <> 'cancelled' GROUP BY s.issue
        """
        return [(issue, number) for issue, number in self.rows(query)]

    def entries(self) -> list[Entry]:
        """Give every delivery. Readers were added in the order of their numbers, each with one subscription."""
        query = """
            SELECT d.key, s.issue, d.subscription_id, d.handover, d.reason
            FROM delivery_delivery d JOIN delivery_send s ON s.id = d.send_id
        """
        return [Entry(*row) for row in self.rows(query)]

    def sends(self) -> list[SendLine]:
        """Give every send."""
        return [SendLine(*row) for row in self.rows("SELECT issue, state, frozen FROM delivery_send ORDER BY id")]

    def count(self, handover: str) -> int:
        """Count the deliveries in a handover."""
        return int(self.rows(f"SELECT count(*) FROM delivery_delivery WHERE handover = '{handover}'")[0][0])  # noqa: S608

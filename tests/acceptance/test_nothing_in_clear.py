"""The whole sample list goes through everything, and then nobody of it is found anywhere but in the mails themselves."""

from __future__ import annotations

import csv
import email
import re
import shutil
import socket
import time
import unicodedata
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import httpx
import pytest

from tests.acceptance.clear_text import files_with, spellings_of_address, spellings_of_name, spellings_of_token
from tests.acceptance.conftest import Site, links_of, make_due

TOKEN = re.compile(r"/(?:m|u|confirm|my-data|address|relative|unsubscribe)/([\w-]{20,})")

NEWCOMER, MOVED_TO, BOUNCER = "nadia.okonkwo@example.org", "marcela.moved@example.org", "nobody.such@example.org"


class Reader:
    """A person with a browser and a mailbox."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def mails(self, address: str = "") -> Iterator[EmailMessage]:
        """Give the mails to an address, or all, the latest first."""
        files = (self._site.folder / "var/outbox").glob("new/*")
        for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
            data = file.read_bytes()
            if f"To: {address}".encode() in data.partition(b"\r\n\r\n")[0].replace(b"<", b""):
                yield email.message_from_bytes(data, policy=default)

    def link(self, address: str, path: str) -> str:
        """Wait for a mail to an address that has a link to such a page, and give the latest."""
        for _ in range(150):
            for message in self.mails(address):
                if found := [url for url in _links(message) if f"/{path}/" in url]:
                    return found[0]
            time.sleep(0.2)
        raise AssertionError(f"no mail with a link to /{path}/")

    def press(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Press a button of a page: its hidden fields go along, and where it asks once more, it is pressed once more."""
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        answer = httpx.post(page.url, data=hidden | fields, follow_redirects=True)
        if 'name="again"' in answer.text:
            hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
            answer = httpx.post(page.url, data=fields | hidden | {"again": "yes"}, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer

    def open(self, url: str) -> httpx.Response:
        return httpx.get(url, follow_redirects=True)


def _links(message: EmailMessage) -> list[str]:
    part = message.get_body(("plain",))
    assert part is not None
    return [link.rstrip(".,)") for link in links_of(part.get_content())]


def _bounce(site: Site, message: EmailMessage) -> None:
    """Let a mail come back."""
    key = message["Message-ID"].strip("<>").partition("@")[0]
    text = (
        f"From: mailer-daemon@example.org\nTo: bounces+{key}@example.org\nSubject: failed\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n\n'
        f"{message['To']} does not exist\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
        f"Final-Recipient: rfc822; {message['To']}\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 <{message['To']}> unknown\n\n--b--\n"
    )
    for name in ("new", "cur", "tmp"):
        (site.folder / "bounces" / name).mkdir(parents=True, exist_ok=True)
    (site.folder / "bounces/new/one").write_text(text)


def _unreadable_requests(site: Site, token: str, address: str) -> None:
    for text in (f"GET /m/{token} {address} HTTP/9.9\r\n\r\n", f"GET /u/{token} HTTP/1.1\r\n{address} : x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", site.port)) as connection:
            connection.sendall(text.encode())
            assert connection.recv(100)


def _sample(site: Site) -> tuple[list[str], list[str]]:
    with (site.folder / "subscribers/sample.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    addresses = [row["email"].strip() for row in rows if (row["email"] or "").count("@") == 1]
    names = {unicodedata.normalize("NFC", row["first_name"].strip()) for row in rows if row["first_name"]}
    return [one for one in addresses if one.isascii() and " " not in one], sorted(names)


@pytest.fixture
def walked(site: Site) -> tuple[Site, set[str]]:
    """Take everybody through everything; give the site and every token that there was. What was printed is in files."""
    site.environment |= {
        "NEWSLETTER_DELIVERY__BOUNCES__ADDRESS": "bounces@example.org",
        "NEWSLETTER_DELIVERY__BOUNCES__MAILDIR": str(site.folder / "bounces"),
    }
    (site.folder / "said").mkdir()
    said = iter(range(1_000))

    def run(*words: str, code: int = 0) -> None:
        (site.folder / f"said/{next(said):03}").write_text(f"{words[0]}\n{site.run(*words, code=code)}")

    site.run("subscribers", "import", "subscribers/sample.csv", "--apply", code=1)
    site.run("subscribers", "add", BOUNCER, "--consent", "paper", "--name", "Nobody")
    run("approve", "2026-12", "--as", "ada", "--role", "editor", "--on", "2026-12-01")
    run("approve", "2026-12", "--as", "maria", "--role", "medical", "--on", "2026-12-01")
    run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    make_due(site)
    run("send", "2026-12")
    with (site.folder / "said/serve.log").open("wb") as log:
        serving = site.start("serve", log=log)
        try:
            site.wait_for_pages()
            _walk(site, run)
            shutil.copytree(site.folder / "var/database", site.folder / "var/while-serving")
        finally:
            serving.terminate()
            assert serving.wait(30) == 0
    for words in (
        "report 2026-12",
        "report 2026-12 --format json",
        "status --format json",
        "audience 2026-12",
        "subscribers stats",
    ):
        run(*words.split())
    run("keys", "rotate", "--yes")
    run("doctor", "--offline")
    run("backup", "backup")
    tokens = {token for message in Reader(site).mails() for token in TOKEN.findall(str(message) + " ".join(_links(message)))}
    return site, tokens


def _walk(site: Site, run: Callable[..., None]) -> None:
    reader = Reader(site)
    form = {"first_name": "Nadia", "language": "en", "consent": "yes"}
    reader.press(reader.open(site.url("/subscribe?lang=en")), address=NEWCOMER, **form)
    reader.press(reader.open(site.url("/subscribe?lang=en")), address="elena.patterson@example.com", **form)
    reader.press(reader.open(site.url("/lost-link?lang=en")), address="elena.patterson@example.com")
    reader.press(reader.open(reader.link(NEWCOMER, "confirm")), confirm="yes")

    mail = next(reader.mails("marcela.henderson@example.org"))
    manage = next(url for url in _links(mail) if "/m/" in url)
    reader.press(reader.open(manage), action="choices", topic="trials", language="es")
    reader.press(reader.open(manage), action="pause", months="2")
    reader.press(reader.open(manage), action="stored")
    own = reader.open(reader.link(mail["To"], "my-data"))
    page = reader.press(own, act="open")
    reader.press(page, act="name", first_name="Marcelina")
    assert mail["To"] in reader.press(page, act="json").text
    reader.press(page, act="address", address=MOVED_TO)
    reader.press(reader.open(reader.link(MOVED_TO, "address")), act="move")

    leaving = next(reader.mails("marcelabennett@example.org"))
    leave = str(leaving["List-Unsubscribe"]).strip("<>")
    assert httpx.post(leave, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    _unreadable_requests(site, leave.rpartition("/")[2], leaving["To"])
    assert httpx.get(f"{manage}x?address={leaving['To']}").status_code == 404
    _bounce(site, next(reader.mails(BOUNCER)))
    run("bounces", "pull")
    run("subscribers", "erase", "elena.patterson@example.com", "--as", "ada", "--yes")
    run("subscribers", "erasures")
    run("subscribers", "export", "list.csv", "--as", "ada")
    run("purge", "--dry-run")


def test_nobody_of_the_list_is_found_anywhere_but_in_their_mails(
    walked: tuple[Site, set[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    site, tokens = walked
    scratch = tmp_path_factory.mktemp("looking")
    addresses, names = _sample(site)
    addresses += [NEWCOMER, MOVED_TO, BOUNCER]
    names += ["Marcelina"]
    files = [file for file in (site.folder / "var").rglob("*") if file.is_file() and "outbox" not in file.parts]
    files = [file for file in files if file.name != "keys.json"] + [site.folder / "backup", *(site.folder / "said").iterdir()]
    listing = scratch / "names of files"
    listing.write_text("\n".join(str(file) for file in (site.folder / "var").rglob("*")))
    files.append(listing)
    assert {"newsletter.sqlite3", "newsletter.sqlite3-wal", "serve.log", "backup"} <= {file.name for file in files}

    whom = {needle for address in addresses for needle in spellings_of_address(address)}
    secret = {needle for token in tokens for needle in spellings_of_token(token)}
    mails = list((site.folder / "var/outbox").glob("*/*"))
    assert files_with(whom, mails, folder=scratch), "the search finds nobody anywhere"
    assert files_with(secret, mails, folder=scratch), "the search finds no token anywhere"
    assert files_with(whom, files, folder=scratch) == []
    assert files_with(secret, files, folder=scratch) == []
    ours = [file for name in ("issues", "templates", "subscribers/topics.toml", "newsletter.toml") for file in _all(site, name)]
    unusual = [name for name in names if not files_with(spellings_of_name(name), ours, folder=scratch)]
    assert len(unusual) > 100
    assert files_with({needle for name in unusual for needle in spellings_of_name(name)}, files, folder=scratch) == []


def _all(site: Site, name: str) -> list[Path]:
    place = site.folder / name
    return [file for file in place.rglob("*") if file.is_file()] if place.is_dir() else [place]

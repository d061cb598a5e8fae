"""From the form to the first page of one's own, with `newsletter serve` and with its two halves apart."""

from __future__ import annotations

import json
import mailbox
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.header import decode_header, make_header
from email.message import Message

import httpx
import pytest

from tests.acceptance.conftest import Site

ADDRESS = "rosa.lima@example.org"
A_PERSONS_PACE = 2.1
AT_LAST = 60.0
"""Seconds; a machine with nothing else to do needs three. No haste is judged here: a busy clock says nothing of ours."""


@contextmanager
def running(site: Site, *commands: str) -> Iterator[None]:
    """Run commands beside one another until the end."""
    processes = [site.start(command) for command in commands]
    try:
        site.wait_for_pages()
        yield
    finally:
        for process in processes:
            process.terminate()
        assert [process.wait(30) for process in processes] == [0] * len(commands)


def sign_up(site: Site, path: str = "/subscribe?lang=es", **fields: str) -> httpx.Response:
    """Fill in a form as a person does, at a person's pace."""
    form = httpx.get(site.url(path))
    stamp = re.search(r'name="stamp" value="([^"]+)"', form.text)
    assert stamp is not None
    time.sleep(A_PERSONS_PACE)
    typed = {"address": ADDRESS, "first_name": "Rosa", "language": "es", "consent": "yes", "stamp": stamp[1], **fields}
    return httpx.post(site.url(path), data=typed)


def wait_for_mail(site: Site, subject: str) -> Message:
    """Wait until somebody who sits before their mailbox has the mail."""
    end = time.monotonic() + AT_LAST
    while time.monotonic() < end:
        if (site.folder / "var/outbox").is_dir():
            for message in mailbox.Maildir(site.folder / "var/outbox", create=False):
                if message["To"] == ADDRESS and str(make_header(decode_header(message["Subject"]))) == subject:
                    return message
        time.sleep(0.1)
    raise AssertionError(f"no mail “{subject}” within {AT_LAST} seconds")


def link_in(message: Message, path: str) -> str:
    text = next(part for part in message.walk() if part.get_content_type() == "text/plain").get_payload(decode=True)
    assert isinstance(text, bytes)
    link = re.search(rf"\S+{path}\S+", text.decode())
    assert link is not None
    return link[0]


@pytest.mark.parametrize("commands", [("serve",), ("web", "scheduler")], ids=" and ".join)
def test_from_the_form_to_ones_own_page(site: Site, commands: tuple[str, ...]) -> None:
    with running(site, *commands):
        assert "Falta un paso" in sign_up(site).text
        mail = wait_for_mail(site, "Falta un paso para suscribirse")
        assert (mail["Auto-Submitted"], mail["Reply-To"]) == ("auto-generated", "editors@metsmatters.example")
        assert mail["List-Unsubscribe"] is None
        link = link_in(mail, "/confirm/")
        for method in ("GET", "HEAD", "OPTIONS"):
            assert httpx.request(method, link).status_code == 200
        assert json.loads(site.run("subscribers", "stats", "--format", "json"))["by_language"] == {}
        page = re.search(r'name="page" value="([^"]+)"', httpx.get(link).text)
        assert page is not None
        done = httpx.post(link, data={"page": page[1], "confirm": "yes"})
        assert "Le damos la bienvenida" in done.text
        own_page = link_in(wait_for_mail(site, "Le damos la bienvenida: esta es su página"), "/m/")
        assert own_page in done.text
        assert httpx.get(own_page).status_code == 200
        assert "set-cookie" not in done.headers
        assert json.loads(site.run("subscribers", "stats", "--format", "json"))["by_language"] == {"es": 1}
        assert "Mire su correo" in sign_up(site, "/lost-link?lang=es").text
        assert link_in(wait_for_mail(site, "El enlace que pidió"), "/m/") == own_page

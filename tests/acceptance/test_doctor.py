"""`newsletter doctor`, from outside: what it says, its exit code, and that it leaves everything as it was."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import Site


def _files(folder: Path) -> dict[str, str]:
    """Give every file with its contents; SQLite's memory of who reads is no content."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.endswith("-shm")
    }


def test_an_empty_folder_stays_empty_and_is_no_problem(site: Site) -> None:
    before = _files(site.folder)
    printed = site.run("doctor", "--offline")
    assert "0 problems" in printed
    assert "postal_address" in printed
    assert _files(site.folder) == before


def test_a_site_that_has_sent_is_examined_and_left_as_it_was(sent_site: Site) -> None:
    sent_site.run("status")
    before = _files(sent_site.folder)
    found = {one["check"]: one for one in json.loads(sent_site.run("doctor", "--format", "json", "--nameserver", "127.0.0.1:9"))}
    assert found["keys.opens"]["verdict"] == found["database.whole"]["verdict"] == found["database.durable"]["verdict"] == "ok"
    assert found["trials.registry"]["verdict"] == "warning"
    assert _files(sent_site.folder) == before


def test_all_mistakes_of_the_settings_are_said_at_once(site: Site) -> None:
    site.environment |= {"NEWSLETTER_WEB__PORT": "99999999", "NEWSLETTER_DELIVERY__TRANSPORT": "pigeon"}
    printed = site.run("doctor", code=1)
    assert "web.port" in printed
    assert "delivery.transport" in printed


@pytest.mark.parametrize(
    ("security", "to_try"),
    [
        ("none", "nc -v 127.0.0.1 9"),
        ("starttls", "openssl s_client -starttls smtp -connect 127.0.0.1:9"),
        ("tls", "openssl s_client -connect 127.0.0.1:9"),
    ],
)
def test_a_mail_server_that_is_not_there_is_a_problem_with_what_to_do(site: Site, security: str, to_try: str) -> None:
    site.environment |= {
        "NEWSLETTER_DELIVERY__TRANSPORT": "smtp",
        "NEWSLETTER_DELIVERY__SMTP__HOST": "127.0.0.1",
        "NEWSLETTER_DELIVERY__SMTP__PORT": "9",
        "NEWSLETTER_DELIVERY__SMTP__SECURITY": security,
    }
    printed = site.run("doctor", "--nameserver", "127.0.0.1:9", code=1)
    assert f"Try: {to_try}\n" in printed
    assert "smtp.connect" in printed


def test_keys_that_are_gone_are_not_made_anew(sent_site: Site) -> None:
    (sent_site.folder / "var/keys.json").unlink()
    assert "Restore it from your backup" in sent_site.run("doctor", "--offline", code=1)
    assert not (sent_site.folder / "var/keys.json").exists()


def test_servers_that_never_answer_are_not_waited_for(site: Site) -> None:
    """Everything that can be asked leads to sockets that take a connection and say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        held: list[socket.socket] = []
        threading.Thread(target=_hold, args=(silent, held), daemon=True).start()
        port = str(silent.getsockname()[1])
        site.environment |= {
            "NEWSLETTER_NEWSLETTER__FROM_ADDRESS": "letter@silent-letter.org",
            "NEWSLETTER_DELIVERY__TRANSPORT": "smtp",
            "NEWSLETTER_DELIVERY__SMTP__HOST": "127.0.0.1",
            "NEWSLETTER_DELIVERY__SMTP__PORT": port,
            "NEWSLETTER_WEB__BASE_URL": f"http://127.0.0.1:{port}",
            "NEWSLETTER_TRIALS__BASE_URL": f"http://127.0.0.1:{port}",
        }
        began = time.monotonic()
        printed = site.run("doctor", "--nameserver", f"127.0.0.1:{deaf.getsockname()[1]}", code=1)
        assert time.monotonic() - began < 20
        for check in ("smtp.connect", "web.reachable", "trials.registry", "dns.spf", "dns.dmarc"):
            assert check in printed
        for connection in held:
            connection.close()


def _hold(server: socket.socket, held: list[socket.socket]) -> None:
    try:
        while True:
            held.append(server.accept()[0])
    except OSError:
        return

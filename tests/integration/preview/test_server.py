"""The preview's server over real sockets: whom it answers, and how it tells of news."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from newsletter.errors import NotAllowedError
from newsletter.preview.server import PreviewServer
from newsletter.preview.state import Preview
from tests.unit.preview.conftest import copy_site, preview_of


@pytest.fixture
def server(preview: Preview) -> Iterator[PreviewServer]:
    """Serve the preview on a free port."""
    with serving(preview) as server:
        yield server


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreviewServer]:
    """Serve one preview to all tests in which nobody edits."""
    with serving(preview_of(copy_site(tmp_path_factory.mktemp("site")))) as server:
        yield server


@contextmanager
def serving(preview: Preview) -> Iterator[PreviewServer]:
    with PreviewServer(preview) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        preview.close()
        server.shutdown()
        thread.join()


def test_it_listens_on_this_machine_alone(unchanged: PreviewServer) -> None:
    assert unchanged.server_address[0] == "127.0.0.1"
    assert unchanged.url == f"http://127.0.0.1:{unchanged.port}/"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_its_own_names_are_answered(unchanged: PreviewServer, name: str) -> None:
    assert httpx.get(unchanged.url, headers={"Host": f"{name}:{unchanged.port}"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "127.0.0.1.evil.example:{port}"]
)
@pytest.mark.parametrize("path", ["", "shown/en/mail", "events"])
def test_another_name_that_leads_here_is_refused(unchanged: PreviewServer, host: str, path: str) -> None:
    given = httpx.get(f"{unchanged.url}{path}", headers={"Host": host.format(port=unchanged.port)})
    assert given.status_code == 421
    assert b"Mets" not in given.content


def test_nothing_can_be_posted(unchanged: PreviewServer) -> None:
    assert httpx.post(unchanged.url).status_code == 501


def test_head_gives_the_same_headers_and_no_body(unchanged: PreviewServer) -> None:
    given = httpx.head(f"{unchanged.url}shown/en/mail")
    assert given.status_code == 200
    assert int(given.headers["content-length"]) > 10_000
    assert given.content == b""


def test_every_answer_may_be_used_by_this_page_alone(unchanged: PreviewServer) -> None:
    for path in ("", "page.js", "shown/en/mail", "nothing"):
        headers = httpx.get(f"{unchanged.url}{path}").headers
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_news_is_sent_as_it_comes(server: PreviewServer, preview: Preview, edit: Callable[..., None]) -> None:
    with httpx.stream("GET", f"{server.url}events", timeout=10) as stream:
        events = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        assert next(events)["version"] == 1
        edit("Take the part you need.", "Take what helps.")
        preview.read_again()
        assert next(events)["version"] == 2


def test_a_closed_window_ends_its_thread(server: PreviewServer, preview: Preview, edit: Callable[..., None]) -> None:
    before = threading.active_count()
    with socket.create_connection(("127.0.0.1", server.port)) as window:
        window.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        assert window.recv(100)
    for number in range(200):
        if threading.active_count() == before:
            return
        words = ["Take the part you need.", "Take what helps."]
        edit(words[number % 2], words[1 - number % 2])
        preview.read_again()
    raise AssertionError("the thread of a window goes on")


def test_a_port_in_use_is_said(server: PreviewServer, preview: Preview) -> None:
    with pytest.raises(NotAllowedError, match="Is another preview running"):
        PreviewServer(preview, server.port)

"""Against a real server with TLS, of a certificate that only this test trusts."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from newsletter.sources.fetch import FetchLimits
from newsletter.sources.links.https_answers import find_https
from newsletter.sources.reach import EVERYWHERE

LIMITS = FetchLimits(timeout_seconds=2, max_bytes=1000)


@pytest.fixture
def server(certificate: Path) -> Iterator[HTTPServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        server.expect_request("/guide").respond_with_data("A page")
        server.expect_request("/moved").respond_with_data("", status=301, headers={"Location": "/guide"})
        server.expect_request("/back").respond_with_data("", status=302, headers={"Location": "http://127.0.0.1:9/"})
        yield server


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def as_http(server: HTTPServer, path: str) -> str:
    return server.url_for(path).replace("https://", "http://")


def test_only_addresses_whose_page_is_there_under_https_are_given(server: HTTPServer, certificate: Path) -> None:
    there, moved = as_http(server, "/guide"), as_http(server, "/moved")
    asked = [there, moved, as_http(server, "/back"), as_http(server, "/nowhere"), "http://127.0.0.1:9/", "http://[broken"]
    assert find_https(asked, limits=LIMITS, tls=trusting(certificate), reach=EVERYWHERE) == {there, moved}


def test_a_certificate_that_nobody_trusts_is_no_answer(server: HTTPServer) -> None:
    assert find_https([as_http(server, "/guide")], limits=LIMITS, reach=EVERYWHERE) == frozenset()


def test_a_server_without_tls_and_one_that_says_nothing_are_no_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("A page")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        addresses = [httpserver.url_for("/"), f"http://127.0.0.1:{silent.getsockname()[1]}/"]
        assert find_https(addresses, limits=LIMITS, reach=EVERYWHERE) == frozenset()


def test_nothing_is_asked_where_there_is_nothing_to_ask() -> None:
    assert find_https([]) == frozenset()

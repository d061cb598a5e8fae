from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.errors import SourceError
from newsletter.sources.fetch import Fetched, FetchLimits, fetch
from newsletter.sources.reach import EVERYWHERE

LIMITS = FetchLimits(timeout_seconds=5, max_bytes=1000)


def get(url: str, limits: FetchLimits = LIMITS) -> Fetched:
    return fetch(url, limits=limits, user_agent="newsletter tests", reach=EVERYWHERE)


@contextmanager
def raw_server(*chunks: bytes, pause: float = 0.0) -> Iterator[str]:
    """Serve these bytes once, with a pause after each, and hang up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                for chunk in chunks:
                    if gone.is_set():
                        return
                    try:
                        connection.sendall(chunk)
                    except OSError:
                        return
                    time.sleep(pause)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            gone.set()
            thread.join()


def test_an_answer_comes_with_status_headers_and_body(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("¡Hola!", content_type="Text/Plain; charset=utf-8")
    answer = get(httpserver.url_for("/a"))
    assert (answer.status, answer.text, answer.media_type) == (200, "¡Hola!", "text/plain")


def test_a_caller_in_an_event_loop_may_fetch_too(httpserver: HTTPServer) -> None:
    async def caller() -> Fetched:
        return get(httpserver.url_for("/a"))

    httpserver.expect_request("/a").respond_with_data("here")
    assert asyncio.run(caller()).text == "here"


def test_an_error_status_is_an_answer_too(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("no", status=503)
    assert get(httpserver.url_for("/a")).status == 503


def test_we_say_honestly_who_asks(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_handler(lambda request: Response(request.headers["User-Agent"]))
    assert get(httpserver.url_for("/a")).text == "newsletter tests"


def test_redirects_are_followed_and_the_last_address_is_told(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_response(Response(status=301, headers={"Location": "/b"}))
    httpserver.expect_request("/b").respond_with_data("here")
    answer = get(httpserver.url_for("/a"))
    assert (answer.text, answer.url) == ("here", httpserver.url_for("/b"))


def test_redirects_in_a_ring_end(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_response(Response(status=302, headers={"Location": "/a"}))
    with pytest.raises(SourceError, match="redirected more than 5 times"):
        get(httpserver.url_for("/a"))
    assert len(httpserver.log) == 6


def test_without_following_the_redirect_is_the_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_response(Response(status=301, headers={"Location": "/b"}))
    answer = get(httpserver.url_for("/a"), FetchLimits(5, 1000, redirects=0))
    assert (answer.status, answer.headers["location"]) == (301, "/b")


@pytest.mark.parametrize("target", ["ftp://example.org/", "file:///etc/hostname"])
def test_a_redirect_leads_to_web_addresses_only(httpserver: HTTPServer, target: str) -> None:
    httpserver.expect_request("/a").respond_with_response(Response(status=302, headers={"Location": target}))
    with pytest.raises(SourceError, match="not an http or https address"):
        get(httpserver.url_for("/a"))


@pytest.mark.parametrize("url", ["ftp://example.org/", "/etc/hostname", "https://", "http://[broken/", "http://127.0.0.1:99999/"])
def test_only_web_addresses_are_asked(url: str) -> None:
    with pytest.raises(SourceError):
        get(url)


@pytest.mark.parametrize("where", ["itself", "by a redirect"])
def test_a_name_that_cannot_be_asked_is_an_error_in_one_sentence(httpserver: HTTPServer, where: str) -> None:
    to = "http://xn--ls8h.la/"
    httpserver.expect_request("/a").respond_with_response(Response(status=302, headers={"Location": to}))
    with pytest.raises(SourceError, match="could not be asked"):
        get(to if where == "itself" else httpserver.url_for("/a"))


def test_a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/fits").respond_with_data(b"x" * 1000)
    httpserver.expect_request("/long").respond_with_data(b"x" * 1001)
    assert len(get(httpserver.url_for("/fits")).body) == 1000
    with pytest.raises(SourceError, match="sent more than 1,000 bytes"):
        get(httpserver.url_for("/long"))


def test_size_counts_after_decompression(httpserver: HTTPServer) -> None:
    def bomb(request: Request) -> Response:
        return Response(gzip.compress(b"x" * 100_000), headers={"Content-Encoding": "gzip"})

    httpserver.expect_request("/a").respond_with_handler(bomb)
    with pytest.raises(SourceError, match="sent more than"):
        get(httpserver.url_for("/a"))


@pytest.mark.parametrize("packing", ["gzip", "x-gzip", "GZIP"])
def test_a_packed_answer_is_unpacked(httpserver: HTTPServer, packing: str) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two") + b"\x00\x00"
    httpserver.expect_request("/a").respond_with_data(packed, headers={"Content-Encoding": packing})
    assert get(httpserver.url_for("/a")).text == "one two"


@pytest.mark.parametrize("packing", ["br", "gzip, gzip, gzip", "zstd"])
def test_packings_that_were_not_asked_for_are_refused(httpserver: HTTPServer, packing: str) -> None:
    httpserver.expect_request("/a").respond_with_data(gzip.compress(b"x"), headers={"Content-Encoding": packing})
    with pytest.raises(SourceError, match="packed its answer in a way that was not asked for"):
        get(httpserver.url_for("/a"))


@pytest.mark.parametrize("body", [gzip.compress(b"x" * 500, mtime=0)[:-9], b"no gzip at all"], ids=["cut", "something else"])
def test_a_broken_packing_is_an_error_in_one_sentence(httpserver: HTTPServer, body: bytes) -> None:
    httpserver.expect_request("/a").respond_with_data(body, headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceError, match=r"sent a packed answer that cannot be unpacked\.$"):
        get(httpserver.url_for("/a"))


def test_where_an_address_has_moved_for_good_is_told(httpserver: HTTPServer) -> None:
    for path, status, target in [("/a", 301, "/b"), ("/b", 308, "/c"), ("/c", 302, "/d"), ("/d", 301, "/e")]:
        httpserver.expect_request(path).respond_with_response(Response(status=status, headers={"Location": target}))
    httpserver.expect_request("/e").respond_with_data("here")
    assert get(httpserver.url_for("/a")).moved_to == httpserver.url_for("/c")
    assert get(httpserver.url_for("/c")).moved_to == ""
    assert get(httpserver.url_for("/e")).moved_to == ""


def test_a_server_that_drips_is_left_when_the_time_is_over() -> None:
    begun = time.monotonic()
    with (
        raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 30, pause=0.1) as url,
        pytest.raises(SourceError, match=r"127\.0\.0\.1 did not answer within 0.5 seconds"),
    ):
        get(url, FetchLimits(0.5, 1000))
    assert time.monotonic() - begun < 2


def test_a_server_that_drips_its_headers_is_left_too() -> None:
    with (
        raw_server(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 30, pause=0.1) as url,
        pytest.raises(SourceError, match="did not answer within"),
    ):
        get(url, FetchLimits(0.5, 1000))


@pytest.mark.parametrize("nonsense", [b"", b"220 smtp.example.org\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"])
def test_what_is_no_whole_answer_is_an_error_in_one_sentence(nonsense: bytes) -> None:
    with (
        raw_server(nonsense) as url,
        pytest.raises(SourceError, match=r"^127\.0\.0\.1 did not answer as a web server should [^\n]*\.$"),
    ):
        get(url)


def test_a_name_that_is_not_found_is_said_without_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", find)
    with pytest.raises(SourceError, match=r"^nowhere\.test could not be reached \(its name was not found; is this machine on"):
        get("http://nowhere.test/")


def test_nobody_there_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SourceError, match="could not be reached"):
        get(f"http://127.0.0.1:{port}/")

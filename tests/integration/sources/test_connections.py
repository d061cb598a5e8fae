"""Against real servers on 127.0.0.1, and name servers that say what a test tells them to."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from newsletter.errors import SourceError
from newsletter.sources.connections import Resolver, open_client
from newsletter.sources.fetch import Fetched, FetchLimits, fetch
from newsletter.sources.reach import EVERYWHERE, PUBLIC, ForbiddenHostError, Reach

LIMITS = FetchLimits(timeout_seconds=5, max_bytes=1000)
REFUSED = r"^\S+ leads to a private network, which is not asked \(if that is meant, name it in private_hosts\)\.$"


def names(**addresses: Sequence[str]) -> Resolver:
    """Give a name server that knows ``a=…`` as a.test; what is an address is itself."""

    async def look_up(host: str, port: int) -> Sequence[str]:
        name, dot, _ = host.partition(".test")
        return addresses[name] if dot else [host]

    return look_up


def get(url: str, *, reach: Reach = PUBLIC, resolve: Resolver | None = None, tls: ssl.SSLContext | None = None) -> Fetched:
    return fetch(url, limits=LIMITS, user_agent="newsletter tests", reach=reach, resolve=resolve or names(), tls=tls)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "localhost.", "LOCALHOST", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "0"),  # noqa: S104
        *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127.0.0.1."),
    ],
)
def test_however_this_machine_is_written_nobody_is_asked(httpserver: HTTPServer, host: str) -> None:
    httpserver.expect_request("/").respond_with_data("secret")
    with pytest.raises(SourceError):
        fetch(f"http://{host}:{httpserver.port}/", limits=LIMITS, user_agent="newsletter tests")
    assert httpserver.log == []


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "https://[fe80::1]/"])
def test_an_address_of_a_private_network_is_refused_without_a_packet(url: str) -> None:
    with pytest.raises(ForbiddenHostError, match=REFUSED):
        get(url)


def test_a_name_that_leads_to_a_private_network_is_refused(httpserver: HTTPServer) -> None:
    with pytest.raises(ForbiddenHostError, match=r"^inside\.test leads to a private network"):
        get(f"http://inside.test:{httpserver.port}/", resolve=names(inside=["127.0.0.1"]))
    assert httpserver.log == []


def test_one_private_address_among_public_ones_is_enough(httpserver: HTTPServer) -> None:
    with pytest.raises(ForbiddenHostError, match=REFUSED):
        get(f"http://mixed.test:{httpserver.port}/", resolve=names(mixed=["8.8.8.8", "127.0.0.1"]))


@pytest.mark.parametrize("target", ["http://inside.test:{port}/b", "http://127.0.0.1:{port}/b", "//localhost.:{port}/b"])
def test_a_redirect_into_a_private_network_is_refused(httpserver: HTTPServer, target: str) -> None:
    location = target.format(port=httpserver.port)
    httpserver.expect_request("/a").respond_with_response(Response(status=302, headers={"Location": location}))
    httpserver.expect_request("/b").respond_with_data("secret")
    resolve = names(ours=["127.0.0.1"], inside=["127.0.0.1"])
    reach = Reach.to([f"ours.test:{httpserver.port}"])

    async def system_for_localhost(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"] if host == "localhost" else await resolve(host, port)

    with pytest.raises(ForbiddenHostError, match=REFUSED):
        get(f"http://ours.test:{httpserver.port}/a", reach=reach, resolve=system_for_localhost)
    assert [request.path for request, _ in httpserver.log] == ["/a"]


def test_a_private_host_that_is_named_is_asked(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("here")
    url = f"http://wiki.test:{httpserver.port}/"
    resolve = names(wiki=["127.0.0.1"])
    assert get(url, reach=Reach.to(["wiki.test"]), resolve=resolve).text == "here"
    assert get(url, reach=EVERYWHERE, resolve=resolve).text == "here"
    assert httpserver.log[0][0].headers["Host"] == f"wiki.test:{httpserver.port}"


def test_a_name_is_looked_up_once_for_a_connection(httpserver: HTTPServer) -> None:
    """A name server that says something harmless first and 127.0.0.1 ever after."""
    httpserver.expect_request("/").respond_with_data("secret")
    answers = iter([["127.0.0.2"]])
    asked = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers, ["127.0.0.1"])

    with pytest.raises(SourceError, match="could not be reached"):
        get(f"http://evil.test:{httpserver.port}/", reach=Reach.to(["evil.test"]), resolve=rebinding)
    assert asked == ["evil.test"]


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(httpserver: HTTPServer) -> None:
    """Connecting by name would find the server: the system says 127.0.0.1 of localhost."""
    httpserver.expect_request("/").respond_with_data("secret")

    async def elsewhere(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.2"]

    with pytest.raises(SourceError, match="could not be reached"):
        get(f"http://localhost:{httpserver.port}/", reach=Reach.to(["localhost"]), resolve=elsewhere)
    assert httpserver.log == []


def test_the_next_address_is_tried_when_the_first_does_not_take_us(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("here")
    resolve = names(two=["127.0.0.2", "127.0.0.1"])
    assert get(f"http://two.test:{httpserver.port}/", reach=Reach.to(["two.test"]), resolve=resolve).text == "here"


def test_a_name_without_an_address_could_not_be_reached() -> None:
    with pytest.raises(SourceError, match=r"none\.test could not be reached"):
        get("http://none.test/", resolve=names(none=[]))


def test_tls_is_verified_by_name_although_an_address_is_connected_to(certificate: Path) -> None:
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    resolve = names(ours=["127.0.0.1"], other=["127.0.0.1"])
    with HTTPServer(host="127.0.0.1", ssl_context=server_side) as server:
        server.expect_request("/").respond_with_data("here")
        reach = Reach.to(["ours.test", "other.test"])
        assert get(f"https://ours.test:{server.port}/", reach=reach, resolve=resolve, tls=trusting).text == "here"
        with pytest.raises(SourceError, match="certificate verify failed"):
            get(f"https://other.test:{server.port}/", reach=reach, resolve=resolve, tls=trusting)


def test_a_name_server_that_takes_its_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def slow(*_: object, **__: object) -> list[object]:
        answered.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    begun = time.monotonic()
    with pytest.raises(SourceError, match=r"slow\.test did not answer within"):
        fetch("http://slow.test/", limits=FetchLimits(1, 1000), user_agent="newsletter tests")
    assert time.monotonic() - begun < 10
    answered.set()


def test_many_are_asked_at_once_in_one_event_loop() -> None:
    together = threading.Barrier(4, timeout=20)

    def answer(_: object) -> Response:
        together.wait()
        return Response("here")

    async def ask_all(url: str) -> list[int]:
        async with open_client(timeout_seconds=20, user_agent="newsletter tests", reach=EVERYWHERE) as client:
            asked = [client.send(client.build_request("GET", url)) for _ in range(4)]
            return [response.status_code for response in await asyncio.gather(*asked)]

    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        server.expect_request("/a").respond_with_handler(answer)
        assert asyncio.run(ask_all(server.url_for("/a"))) == [200] * 4


def test_a_client_follows_no_redirect_by_itself(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_response(Response(status=302, headers={"Location": "/b"}))

    async def ask() -> httpx.Response:
        async with open_client(timeout_seconds=5, user_agent="newsletter tests", reach=EVERYWHERE) as client:
            return await client.send(client.build_request("HEAD", httpserver.url_for("/a")), stream=True)

    response = asyncio.run(ask())
    assert response.next_request is not None
    assert str(response.next_request.url) == httpserver.url_for("/b")

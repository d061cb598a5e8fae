"""Feeds that are meant to do harm: each ends in a clear line or in harmless text, in a known time."""

from __future__ import annotations

import gzip
import random
import re
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.settings import FeedSettings
from newsletter.sources.feeds.feed_list import FeedAddress
from newsletter.sources.feeds.fetching import NOTHING_KNOWN, FetchedFeed, fetch_feed, fetch_feeds
from tests.integration.sources.test_fetch import raw_server

HEAD = b'<?xml version="1.0" encoding="utf-8"?>'
SETTINGS = FeedSettings(timeout_seconds=30, private_hosts=("localhost", "127.0.0.1"))
MOST_SECONDS = 60
"""Of a busy machine; none of these takes more than two on an idle one."""


def rss(items: bytes, *, before: bytes = HEAD) -> bytes:
    return before + b"<rss version='2.0'><channel><title>News</title>" + items + b"</channel></rss>"


def item(title: bytes = b"News", more: bytes = b"") -> bytes:
    return b"<item><title>" + title + b"</title>" + more + b"</item>"


def pull(
    server: HTTPServer, body: bytes | Response, headers: Mapping[str, str] | None = None, *, settings: FeedSettings = SETTINGS
) -> FetchedFeed:
    own = {"Content-Type": "application/rss+xml", **(headers or {})}
    answer = body if isinstance(body, Response) else Response(body, headers=own)
    server.expect_request("/feed").respond_with_response(answer)
    begun = time.monotonic()
    fetched = fetch_feed(FeedAddress(name="Hostile", url=server.url_for("/feed")), NOTHING_KNOWN, settings=settings)
    assert time.monotonic() - begun < MOST_SECONDS
    assert "\n" not in fetched.problem
    return fetched


def test_ten_megabytes_are_not_read(httpserver: HTTPServer) -> None:
    assert pull(httpserver, rss(item(b"x" * 10_000_000))).problem == "localhost sent more than 5,000,000 bytes."


def test_a_title_of_four_megabytes_is_cut(httpserver: HTTPServer) -> None:
    [entry] = pull(httpserver, rss(item(b"long " * 800_000))).entries
    assert len(entry.title) <= 300


def test_a_billion_laughs_are_not_told(httpserver: HTTPServer) -> None:
    levels = b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    fetched = pull(httpserver, rss(item(b"&j;"), before=HEAD + b'<!DOCTYPE r [<!ENTITY a "lol">' + levels + b"]>"))
    assert all(len(entry.title) < 300 for entry in fetched.entries)
    assert "lollol" not in "".join(entry.title for entry in fetched.entries)
    assert "amplification" in fetched.warning + fetched.problem


def test_one_long_entity_many_times_is_not_written_out(httpserver: HTTPServer) -> None:
    doctype = b'<!DOCTYPE r [<!ENTITY a "' + b"x" * 100_000 + b'">]>'
    fetched = pull(httpserver, rss(item(b"&a;" * 20_000), before=HEAD + doctype))
    assert "amplification" in fetched.warning + fetched.problem


@pytest.mark.parametrize("place", ["file:///etc/passwd", "{server}/secret"])
def test_an_external_entity_is_not_fetched(httpserver: HTTPServer, place: str) -> None:
    httpserver.expect_request("/secret").respond_with_data("root: the secret")
    where = place.format(server=httpserver.url_for("").rstrip("/")).encode()
    doctype = b'<!DOCTYPE r [<!ENTITY a SYSTEM "' + where + b'"><!ENTITY % b SYSTEM "' + where + b'">%b;]>'
    fetched = pull(httpserver, rss(item(b"A&a;B"), before=HEAD + doctype))
    assert not any("root" in entry.title for entry in fetched.entries)
    assert [request.path for request, _ in httpserver.log] == ["/feed"]


def test_redirects_without_end_and_in_a_ring_end(httpserver: HTTPServer) -> None:
    def onward(request: Request) -> Response:
        return Response(status=302, headers={"Location": f"/next/{random.randrange(10**9)}"})  # noqa: S311 - any will do

    httpserver.expect_request("/feed").respond_with_handler(onward)
    for_ever = FeedAddress(name="Hostile", url=httpserver.url_for("/feed"))
    httpserver.expect_request(re.compile("/next/.*")).respond_with_handler(onward)
    assert fetch_feed(for_ever, NOTHING_KNOWN, settings=SETTINGS).problem == "localhost redirected more than 5 times."
    httpserver.expect_request("/ring").respond_with_response(Response(status=301, headers={"Location": "/ring"}))
    ring = FeedAddress(name="Hostile", url=httpserver.url_for("/ring"))
    assert fetch_feed(ring, NOTHING_KNOWN, settings=SETTINGS).problem == "localhost redirected more than 5 times."


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "gopher://localhost/", "http://169.254.169.254/", "http://[::1]/", "//"]
)
def test_a_redirect_leads_neither_inside_nor_off_the_web(httpserver: HTTPServer, target: str) -> None:
    fetched = pull(httpserver, Response(status=302, headers={"Location": target}))
    assert fetched.problem.endswith(".")
    assert not fetched.entries


def test_a_slow_drip_is_left() -> None:
    quick = SETTINGS.model_copy(update={"timeout_seconds": 0.5})
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", *[b"<"] * 40, pause=0.1) as url:
        fetched = fetch_feed(FeedAddress(name="Drip", url=url), NOTHING_KNOWN, settings=quick)
    assert fetched.problem == "127.0.0.1 did not answer within 0.5 seconds."


def test_a_body_without_end_is_left(httpserver: HTTPServer) -> None:
    def without_end() -> Iterator[bytes]:
        while True:
            yield b"<item><title>x</title></item>" * 1000

    small = SETTINGS.model_copy(update={"max_bytes": 500_000})
    assert pull(httpserver, Response(without_end()), settings=small).problem == "localhost sent more than 500,000 bytes."


def bomb(layers: int) -> bytes:
    body = bytes(20_000_000)
    for _ in range(layers):
        body = gzip.compress(body, 9)
    return body


@pytest.mark.parametrize("declared", [True, False])
def test_a_gzip_bomb_is_not_unpacked(httpserver: HTTPServer, declared: bool) -> None:  # noqa: FBT001 - a parameter of the test
    headers = {"Content-Encoding": "gzip"} if declared else {}
    fetched = pull(httpserver, bomb(1), headers)
    assert fetched.problem == "localhost sent more than 5,000,000 bytes, once unpacked."


def test_a_quarter_of_a_million_packed_nothings_end_soon(httpserver: HTTPServer) -> None:
    body = gzip.compress(b"", mtime=0) * 240_000
    assert pull(httpserver, body, {"Content-Encoding": "gzip"}).problem.endswith("a packed answer that cannot be unpacked.")


def test_a_bomb_in_a_bomb_is_no_feed(httpserver: HTTPServer) -> None:
    assert "not asked for" in pull(httpserver, bomb(2), {"Content-Encoding": "gzip, gzip"}).problem
    httpserver.clear()
    assert pull(httpserver, bomb(3), {"Content-Encoding": "gzip"}).problem
    httpserver.clear()
    packed = zlib.compress(rss(item()))
    assert len(pull(httpserver, packed, {"Content-Encoding": "deflate"}).entries) == 1


@pytest.mark.parametrize(
    "title",
    [
        b"<![CDATA[<script>alert(1)</script>Safe]]>",
        b"&lt;script&gt;alert(1)&lt;/script&gt;Safe",
        b"&lt;img src='https://tracker.example/p.gif' onerror='alert(1)'&gt;Safe",
        b"&lt;svg onload=alert(1)&gt;&lt;/svg&gt;Safe",
        b"&lt;iframe src='javascript:alert(1)'&gt;alert(1)&lt;/iframe&gt;Safe",
        b"&lt;style&gt;*{background:url(https://tracker.example)}&lt;/style&gt;Safe",
        b"\xe2\x80\xaeSafe\xe2\x80\xac",
    ],
)
def test_of_script_and_trickery_in_a_title_nothing_is_left(httpserver: HTTPServer, title: bytes) -> None:
    [entry] = pull(httpserver, rss(item(title, b"<description>" + title + b"</description>"))).entries
    assert (entry.title, entry.excerpt) == ("Safe", "Safe")


@pytest.mark.parametrize(
    "link",
    [b"javascript:alert(1)", b"JaVaScRiPt:alert(1)", b"java&#10;script:alert(1)", b"data:text/html,x", b"file:///etc/passwd"],
)
def test_a_link_that_is_none_of_the_webs_is_none(httpserver: HTTPServer, link: bytes) -> None:
    [entry] = pull(httpserver, rss(item(b"News", b"<link>" + link + b"</link>"))).entries
    assert entry.link == ""


def test_a_wrong_encoding_is_noticed_or_replaced(httpserver: HTTPServer) -> None:
    russian = rss(item("Как пережить новогоднюю ночь и не устать совсем".encode("koi8-r")))
    fetched = pull(httpserver, russian, {"Content-Type": "application/rss+xml; charset=utf-8"})
    assert len(fetched.entries) == 1
    assert fetched.warning
    httpserver.clear()
    unheard_of = pull(httpserver, rss(item(b"Caf\xc3\xa9")), {"Content-Type": "application/rss+xml; charset=x-nonsense"})
    assert [entry.title for entry in unheard_of.entries] == ["Caf\u00e9"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_wide_encodings_are_read_and_counted(httpserver: HTTPServer, encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding.removesuffix("-le")}"?>'
    one = f"{head}<rss version='2.0'><channel><item><title>Caf\u00e9</title></item></channel></rss>"
    assert [entry.title for entry in pull(httpserver, one.encode(encoding)).entries] == ["Caf\u00e9"]
    httpserver.clear()
    many = f"{head}<rss version='2.0'><channel>{'<item><title>x</title></item>' * 6000}</channel></rss>"
    assert "6,000 entries" in pull(httpserver, many.encode(encoding)).problem


def test_zeros_and_other_control_characters_are_dropped(httpserver: HTTPServer) -> None:
    [entry] = pull(httpserver, rss(item(b"A\x00b\x07c&#0;d\x1b[31m"))).entries
    assert all(character.isprintable() for character in entry.title + entry.excerpt + entry.link)


def test_a_hundred_thousand_entries_are_counted_and_not_read(httpserver: HTTPServer) -> None:
    fetched = pull(httpserver, rss(item() * 100_000))
    assert fetched.problem == "the feed has 100,000 entries, and 5,000 at most are read."


@pytest.mark.parametrize(
    "body",
    [
        rss(item(more=b"<description>" + b"&lt;div&gt;" * 200_000 + b"</description>")),
        rss(item(more=b"<a>" * 100_000 + b"</a>" * 100_000)),
        rss(item(more=b"<category>a</category>" * 50_000)),
        rss(item(more=b"<description>" + b"&lt;!--" * 100_000 + b"</description>")),
    ],
    ids=["tags in a text", "tags", "categories", "comments"],
)
def test_deep_and_wide_nesting_ends_soon(httpserver: HTTPServer, body: bytes) -> None:
    assert [entry.title for entry in pull(httpserver, body).entries] == ["News"]


@pytest.mark.parametrize("piece", [b"<a>", b"&", b"a=b ", b"a\n"])
def test_megabytes_of_nothing_but_markup_are_counted_and_not_read(httpserver: HTTPServer, piece: bytes) -> None:
    fetched = pull(httpserver, rss(item(more=b"<a " + piece * (4_800_000 // len(piece)))))
    assert fetched.problem.startswith("the feed is nearly all markup")


@pytest.mark.parametrize(
    "body",
    [
        b"<rss version='2.0'><channel><item & " + b"a='" * 50_000,
        b"<rss version='2.0'><channel>&" + b"<!--" * 50_000,
        b"<!DOCTYPE " * 30_000 + b"<rss>",
        b"\x1f\x8b",
        b"\x00" * 100_000,
        b"",
        b"{}",
        b"%PDF-1.7",
        bytes(range(256)) * 100,
    ],
    ids=["attributes", "comments", "doctypes", "half gzip", "zeros", "nothing", "json", "pdf", "bytes"],
)
def test_what_is_no_feed_is_said_in_a_line(httpserver: HTTPServer, body: bytes) -> None:
    fetched = pull(httpserver, body)
    assert fetched.problem
    assert not fetched.entries


@pytest.mark.parametrize("tag", ["\u00e9" * 10, "x" * 5000])
def test_a_tag_that_could_not_be_sent_back_is_not_kept(httpserver: HTTPServer, tag: str) -> None:
    answer = Response(rss(item()), headers={"ETag": tag})
    assert pull(httpserver, answer).version == NOTHING_KNOWN


def test_hostile_ones_among_good_ones_stop_none(httpserver: HTTPServer) -> None:
    bodies: Iterable[tuple[str, bytes]] = [
        ("good", rss(item())),
        ("bomb", bomb(1)),
        ("many", rss(item() * 6000)),
        ("last", rss(item())),
    ]
    feeds = {}
    for name, body in bodies:
        httpserver.expect_request(f"/{name}").respond_with_data(body)
        feeds[FeedAddress(name=name, url=httpserver.url_for(f"/{name}"))] = NOTHING_KNOWN
    fetched = {
        feed.name: (len(fetched.entries), bool(fetched.problem)) for feed, fetched in fetch_feeds(feeds, settings=SETTINGS)
    }
    assert fetched == {"good": (1, False), "bomb": (0, True), "many": (0, True), "last": (1, False)}

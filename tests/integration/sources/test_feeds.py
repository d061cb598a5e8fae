from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.settings import FeedSettings
from newsletter.sources.feeds.feed_list import FeedAddress
from newsletter.sources.feeds.fetching import FetchedFeed, KnownVersion, fetch_feed

RSS = (
    '<?xml version="1.0" encoding="windows-1252"?><rss version="2.0"><channel><title>N</title>'
    "<item><guid>1</guid><title>Caf\u00e9</title><link>/a</link></item></channel></rss>"
).encode("cp1252")


def pull(httpserver: HTTPServer, *, etag: str = "", last_modified: str = "", **settings: float) -> FetchedFeed:
    feed = FeedAddress(name="News", url=httpserver.url_for("/feed"))
    limits = FeedSettings.model_validate({"private_hosts": ["localhost", "127.0.0.1"], **settings})
    return fetch_feed(feed, KnownVersion(etag, last_modified), settings=limits)


def test_a_feed_gives_its_entries_and_what_to_ask_with_next_time(httpserver: HTTPServer) -> None:
    headers = {"ETag": '"1"', "Last-Modified": "Thu, 13 Aug 2026 17:02:58 GMT"}
    httpserver.expect_request("/feed").respond_with_data(RSS, content_type="application/rss+xml", headers=headers)
    fetched = pull(httpserver)
    assert [(entry.title, entry.link) for entry in fetched.entries] == [("Caf\u00e9", httpserver.url_for("/a"))]
    assert fetched.version == KnownVersion('"1"', "Thu, 13 Aug 2026 17:02:58 GMT")
    assert (fetched.unchanged, fetched.problem, fetched.warning) == (False, "", "")


def test_a_feed_is_asked_for_only_if_it_changed(httpserver: HTTPServer) -> None:
    def answer(request: Request) -> Response:
        known = (request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since"))
        return Response(status=304) if known == ('"1"', "yesterday") else Response(RSS)

    httpserver.expect_request("/feed").respond_with_handler(answer)
    assert pull(httpserver, etag='"1"', last_modified="yesterday") == FetchedFeed(
        (), KnownVersion('"1"', "yesterday"), unchanged=True
    )
    assert pull(httpserver).entries


def test_relative_links_are_resolved_against_where_the_feed_moved(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_response(Response(status=301, headers={"Location": "/new/feed"}))
    httpserver.expect_request("/new/feed").respond_with_data(RSS.replace(b"/a<", b"b<"))
    assert pull(httpserver).entries[0].link == httpserver.url_for("/new/b")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Response("gone", status=410), "answered with status 410"),
        (Response("<!doctype html><title>Home</title>", content_type="text/html"), "a web page"),
        (Response(b"\x1f\x8b\x08"), "cannot be unpacked"),
        (Response(b"x" * 2000), "more than 1,000 bytes"),
    ],
)
def test_a_feed_that_cannot_be_read_says_why_and_keeps_what_was_known(
    httpserver: HTTPServer, answer: Response, words: str
) -> None:
    httpserver.expect_request("/feed").respond_with_response(answer)
    fetched = pull(httpserver, etag='"1"', last_modified="yesterday", max_bytes=1000)
    assert words in fetched.problem
    assert (fetched.entries, fetched.version) == ((), KnownVersion('"1"', "yesterday"))


def test_we_say_honestly_who_reads(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(RSS)
    pull(httpserver)
    assert httpserver.log[0][0].headers["User-Agent"] == "mets-matters-newsletter (feed reader)"

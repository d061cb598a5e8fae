"""Every real feed at hand, pulled through a local server and held against what was read off its source."""

from __future__ import annotations

from datetime import UTC

import pytest
from pytest_httpserver import HTTPServer

from newsletter.settings import FeedSettings
from newsletter.sources.feeds.feed_list import FeedAddress
from newsletter.sources.feeds.fetching import NOTHING_KNOWN, FetchedFeed, fetch_feed, fetch_feeds
from tests.integration.sources.feeds_at_hand import KNOWN, Known
from tests.unit.sources.records import REAL_DATA

SETTINGS = FeedSettings(timeout_seconds=30, private_hosts=("localhost",))

if REAL_DATA.exists():
    FILES = {file.name: file for file in sorted((REAL_DATA / "feeds").iterdir())}

    def serve(server: HTTPServer, name: str, media_type: str) -> FeedAddress:
        server.expect_request(f"/{name}").respond_with_data(FILES[name].read_bytes(), content_type=media_type)
        return FeedAddress(name=name, url=server.url_for(f"/{name}"))

    def summary(fetched: FetchedFeed, server: HTTPServer) -> tuple[int, str, str, str]:
        if not fetched.entries:
            return 0, "", "", ""
        first = fetched.entries[0]
        date = f"{first.published_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" if first.published_at else ""
        return len(fetched.entries), first.title, date, first.link.replace(server.url_for("/").rstrip("/"), "")

    @pytest.mark.parametrize("media_type", ["application/octet-stream", "text/xml", "text/html; charset=utf-8"])
    @pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.file)
    def test_what_a_real_feed_says_is_found(httpserver: HTTPServer, known: Known, media_type: str) -> None:
        if "charset" in media_type and not FILES[known.file].read_bytes().isascii() and "utf-8" not in known.file:
            media_type = "application/rss+xml"  # a server that names a wrong encoding has a test of its own
        fetched = fetch_feed(serve(httpserver, known.file, media_type), NOTHING_KNOWN, settings=SETTINGS)
        assert summary(fetched, httpserver) == (known.entries, known.title, known.date, known.link)
        assert fetched.problem.startswith(known.problem)
        assert bool(fetched.problem) == bool(known.problem)
        assert "\n" not in fetched.problem + fetched.warning

    def test_the_table_knows_every_feed_at_hand() -> None:
        assert [known.file for known in KNOWN] == list(FILES)

    def test_all_real_feeds_are_pulled_together(httpserver: HTTPServer) -> None:
        feeds = {serve(httpserver, name, "application/xml"): NOTHING_KNOWN for name in FILES}
        pulled = {feed.name: fetched for feed, fetched in fetch_feeds(feeds, settings=SETTINGS)}
        assert {name: len(fetched.entries) for name, fetched in pulled.items()} == {one.file: one.entries for one in KNOWN}

    def test_nothing_of_a_real_feed_is_markup_or_leads_elsewhere_than_to_the_web(httpserver: HTTPServer) -> None:
        feeds = {serve(httpserver, name, "application/xml"): NOTHING_KNOWN for name in FILES}
        entries = [entry for _, fetched in fetch_feeds(feeds, settings=SETTINGS) for entry in fetched.entries]
        assert len(entries) == sum(known.entries for known in KNOWN)
        for entry in entries:
            assert entry.title
            assert "<img" not in entry.title + entry.excerpt
            assert "<script" not in entry.title + entry.excerpt
            assert not entry.link or entry.link.startswith(("http://", "https://"))

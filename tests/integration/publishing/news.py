"""A feed on a local server, and pulling it, for tests of the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.publishing.feed_pulling import PulledFeed, pull_feeds
from newsletter.settings import FeedSettings
from newsletter.sources.feeds.feed_list import FeedAddress
from tests.contract.publishing.samples import NOW

SETTINGS = FeedSettings(timeout_seconds=5, private_hosts=("localhost", "127.0.0.1"))
PUBLISHED = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
ITEMS = {"a": "A guide to trials", "b": "A new approval"}


def rss(items: Mapping[str, str]) -> str:
    """Give a feed of invented entries, each with its guid as the end of its link."""
    entries = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title><link>https://example.org/{guid}</link>"
        f"<description>About {guid}</description><pubDate>{format_datetime(PUBLISHED)}</pubDate></item>"
        for guid, title in items.items()
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{entries}</channel></rss>'


def serve(server: HTTPServer, items: Mapping[str, str], *, etag: str = '"1"', name: str = "Invented news") -> FeedAddress:
    """Serve a feed that answers 304 to who has this version already, at an address of its own for each name."""

    def answer(request: Request) -> Response:
        if request.headers.get("If-None-Match") == etag:
            return Response(status=304)
        return Response(rss(items), content_type="application/rss+xml", headers={"ETag": etag})

    path = f"/{name.replace(' ', '-')}"
    server.clear_all_handlers()
    server.expect_request(path).respond_with_handler(answer)
    return FeedAddress(name=name, url=server.url_for(path))


def pull(*feeds: FeedAddress, now: datetime = NOW, settings: FeedSettings = SETTINGS) -> PulledFeed:
    """Pull feeds, and give what the last one brought."""
    by_name = {pulled.name: pulled for pulled in pull_feeds(feeds, settings=settings, now=now)}
    return by_name[feeds[-1].name]

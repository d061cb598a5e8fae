"""Feeds over real HTTP, from a server that answers as feeds' servers do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.inbox import PulledFeed, clip, list_clippings, pull_feeds
from newsletter.publishing.models import AuditEntry, Clipping, FeedState
from newsletter.settings import FeedSettings
from newsletter.sources.feeds import FeedAddress
from tests.contract.publishing.samples import ISSUE, NOW

pytestmark = [pytest.mark.database, pytest.mark.django_db]

SETTINGS = FeedSettings(timeout_seconds=5, private_hosts=("localhost", "127.0.0.1"))
PUBLISHED = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
ITEMS = {"a": "A guide to trials", "b": "A new approval"}


def rss(items: dict[str, str]) -> str:
    entries = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title><link>https://example.org/{guid}</link>"
        f"<description>About {guid}</description><pubDate>{format_datetime(PUBLISHED)}</pubDate></item>"
        for guid, title in items.items()
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{entries}</channel></rss>'


def serve(server: HTTPServer, items: dict[str, str], *, etag: str = '"1"') -> FeedAddress:
    """Serve a feed that answers 304 to who has this version already."""

    def answer(request: Request) -> Response:
        if request.headers.get("If-None-Match") == etag:
            return Response(status=304)
        return Response(rss(items), content_type="application/rss+xml", headers={"ETag": etag})

    server.clear()
    server.expect_request("/feed").respond_with_handler(answer)
    return FeedAddress(name="Invented news", url=server.url_for("/feed"))


def pull(feed: FeedAddress, *, now: datetime = NOW) -> PulledFeed:
    (pulled,) = pull_feeds([feed], settings=SETTINGS, now=now)
    return pulled


def test_a_feeds_entries_become_clippings(httpserver: HTTPServer) -> None:
    assert pull(serve(httpserver, ITEMS)) == PulledFeed("Invented news", new=2)
    clipping = Clipping.objects.get(title="A guide to trials")
    assert clipping.link == "https://example.org/a"
    assert clipping.excerpt == "About a"
    assert clipping.published_at == PUBLISHED
    assert clipping.first_seen_at == NOW


def test_an_unchanged_feed_is_not_fetched_again(httpserver: HTTPServer) -> None:
    feed = serve(httpserver, ITEMS)
    pull(feed)
    later = NOW + timedelta(days=1)
    assert pull(feed, now=later) == PulledFeed("Invented news", unchanged=True)
    assert FeedState.objects.get().pulled_at == later
    assert FeedState.objects.get().etag == '"1"'
    assert Clipping.objects.count() == 2


def test_an_entry_that_changed_is_renewed_and_keeps_the_day_it_was_first_seen(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, ITEMS))
    renamed = {"a": "A better guide", "b": "A new approval", "c": "News"}
    assert pull(serve(httpserver, renamed, etag='"2"'), now=NOW + timedelta(days=1)) == PulledFeed(
        "Invented news", new=1, changed=1
    )
    assert Clipping.objects.get(link="https://example.org/a").title == "A better guide"
    assert Clipping.objects.get(link="https://example.org/a").first_seen_at == NOW


def test_a_feed_that_fails_says_why_and_keeps_what_it_brought(httpserver: HTTPServer) -> None:
    feed = serve(httpserver, ITEMS)
    pull(feed)
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data("down", status=503)
    assert "503" in pull(feed).problem
    state = FeedState.objects.get()
    assert "503" in state.problem
    assert state.etag == '"1"'
    assert Clipping.objects.count() == 2
    pull(serve(httpserver, ITEMS))
    assert FeedState.objects.get().problem == ""


def test_one_failing_feed_stops_no_other(httpserver: HTTPServer) -> None:
    good = serve(httpserver, ITEMS)
    gone = FeedAddress(name="Gone", url=httpserver.url_for("/gone"))
    pulled = pull_feeds([gone, good], settings=SETTINGS, now=NOW)
    assert [(feed.name, feed.new, bool(feed.problem)) for feed in pulled] == [("Gone", 0, True), ("Invented news", 2, False)]


def test_the_same_entry_in_two_feeds_is_two_clippings(httpserver: HTTPServer) -> None:
    feed = serve(httpserver, ITEMS)
    pull_feeds([feed, feed.model_copy(update={"name": "Its twin"})], settings=SETTINGS, now=NOW)
    assert Clipping.objects.count() == 4


def test_an_entry_without_a_date_gets_the_day_it_was_first_seen(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(
        rss({"a": "Undated"}).replace("pubDate", "ignored"), content_type="application/rss+xml"
    )
    pull(FeedAddress(name="Undated", url=httpserver.url_for("/feed")))
    assert Clipping.objects.get().published_at == NOW


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "issue.md"
    file.write_text("## News\n\nHello.\n", "utf-8")
    return file


def clipped(clipping: Clipping, file: Path, issue: str = ISSUE) -> Clipping:
    return clip(clipping.pk, issue=issue, file=file, person="sam", now=NOW, system_user="tester")


def test_a_clipping_becomes_a_resource_that_names_its_source(httpserver: HTTPServer, file: Path) -> None:
    pull(serve(httpserver, ITEMS))
    clipping = clipped(Clipping.objects.get(title="A guide to trials"), file)
    text = file.read_text("utf-8")
    assert text.startswith("## News\n\nHello.\n\n")
    assert '::: resource https://example.org/a "A guide to trials"' in text
    assert "From Invented news, 2026-11-18." in text
    assert "About a" not in text
    assert clipping.clipped_to == ISSUE
    assert [other.title for other in list_clippings()] == ["A new approval"]
    assert len(list_clippings(new_only=False)) == 2
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.subject, entry.person) == ("clip", ISSUE, "sam")


def test_a_clipping_goes_into_one_issue_once(httpserver: HTTPServer, file: Path) -> None:
    pull(serve(httpserver, ITEMS))
    clipping = Clipping.objects.order_by("pk")[0]
    clipped(clipping, file)
    with pytest.raises(NotAllowedError, match="stands in 2026-12 already"):
        clipped(clipping, file, "2027-02")
    assert file.read_text("utf-8").count("::: resource") == 1


def test_a_clipping_without_a_link_is_no_resource(httpserver: HTTPServer, file: Path) -> None:
    httpserver.expect_request("/feed").respond_with_data(
        rss(ITEMS).replace("<link>https://example.org/a</link>", ""), content_type="application/rss+xml"
    )
    pull(FeedAddress(name="Linkless", url=httpserver.url_for("/feed")))
    with pytest.raises(NotAllowedError, match="no link"):
        clipped(Clipping.objects.get(link=""), file)


def test_a_clipping_that_does_not_exist_is_said_to(file: Path) -> None:
    with pytest.raises(UsageError, match="newsletter feeds list"):
        clip(1, issue=ISSUE, file=file, person="sam", now=NOW, system_user="tester")


def test_a_file_that_cannot_be_written_leaves_the_inbox_as_it_was(httpserver: HTTPServer, tmp_path: Path) -> None:
    pull(serve(httpserver, ITEMS))
    clipping = Clipping.objects.order_by("pk")[0]
    with pytest.raises(UsageError):
        clipped(clipping, tmp_path / "nothing.md")
    clipping.refresh_from_db()
    assert clipping.clipped_to == ""
    assert not AuditEntry.objects.exists()

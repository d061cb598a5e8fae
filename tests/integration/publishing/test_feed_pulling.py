"""Feeds over real HTTP, from a server that answers as feeds' servers do."""

from __future__ import annotations

import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.publishing.feed_alerts import find_feed_occasions
from newsletter.publishing.feed_pulling import FORGOTTEN_AFTER, PulledFeed, is_pull_due, pull_feeds
from newsletter.publishing.models import Clipping, ClippingState, FeedState
from newsletter.sources.feeds.feed_list import FeedAddress
from tests.contract.publishing.samples import NOW
from tests.integration.publishing.news import ITEMS, PUBLISHED, SETTINGS, pull, rss, serve

pytestmark = [pytest.mark.database, pytest.mark.django_db]

A_DAY = timedelta(days=1)


def fail(server: HTTPServer, feed: FeedAddress, *, status: int = 503) -> None:
    server.clear_all_handlers()
    server.expect_request(urlsplit(feed.url).path).respond_with_data("down", status=status)


def test_a_feeds_entries_become_clippings(httpserver: HTTPServer) -> None:
    assert pull(serve(httpserver, ITEMS)) == PulledFeed("Invented news", new=2)
    clipping = Clipping.objects.get(title="A guide to trials")
    assert clipping.link == "https://example.org/a"
    assert clipping.excerpt == "About a"
    assert clipping.published_at == PUBLISHED
    assert clipping.first_seen_at == NOW
    assert clipping.state == ClippingState.NEW


def test_an_unchanged_feed_is_not_fetched_again(httpserver: HTTPServer) -> None:
    feed = serve(httpserver, ITEMS)
    pull(feed)
    assert pull(feed, now=NOW + A_DAY) == PulledFeed("Invented news", unchanged=True)
    state = FeedState.objects.get()
    assert (state.pulled_at, state.etag, state.url) == (NOW + A_DAY, '"1"', feed.url)
    assert Clipping.objects.count() == 2


def test_a_feed_of_another_address_is_asked_without_the_former_ones_tag(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, ITEMS))
    moved = serve(httpserver, {"c": "News"}, name="Elsewhere").model_copy(update={"name": "Invented news"})
    assert pull(moved) == PulledFeed("Invented news", new=1)


def test_an_entry_that_changed_is_renewed_and_keeps_its_day_and_what_editors_decided(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, ITEMS))
    Clipping.objects.filter(link="https://example.org/a").update(state=ClippingState.KEPT, note="For spring")
    renamed = {"a": "A better guide", "b": "A new approval", "c": "News"}
    assert pull(serve(httpserver, renamed, etag='"2"'), now=NOW + A_DAY) == PulledFeed("Invented news", new=1, changed=1)
    clipping = Clipping.objects.get(link="https://example.org/a")
    assert (clipping.title, clipping.first_seen_at) == ("A better guide", NOW)
    assert (clipping.state, clipping.note) == (ClippingState.KEPT, "For spring")


def test_a_feed_that_fails_says_why_and_keeps_what_it_brought(httpserver: HTTPServer) -> None:
    feed = serve(httpserver, ITEMS)
    pull(feed)
    fail(httpserver, feed)
    assert "503" in pull(feed).problem
    state = FeedState.objects.get()
    assert "503" in state.problem
    assert (state.etag, state.failing_since) == ('"1"', NOW)
    assert Clipping.objects.count() == 2
    pull(serve(httpserver, ITEMS))
    state.refresh_from_db()
    assert (state.problem, state.failing_since) == ("", None)


def test_it_is_remembered_since_when_a_feed_fails(httpserver: HTTPServer) -> None:
    feed = serve(httpserver, ITEMS)
    fail(httpserver, feed)
    for day in range(4):
        assert pull(feed, now=NOW + day * A_DAY).failing_since == NOW


def test_one_failing_feed_stops_no_other(httpserver: HTTPServer) -> None:
    good = serve(httpserver, ITEMS)
    gone = FeedAddress(name="Gone", url=httpserver.url_for("/gone"))
    nobody = FeedAddress(name="Nobody", url="http://127.0.0.1:9/")
    inside = FeedAddress(name="Inside", url="http://169.254.169.254/latest")
    pulled = {feed.name: feed for feed in pull_feeds([gone, nobody, inside, good], settings=SETTINGS, now=NOW)}
    assert {name: (feed.new, bool(feed.problem)) for name, feed in pulled.items()} == {
        "Gone": (0, True),
        "Nobody": (0, True),
        "Inside": (0, True),
        "Invented news": (2, False),
    }
    assert "private network" in pulled["Inside"].problem


def test_where_a_feed_has_moved_for_good_is_told(httpserver: HTTPServer) -> None:
    feed = serve(httpserver, ITEMS)
    httpserver.expect_request("/old").respond_with_response(Response(status=301, headers={"Location": feed.url}))
    old = FeedAddress(name="Old", url=httpserver.url_for("/old"))
    assert pull(old) == PulledFeed("Old", new=2, moved_to=feed.url)
    assert pull(old).moved_to == feed.url


def test_a_few_feeds_are_asked_at_the_same_time_and_no_more() -> None:
    at_once, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(3, timeout=20)

    def answer(_: Request) -> Response:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        together.wait()
        with lock:
            at_once -= 1
        return Response(rss(ITEMS), content_type="application/rss+xml")

    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        server.expect_request("/feed").respond_with_handler(answer)
        feeds = [FeedAddress(name=f"Feed {n}", url=server.url_for("/feed")) for n in range(9)]
        pulled = list(pull_feeds(feeds, settings=SETTINGS.model_copy(update={"at_once": 3}), now=NOW))
    assert [feed.problem for feed in pulled] == [""] * 9
    assert most == 3


def test_when_the_time_for_all_is_over_the_rest_is_not_asked_and_nothing_is_held_against_it(httpserver: HTTPServer) -> None:
    feed = serve(httpserver, ITEMS)
    hurried = SETTINGS.model_copy(update={"seconds_for_all": 1e-9})
    assert "was not asked" in pull(feed, settings=hurried).problem
    assert not FeedState.objects.exists()
    assert httpserver.log == []


def test_an_entry_without_a_date_or_with_one_to_come_gets_the_day_it_was_first_seen(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(rss({"a": "Undated"}).replace("pubDate", "ignored"))
    httpserver.expect_request("/soon").respond_with_data(rss({"b": "A conference"}).replace("2026", "2031"))
    pull(FeedAddress(name="Undated", url=httpserver.url_for("/feed")), FeedAddress(name="Soon", url=httpserver.url_for("/soon")))
    assert set(Clipping.objects.values_list("published_at", flat=True)) == {NOW}


def test_what_nobody_wanted_is_forgotten_when_it_is_old_and_its_feed_forgot_it(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, {"a": "New", "b": "Kept", "c": "Used", "d": "Dismissed", "e": "Still there"}))
    for title, state in [("Kept", "kept"), ("Used", "used"), ("Dismissed", "dismissed"), ("Still there", "dismissed")]:
        Clipping.objects.filter(title=title).update(state=state)
    later = serve(httpserver, {"e": "Still there"}, etag='"2"')
    pull(later, now=NOW + FORGOTTEN_AFTER)
    assert Clipping.objects.count() == 5
    pull(serve(httpserver, {"e": "Still there"}, etag='"3"'), now=NOW + FORGOTTEN_AFTER + A_DAY)
    assert set(Clipping.objects.values_list("title", flat=True)) == {"Kept", "Used", "Still there"}


def test_a_dismissed_story_is_not_forgotten_while_another_feed_has_it(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, {"a": "News"}))
    Clipping.objects.update(state=ClippingState.DISMISSED)
    pull(serve(httpserver, {"a": "News"}, name="Its twin"), now=NOW + A_DAY)
    pull(serve(httpserver, {"b": "Other"}, etag='"2"'), now=NOW + 2 * FORGOTTEN_AFTER)
    assert Clipping.objects.filter(title="News").count() == 2


def test_a_feed_that_comes_back_empty_makes_nothing_forgotten(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, ITEMS))
    pull(serve(httpserver, {}, etag='"2"'), now=NOW + 2 * FORGOTTEN_AFTER)
    assert Clipping.objects.count() == 2


def test_a_pull_is_due_once_a_day(httpserver: HTTPServer) -> None:
    assert is_pull_due(NOW)
    pull(serve(httpserver, ITEMS))
    assert not is_pull_due(NOW + timedelta(hours=22))
    assert is_pull_due(NOW + A_DAY)


def failing_keys(days: float) -> list[str]:
    return [occasion.key for occasion in find_feed_occasions(NOW + timedelta(days=days))]


def test_editors_hear_once_of_a_feed_that_fails_for_a_week_and_is_pulled_still(httpserver: HTTPServer) -> None:
    feed = serve(httpserver, ITEMS)
    fail(httpserver, feed)
    pull(feed)
    assert failing_keys(0) == []
    pull(feed, now=NOW + timedelta(days=6.5))
    assert failing_keys(6.9) == []
    assert len(failing_keys(7)) == 1
    pull(feed, now=NOW + timedelta(days=9))
    assert failing_keys(9) == failing_keys(10)
    assert len(failing_keys(9)) == 1
    assert failing_keys(12) == []
    pull(serve(httpserver, ITEMS), now=NOW + timedelta(days=12))
    assert failing_keys(12) == []


def test_a_feed_that_fails_anew_is_told_of_anew(httpserver: HTTPServer) -> None:
    feed = serve(httpserver, ITEMS)
    fail(httpserver, feed)
    pull(feed)
    pull(feed, now=NOW + timedelta(days=8))
    first = failing_keys(8)
    pull(serve(httpserver, ITEMS), now=NOW + timedelta(days=9))
    fail(httpserver, feed)
    pull(feed, now=NOW + timedelta(days=10))
    pull(feed, now=NOW + timedelta(days=18))
    assert first
    assert failing_keys(18) not in ([], first)

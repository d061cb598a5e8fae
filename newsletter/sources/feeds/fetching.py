"""Fetching feeds, a few at a time: only what changed, within bounds of size and time, and none stops another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import BoundedSemaphore

from newsletter.errors import SourceError
from newsletter.settings import FeedSettings
from newsletter.sources.apart import begin_apart, wait_apart
from newsletter.sources.feeds.entries import FeedEntry, read_entries
from newsletter.sources.feeds.feed_list import FeedAddress
from newsletter.sources.feeds.text import one_line
from newsletter.sources.fetch import FetchLimits, fetch
from newsletter.sources.reach import Reach

_LONGEST_TAG = 1_000


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """What a server said of the version that was fetched last: its ``ETag`` and ``Last-Modified``, empty the first time."""

    etag: str = ""
    last_modified: str = ""


NOTHING_KNOWN = KnownVersion()


@dataclass(frozen=True, slots=True)
class FetchedFeed:
    """What a fetch brought. ``unchanged``: the server says that nothing is new since ``version``.

    ``problem`` is one sentence when there are no entries, and ``warning`` one when the feed is not well-formed but could be read.
    ``moved_to`` is the address to which the feed has moved for good. ``asked`` is False when there was no time left to ask.
    """

    entries: tuple[FeedEntry, ...] = ()
    version: KnownVersion = NOTHING_KNOWN
    unchanged: bool = False
    problem: str = ""
    warning: str = ""
    moved_to: str = ""
    asked: bool = True


def fetch_feeds(
    feeds: Mapping[FeedAddress, KnownVersion], *, settings: FeedSettings, stopping: Callable[[], bool] = lambda: False
) -> Iterator[tuple[FeedAddress, FetchedFeed]]:
    """Fetch feeds, ``settings.at_once`` at a time, and give them in their order.

    Those that were not begun after ``settings.seconds_for_all``, or when ``stopping`` says so, are not asked.
    """
    end = time.monotonic() + settings.seconds_for_all

    turns = BoundedSemaphore(settings.at_once)

    def fetch_one(feed: FeedAddress, known: KnownVersion) -> FetchedFeed:
        with turns:
            if time.monotonic() >= end or stopping():
                late = f"was not asked, since the others took more than {settings.seconds_for_all:g} seconds together."
                return FetchedFeed(version=known, problem=late, asked=False)
            return fetch_feed(feed, known, settings=settings)

    begun = {feed: begin_apart(partial(fetch_one, feed, known), name="feeds") for feed, known in feeds.items()}
    for feed, fetched in begun.items():
        yield feed, wait_apart(fetched)


def fetch_feed(feed: FeedAddress, known: KnownVersion, *, settings: FeedSettings) -> FetchedFeed:
    """Fetch a feed, only if it changed since the version that is known.

    Never raises for what the server does: ``problem`` says it, and the known version comes back with it.
    """
    try:
        return _fetch(feed, known, settings)
    except SourceError as error:
        return FetchedFeed(version=known, problem=one_line(str(error)))
    except Exception as error:  # noqa: BLE001 - whatever a stranger's bytes bring about, it stays this feed's
        return FetchedFeed(version=known, problem=f"reading it failed ({type(error).__name__}); please report this.")


def _fetch(feed: FeedAddress, known: KnownVersion, settings: FeedSettings) -> FetchedFeed:
    conditions = {"if-none-match": known.etag, "if-modified-since": known.last_modified}
    answer = fetch(
        feed.url,
        limits=FetchLimits(settings.timeout_seconds, settings.max_bytes),
        user_agent=settings.user_agent,
        headers={name: value for name, value in conditions.items() if value},
        reach=Reach.to(settings.private_hosts),
    )
    if answer.status == 304:
        return FetchedFeed(version=known, unchanged=True, moved_to=answer.moved_to)
    fetched = FetchedFeed(version=KnownVersion(_tag(answer.headers, "etag"), _tag(answer.headers, "last-modified")))
    entries, warning = read_entries(answer, max_bytes=settings.max_bytes)
    return replace(fetched, entries=entries, warning=warning, moved_to=answer.moved_to)


def _tag(headers: Mapping[str, str], name: str) -> str:
    """Give what may be sent back as it is; what could not is as good as nothing."""
    value = headers.get(name, "")
    return value if len(value) <= _LONGEST_TAG and value.isascii() and value.isprintable() else ""

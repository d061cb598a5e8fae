"""Pulling feeds into the editors' inbox: what is new, what changed, what is forgotten, and which feed cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from newsletter.publishing.models import Clipping, ClippingState, FeedState
from newsletter.settings import FeedSettings
from newsletter.sources.feeds.entries import FeedEntry
from newsletter.sources.feeds.feed_list import FeedAddress
from newsletter.sources.feeds.fetching import NOTHING_KNOWN, FetchedFeed, KnownVersion, fetch_feeds

BETWEEN_PULLS: Final = timedelta(hours=23)
"""The scheduler pulls once a day."""

FORGOTTEN_AFTER: Final = timedelta(days=180)
"""A clipping that nobody kept or used, once its feed does not have it any more; before that it would come back as new."""

_ASKED_ABOUT_AT_ONCE: Final = 500
"""Keys in one query: SQLite takes some thousands."""


@dataclass(frozen=True, slots=True)
class PulledFeed:
    """What one feed brought: how many entries are new, how many changed; ``problem`` when it could not be read, and since when.

    ``moved_to`` is the address that it has moved to for good.
    """

    name: str
    new: int = 0
    changed: int = 0
    unchanged: bool = False
    problem: str = ""
    warning: str = ""
    moved_to: str = ""
    failing_since: datetime | None = None


def pull_feeds(
    feeds: Sequence[FeedAddress], *, settings: FeedSettings, now: datetime, stopping: Callable[[], bool] = lambda: False
) -> Iterator[PulledFeed]:
    """Fetch each feed, if it changed since the last time, keep its entries, and say so; one that fails stops no other.

    Asks the network: use it outside any transaction, and to its end.
    """
    known = {feed: _known(feed) for feed in feeds}
    for feed, fetched in fetch_feeds(known, settings=settings, stopping=stopping):
        if not fetched.asked:
            yield PulledFeed(feed.name, problem=fetched.problem)
            continue
        with transaction.atomic():
            pulled = _keep(feed, fetched, now=now)
        yield pulled


def is_pull_due(now: datetime) -> bool:
    """Say whether the last pull, whoever made it, was a day ago."""
    last = FeedState.objects.aggregate(last=Max("pulled_at"))["last"]
    return last is None or now - last >= BETWEEN_PULLS


def _known(feed: FeedAddress) -> KnownVersion:
    state = FeedState.objects.filter(name=feed.name).first()
    # What another address said of its version means nothing at this one.
    return KnownVersion(state.etag, state.last_modified) if state and state.url in {"", feed.url} else NOTHING_KNOWN


def _keep(feed: FeedAddress, fetched: FetchedFeed, *, now: datetime) -> PulledFeed:
    """Keep entries and state together, so that a tag is never remembered without the entries it stands for."""
    state, _ = FeedState.objects.select_for_update().get_or_create(name=feed.name)
    state.url, state.etag, state.last_modified = feed.url, fetched.version.etag, fetched.version.last_modified
    state.pulled_at, state.problem = now, fetched.problem
    state.failing_since = (state.failing_since or now) if fetched.problem else None
    state.save()
    new = changed = 0
    if fetched.entries:
        new, changed = _keep_entries(state, fetched.entries, now=now)
        _forget(state, keep={entry.key for entry in fetched.entries}, now=now)
    return PulledFeed(
        feed.name,
        new,
        changed,
        unchanged=fetched.unchanged,
        problem=fetched.problem,
        warning=fetched.warning,
        moved_to=fetched.moved_to,
        failing_since=state.failing_since,
    )


def _keep_entries(state: FeedState, entries: Sequence[FeedEntry], *, now: datetime) -> tuple[int, int]:
    new = changed = 0
    for begin in range(0, len(entries), _ASKED_ABOUT_AT_ONCE):
        some = entries[begin : begin + _ASKED_ABOUT_AT_ONCE]
        known = {clipping.key: clipping for clipping in state.clippings.filter(key__in=[entry.key for entry in some])}
        fresh = [_clipping(state, entry, now=now) for entry in some if entry.key not in known]
        renewed = [known[entry.key] for entry in some if entry.key in known and _renew(known[entry.key], entry)]
        Clipping.objects.bulk_create(fresh, ignore_conflicts=True)
        Clipping.objects.bulk_update(renewed, ["title", "link", "excerpt", "story"])
        new, changed = new + len(fresh), changed + len(renewed)
    return new, changed


def _clipping(state: FeedState, entry: FeedEntry, *, now: datetime) -> Clipping:
    # A day to come is when something takes place, and not when it was written.
    published_at = min(entry.published_at or now, now)
    return Clipping(
        feed=state,
        key=entry.key,
        title=entry.title,
        link=entry.link,
        excerpt=entry.excerpt,
        story=entry.story,
        published_at=published_at,
        first_seen_at=now,
    )


def _renew(clipping: Clipping, entry: FeedEntry) -> bool:
    """Take over what the feed now says; say whether that is something else. What the editors did with it stays."""
    before = (clipping.title, clipping.link, clipping.excerpt, clipping.story)
    clipping.title, clipping.link, clipping.excerpt, clipping.story = entry.title, entry.link, entry.excerpt, entry.story
    return before != (entry.title, entry.link, entry.excerpt, entry.story)


def _forget(state: FeedState, *, keep: set[str], now: datetime) -> None:
    """Drop what is old, was neither kept nor used, and is not in the feed any more.

    The first of a story stays for as long as another feed has it: otherwise a dismissed one would come back as new.
    """
    twins = Clipping.objects.filter(story=OuterRef("story"), pk__gt=OuterRef("pk"))
    twins = twins.exclude(story="").exclude(feed=OuterRef("feed"))
    old = state.clippings.filter(
        first_seen_at__lt=now - FORGOTTEN_AFTER, state__in=[ClippingState.NEW, ClippingState.DISMISSED]
    ).exclude(Exists(twins))
    gone = [pk for pk, key in old.values_list("pk", "key") if key not in keep]
    for begin in range(0, len(gone), _ASKED_ABOUT_AT_ONCE):
        Clipping.objects.filter(pk__in=gone[begin : begin + _ASKED_ABOUT_AT_ONCE]).delete()

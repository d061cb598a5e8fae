"""The editors' inbox: what feeds brought, and how an entry gets into an issue.

A clipping is a title, a link, a date and a short excerpt for the editor's eyes. Into the issue goes what names the source; the
words about it are the editor's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from newsletter.authoring.append import append_block, escape_markdown
from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.audit import record_act
from newsletter.publishing.models import Clipping, FeedState
from newsletter.settings import FeedSettings
from newsletter.sources.feeds import FeedAddress, FeedEntry, FetchedFeed, fetch_feed


@dataclass(frozen=True, slots=True)
class PulledFeed:
    """What one feed brought: how many entries are new, how many changed; ``problem`` when it could not be read."""

    name: str
    new: int = 0
    changed: int = 0
    unchanged: bool = False
    problem: str = ""
    warning: str = ""


def pull_feeds(feeds: Sequence[FeedAddress], *, settings: FeedSettings, now: datetime) -> list[PulledFeed]:
    """Fetch each feed, if it changed since the last time, and keep its entries; one that fails stops no other.

    Asks the network: call it outside any transaction.
    """
    return [_pull(feed, settings=settings, now=now) for feed in feeds]


def list_clippings(*, new_only: bool = True) -> Sequence[Clipping]:
    """Give the clippings, the latest first; ``new_only`` leaves out those that stand in an issue already."""
    clippings = Clipping.objects.select_related("feed").order_by("-published_at", "-pk")
    return list(clippings.filter(clipped_to="") if new_only else clippings)


@transaction.atomic
def clip(clipping_id: int, *, issue: str, file: Path, person: str, now: datetime, system_user: str) -> Clipping:
    """Append a clipping to an issue's file as a ``resource`` block that names its source, and mark it as clipped.

    Raises UsageError when there is no such clipping, NotAllowedError when it stands in an issue already or has no link.
    """
    clipping = Clipping.objects.select_for_update().filter(pk=clipping_id).first()
    if clipping is None:
        raise UsageError(f"There is no clipping {clipping_id}. See: newsletter feeds list")
    if clipping.clipped_to:
        raise NotAllowedError(f"Clipping {clipping_id} stands in {clipping.clipped_to} already.")
    if not clipping.link:
        raise NotAllowedError(f"Clipping {clipping_id} has no link, and a resource needs one.")
    clipping.clipped_to = issue
    clipping.save(update_fields=["clipped_to"])
    record_act("clip", issue, person=person, note=f"{clipping.title} {clipping.link}", now=now, system_user=system_user)
    # Last, so that a file that cannot be written leaves the inbox as it was.
    append_block(
        file,
        kind="resource",
        argument=clipping.link,
        title=clipping.title or clipping.link,
        body=escape_markdown(f"From {clipping.feed.name}, {clipping.published_at:%Y-%m-%d}."),
        options={},
    )
    return clipping


def _pull(feed: FeedAddress, *, settings: FeedSettings, now: datetime) -> PulledFeed:
    state = FeedState.objects.filter(name=feed.name).first() or FeedState(name=feed.name)
    fetched = fetch_feed(feed, etag=state.etag, last_modified=state.last_modified, settings=settings)
    with transaction.atomic():
        return _keep(feed.name, fetched, now=now)


def _keep(name: str, fetched: FetchedFeed, *, now: datetime) -> PulledFeed:
    """Keep entries and state together, so that a tag is never remembered without the entries it stands for."""
    state, _ = FeedState.objects.update_or_create(
        name=name,
        defaults={
            "etag": fetched.etag,
            "last_modified": fetched.last_modified,
            "pulled_at": now,
            "problem": fetched.problem,
        },
    )
    known = {clipping.key: clipping for clipping in state.clippings.filter(key__in=[entry.key for entry in fetched.entries])}
    new = [_clipping(state, entry, now=now) for entry in fetched.entries if entry.key not in known]
    changed = [known[entry.key] for entry in fetched.entries if entry.key in known and _renew(known[entry.key], entry)]
    Clipping.objects.bulk_create(new, ignore_conflicts=True)
    Clipping.objects.bulk_update(changed, ["title", "link", "excerpt"])
    return PulledFeed(name, len(new), len(changed), unchanged=fetched.unchanged, problem=fetched.problem, warning=fetched.warning)


def _clipping(state: FeedState, entry: FeedEntry, *, now: datetime) -> Clipping:
    return Clipping(
        feed=state,
        key=entry.key,
        title=entry.title,
        link=entry.link,
        excerpt=entry.excerpt,
        published_at=entry.published_at or now,
        first_seen_at=now,
    )


def _renew(clipping: Clipping, entry: FeedEntry) -> bool:
    """Take over what the feed now says; say whether that is something else."""
    before = (clipping.title, clipping.link, clipping.excerpt)
    clipping.title, clipping.link, clipping.excerpt = entry.title, entry.link, entry.excerpt
    return before != (entry.title, entry.link, entry.excerpt)

"""The editors' inbox: what feeds brought, in the order in which it is worth a look, and what the editors decided about it.

A clipping is a title, a link, a date and a short excerpt for the editor's eyes. The same story from several feeds is one line.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.audit import record_act
from newsletter.publishing.models import Clipping, ClippingState
from newsletter.publishing.news_ranking import Rank, TopicWords, rank
from newsletter.sources.feeds.canonical_links import canonical_link
from newsletter.sources.feeds.feed_list import FeedList

MAY_BECOME: Final[Mapping[ClippingState, Collection[str]]] = {
    ClippingState.KEPT: (ClippingState.NEW, ClippingState.KEPT, ClippingState.DISMISSED),
    ClippingState.DISMISSED: (ClippingState.NEW, ClippingState.KEPT, ClippingState.DISMISSED),
    ClippingState.USED: tuple(ClippingState),
}
"""From which states a clipping comes into each: what stands in an issue stays used."""


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """A line of the inbox. ``also_in`` are other feeds that have the story, ``used_in`` an issue that leads there already."""

    clipping: Clipping
    rank: Rank
    also_in: tuple[str, ...] = ()
    used_in: str = ""


def list_inbox(
    feeds: FeedList,
    used_links: Mapping[str, str],
    *,
    now: datetime,
    states: Collection[ClippingState] = (ClippingState.NEW, ClippingState.KEPT),
) -> list[InboxEntry]:
    """Give the clippings in these states, the first of each story only, what is worth most first."""
    topics = TopicWords(feeds.topics)
    shown = _firsts().filter(state__in=states)
    also_in = _other_feeds(shown)
    entries = [
        _entry(clipping, feeds, topics, used_links, also_in.get(clipping.story, ()), now=now)
        for clipping in shown.select_related("feed")
    ]
    return sorted(entries, key=lambda entry: (entry.rank.score, entry.clipping.published_at, entry.clipping.pk), reverse=True)


def look_at_clipping(number: int, feeds: FeedList, used_links: Mapping[str, str], *, now: datetime) -> InboxEntry:
    """Give one clipping in any state. Raises UsageError when there is none of this number."""
    clipping = Clipping.objects.select_related("feed").filter(pk=number).first()
    if clipping is None:
        raise UsageError(f"There is no clipping {number}. See: newsletter feeds list --all")
    others = Clipping.objects.exclude(story="").filter(story=clipping.story).exclude(feed=clipping.feed)
    names = sorted(set(others.values_list("feed__name", flat=True)))
    return _entry(clipping, feeds, TopicWords(feeds.topics), used_links, names, now=now)


@transaction.atomic
def keep_clippings(numbers: Sequence[int], *, note: str, person: str, now: datetime, system_user: str) -> list[Clipping]:
    """Keep clippings for an issue to come, with a note where one is given; a note of before stays otherwise.

    All or none: raises UsageError for numbers that are none, NotAllowedError for what stands in an issue already.
    """
    kept = _move(numbers, ClippingState.KEPT, person=person, now=now, system_user=system_user)
    if note:
        _write_note(kept, note)
    return kept


@transaction.atomic
def dismiss_clippings(numbers: Sequence[int], *, person: str, now: datetime, system_user: str) -> list[Clipping]:
    """Take clippings out of the inbox; no pull brings them back. All or none, as in keeping."""
    return _move(numbers, ClippingState.DISMISSED, person=person, now=now, system_user=system_user)


@transaction.atomic
def note_on_clipping(number: int, note: str, *, person: str, now: datetime, system_user: str) -> Clipping:
    """Write an editor's note on a clipping, in the place of the one it has. Raises UsageError."""
    [clipping] = get_clippings([number])
    record_act("note on clipping", clipping.title, person=person, note=note, now=now, system_user=system_user)
    _write_note([clipping], note)
    return clipping


def get_clippings(numbers: Sequence[int]) -> list[Clipping]:
    """Get clippings for changing them, in a transaction, in the numbers' order. Raises UsageError for those that are none."""
    found = Clipping.objects.select_for_update(of=("self",)).select_related("feed").in_bulk(list(numbers))
    if missing := [str(number) for number in dict.fromkeys(numbers) if number not in found]:
        raise UsageError(f"There is no clipping {', '.join(missing)}. See: newsletter feeds list")
    return [found[number] for number in dict.fromkeys(numbers)]


def _move(numbers: Sequence[int], state: ClippingState, *, person: str, now: datetime, system_user: str) -> list[Clipping]:
    clippings = get_clippings(numbers)
    for clipping in clippings:
        if clipping.state not in MAY_BECOME[state]:
            raise NotAllowedError(f"Clipping {clipping.pk} stands in {clipping.clipped_to} already.")
    for clipping in clippings:
        clipping.state = state
        record_act(f"{state.value} clipping", clipping.title, person=person, note=clipping.link, now=now, system_user=system_user)
    Clipping.objects.bulk_update(clippings, ["state"])
    return clippings


def _write_note(clippings: Sequence[Clipping], note: str) -> None:
    for clipping in clippings:
        clipping.note = note
    Clipping.objects.bulk_update(clippings, ["note"])


def _firsts() -> QuerySet[Clipping]:
    """Give the clippings of which no earlier one, of another feed, tells the same story."""
    return Clipping.objects.exclude(Exists(_earlier()))


def _earlier() -> QuerySet[Clipping]:
    """Within one feed, two entries are two: some give all posts of a day the same address, and tell them apart by a fragment."""
    same = Clipping.objects.filter(story=OuterRef("story"), pk__lt=OuterRef("pk"))
    return same.exclude(story="").exclude(feed=OuterRef("feed"))


def _other_feeds(shown: QuerySet[Clipping]) -> dict[str, list[str]]:
    """Give, by story, the other feeds that have it too."""
    twins = Clipping.objects.filter(Exists(_earlier())).order_by("pk").values_list("story", "feed__name").distinct()
    wanted = set(shown.values_list("story", flat=True))
    names: dict[str, list[str]] = {}
    for story, name in twins:
        if story in wanted and name not in names.setdefault(story, []):
            names[story].append(name)
    return names


def _entry(
    clipping: Clipping,
    feeds: FeedList,
    topics: TopicWords,
    used_links: Mapping[str, str],
    also_in: Sequence[str],
    *,
    now: datetime,
) -> InboxEntry:
    feed = feeds.find(clipping.feed.name)
    ranked = rank(
        title=clipping.title,
        excerpt=clipping.excerpt,
        source=clipping.feed.name,
        source_weight=feed.weight if feed else 1.0,
        published_at=clipping.published_at,
        topics=topics,
        now=now,
    )
    others = tuple(name for name in also_in if name != clipping.feed.name)
    return InboxEntry(clipping, ranked, others, clipping.clipped_to or used_links.get(canonical_link(clipping.link), ""))

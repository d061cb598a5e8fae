"""How the editors' inbox and its feeds look in a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.cli.printing import OutputFormat, console, counted, print_json, print_table
from newsletter.publishing.feed_pulling import PulledFeed
from newsletter.publishing.inbox import InboxEntry
from newsletter.publishing.models import ClippingState, FeedState
from newsletter.sources.feeds.feed_list import FeedList


def print_pulled(feed: PulledFeed, *, now: datetime) -> None:
    """Say in a line or three what one feed brought."""
    if feed.problem:
        days = (now - feed.failing_since).days if feed.failing_since else 0
        since = f" It cannot be read since {counted(days, 'day')}." if days else ""
        console.print(f"{feed.name}: {feed.problem}{since}", style="red", markup=False)
    elif feed.unchanged or not (feed.new or feed.changed):
        console.print(f"{feed.name}: nothing new", markup=False)
    else:
        console.print(f"{feed.name}: {feed.new} new, {feed.changed} changed", markup=False)
    if feed.warning:
        console.print(f"    {feed.warning}", style="yellow", markup=False)
    if feed.moved_to:
        console.print(f"    it has moved to {feed.moved_to}: write that into issues/feeds.toml", style="yellow", markup=False)


def print_inbox(entries: Sequence[InboxEntry], *, of: int, output: OutputFormat) -> None:
    """Show clippings as a table, each with the reason of its place below its title."""
    if output is OutputFormat.JSON:
        print_json([_plain(entry) for entry in entries])
        return
    if not entries:
        console.print("The inbox is empty. Fill it: newsletter feeds pull")
        return
    rows = [
        (str(entry.clipping.pk), f"{entry.clipping.published_at:%Y-%m-%d}", _state(entry), _title_and_reason(entry))
        for entry in entries
    ]
    print_table(["id", "date", "state", "title, and why it stands here"], rows)
    if len(entries) < of:
        console.print(f"{len(entries)} of {of}. More: newsletter feeds list --limit {of}")


def print_entry(entry: InboxEntry, *, output: OutputFormat) -> None:
    """Show one clipping."""
    if output is OutputFormat.JSON:
        print_json(_plain(entry))
        return
    clipping = entry.clipping
    lines = {
        "": clipping.title,
        "link": clipping.link or "none",
        "from": ", ".join([clipping.feed.name, *entry.also_in]),
        "published": f"{clipping.published_at:%Y-%m-%d}",
        "state": _state(entry),
        "why": entry.rank.reason,
        "note": clipping.note,
        "says": clipping.excerpt,
    }
    for name, value in lines.items():
        if value:
            console.print(f"{name}: {value}" if name else value, markup=False)


def print_feeds(feeds: FeedList, states: Mapping[str, FeedState], *, output: OutputFormat, now: datetime, zone: str) -> None:
    """Show the feeds of the list: when each was read, and what is wrong."""
    if output is OutputFormat.JSON:
        print_json([_plain_feed(feed.model_dump(), states.get(feed.name)) for feed in feeds.feed])
        return
    rows = []
    for feed in feeds.feed:
        state = states.get(feed.name)
        read = f"{state.pulled_at.astimezone(ZoneInfo(zone)):%Y-%m-%d}" if state and state.pulled_at else "never"
        rows.append((feed.name, feed.language, f"{feed.weight:g}", "yes" if feed.confirmed else "no", read, _trouble(state, now)))
    print_table(["feed", "language", "weight", "confirmed", "asked", "trouble"], rows)


def _title_and_reason(entry: InboxEntry) -> str:
    used = entry.used_in if entry.clipping.state != ClippingState.USED else ""
    more = [
        entry.rank.reason,
        f"also: {', '.join(entry.also_in)}" if entry.also_in else "",
        f"issue {used} leads there already" if used else "",
        f"note: {entry.clipping.note}" if entry.clipping.note else "",
    ]
    return "\n".join([entry.clipping.title, *(f"  {line}" for line in more if line)])


def _state(entry: InboxEntry) -> str:
    used = entry.clipping.state == ClippingState.USED
    return f"used in {entry.clipping.clipped_to}" if used else entry.clipping.state


def _plain(entry: InboxEntry) -> dict[str, object]:
    clipping = entry.clipping
    return {
        "id": clipping.pk,
        "feed": clipping.feed.name,
        "also_in": list(entry.also_in),
        "title": clipping.title,
        "link": clipping.link,
        "excerpt": clipping.excerpt,
        "published_at": clipping.published_at,
        "state": clipping.state,
        "note": clipping.note,
        "clipped_to": clipping.clipped_to,
        "used_in": entry.used_in,
        "score": entry.rank.score,
        "reason": entry.rank.reason,
    }


def _plain_feed(feed: dict[str, object], state: FeedState | None) -> dict[str, object]:
    return {
        **feed,
        "pulled_at": state.pulled_at if state else None,
        "problem": state.problem if state else "",
        "failing_since": state.failing_since if state else None,
    }


def _trouble(state: FeedState | None, now: datetime) -> str:
    if state is None or not state.problem:
        return ""
    days = (now - state.failing_since).days if state.failing_since else 0
    return f"{state.problem} (for {counted(days, 'day')})" if days else state.problem

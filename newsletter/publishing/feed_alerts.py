"""What the editors are told of their feeds: one that could not be read for a week, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from newsletter.publishing.alerts import ALERTS_LAST, Occasion, Reader
from newsletter.publishing.models import FeedState
from newsletter.settings import Role

TOLD_AFTER: Final = timedelta(days=7)
_STILL_PULLED: Final = timedelta(days=2)
"""A feed that was taken out of issues/feeds.toml is not pulled any more, and nobody has to do anything about it."""
_EDITORS: Final[tuple[Role, ...]] = ("editor",)


def find_feed_occasions(now: datetime) -> Iterator[Occasion]:
    """Give one occasion for each feed that is pulled still and could not be read for a week."""
    failing = FeedState.objects.filter(failing_since__lte=now - TOLD_AFTER, pulled_at__gte=now - _STILL_PULLED)
    for feed in failing.order_by("name"):
        yield _occasion(feed, now)


def _occasion(feed: FeedState, now: datetime) -> Occasion:
    assert feed.failing_since is not None
    since = feed.failing_since

    def values(reader: Reader) -> Mapping[str, object]:
        return {"feed": feed.name, "since": reader.moment(since), "problem": feed.problem}

    return Occasion(f"feed-failing/{feed.pk}/{since:%Y%m%d}", "alert-feed", "", _EDITORS, now + ALERTS_LAST, values)

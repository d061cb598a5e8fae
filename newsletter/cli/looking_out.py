"""The looks of the scheduler at the world outside: trials, saved searches, feeds, links. The rows say what is due to be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.checking.link_answers import LinkAnswer
from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.publishing.feed_pulling import is_pull_due, pull_feeds
from newsletter.publishing.link_watch import watch_links
from newsletter.publishing.trial_searches import watch_due_searches
from newsletter.publishing.trial_watch import watch_trials
from newsletter.sources.feeds.feed_list import FEED_LIST, read_feed_list
from newsletter.sources.links.looking import ask_links, look_at_links
from newsletter.sources.links.memory import LINK_MEMORY
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.sources.trials.search_list import SEARCH_LIST, read_search_list

SECONDS_BETWEEN_LOOKS_AT_TRIALS = 600
"""Each is asked about once a day before its issue goes out, and once a week after."""

SECONDS_BETWEEN_LOOKS_AT_SEARCHES = 3_600
"""Each is asked a week after it was asked last, and none that nobody asked by hand yet."""

SECONDS_BETWEEN_LOOKS_AT_FEEDS = 3_600
"""Once a day it then pulls those that somebody has confirmed."""

SECONDS_BETWEEN_LOOKS_AT_LINKS = 600
"""Of an issue that goes out within a day; what was fine is remembered until the next day, what was not, for an hour."""


@dataclass(slots=True)
class LooksOut:
    """Each look gives what keeps it from its work, "" when nothing does; one that had nothing to ask gives what it gave last."""

    config: Config
    clock: Clock
    stopping: Callable[[], bool]
    _trials_problem: str = field(default="", init=False)
    _feeds_problem: str = field(default="", init=False)

    def ask_about_trials(self) -> str:
        """Ask about the trials of issues to come and of the last ones that went out."""
        watched = watch_trials(self.config, self.clock, TrialRegistry.of(self.config, self.clock).ask)
        if watched.asked:
            self._trials_problem = watched.problem
        return self._trials_problem

    def ask_searches(self) -> str:
        """Ask the saved searches that are due."""
        saved = read_search_list(self.config.path(SEARCH_LIST))
        return watch_due_searches(saved, TrialRegistry.of(self.config, self.clock), config=self.config, now=self.clock())

    def pull_feeds(self) -> str:
        """Pull the confirmed feeds, once a day."""
        now, file = self.clock(), self.config.path(FEED_LIST)
        if not file.exists() or not is_pull_due(now):
            return self._feeds_problem
        confirmed = [feed for feed in read_feed_list(file).feed if feed.confirmed]
        pulled = list(pull_feeds(confirmed, settings=self.config.feeds, now=now, stopping=self.stopping))
        self._feeds_problem = " ".join(f"{feed.name}: {feed.problem}" for feed in pulled if feed.problem)
        return self._feeds_problem

    def look_at_links(self) -> str:
        """Look at the links of what goes out within a day."""
        return watch_links(self.config, self.clock, self._ask_links).problem

    def _ask_links(self, addresses: Sequence[str], since: datetime | None) -> Mapping[str, LinkAnswer]:
        settings = self.config.links
        return look_at_links(
            addresses,
            settings=settings,
            memory=self.config.path(LINK_MEMORY),
            now=self.clock(),
            since=since,
            ask=lambda some: ask_links(some, settings, stopping=self.stopping),
        )

"""Asking the registry politely and patiently: in turn, again when it was busy, and for bodies only where they are new."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from newsletter.clock import Clock, system_clock
from newsletter.errors import SourceError
from newsletter.sources.fetch import Fetched, FetchLimits, fetch
from newsletter.sources.reach import EVERYWHERE
from newsletter.sources.trials.answer_cache import AnswerCache
from newsletter.sources.trials.answers import may_pass
from newsletter.sources.trials.turns import OF_THIS_PROCESS, Turns, seconds_asked_for

_MAX_BYTES = 20_000_000
_WAITS_BUSY = (2.0, 5.0, 15.0)
"""Seconds before the second, third and fourth try of a question that a busy or broken server did not answer (429, 5xx)."""
_WAITS_SILENT = (2.0,)
"""The same where no whole answer came: a name that is not found, or a server that is not there, rarely comes back in seconds."""
_LONGEST_CLOSED = 900.0
"""Seconds for which a Retry-After keeps this process from asking: a slip in one must not silence it for a year."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, and on which clocks, a host is asked: ``interval_seconds`` between any two requests of this process."""

    interval_seconds: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    clock: Clock = system_clock
    turns: Turns = OF_THIS_PROCESS


class RegistryClient:
    """GETs paths below ``base_url``, which the publisher has set: it may be an address of this machine."""

    def __init__(
        self, base_url: str, *, user_agent: str, timeout_seconds: float, pace: Pace, cache: AnswerCache | None = None
    ) -> None:
        self._base_url = base_url
        self._user_agent = user_agent
        self._timeout = timeout_seconds
        self._pace = pace
        self._cache = cache
        self._host = urlsplit(base_url).netloc.lower()

    def deadline(self, seconds: float) -> float:
        """Give the moment so many seconds from now, as ``get`` takes it."""
        return self._pace.monotonic() + seconds

    def get(self, path: str, params: Mapping[str, str], *, give_up_at: float) -> Fetched:
        """Ask, again after a while when it may help, and give the answer of whatever status; 304 is the body that is stored.

        Raises SourceError when no whole answer came until ``give_up_at``.
        """
        url = f"{self._base_url}{path}?{urlencode(params)}"
        stored = self._cache.find(url) if self._cache else None
        answer = self._insist(url, {"if-none-match": stored.headers["etag"]} if stored else {}, give_up_at)
        if answer.status == 304 and stored:
            return stored
        if self._cache and not may_pass(answer):
            self._cache.keep(url, answer)
        return answer

    def _insist(self, url: str, headers: Mapping[str, str], give_up_at: float) -> Fetched:
        """Ask until there is an answer that stands, or no try or time is left; then give the last answer or raise its error."""
        tries = 0
        while True:
            self._wait_for_turn(give_up_at)
            outcome = self._ask(url, headers, give_up_at)
            if isinstance(outcome, Fetched) and not may_pass(outcome):
                return outcome
            waits = _WAITS_BUSY if isinstance(outcome, Fetched) else _WAITS_SILENT
            wait = self._wait_before_next(outcome, waits[tries] if tries < len(waits) else None)
            if wait is None or self._pace.monotonic() + wait >= give_up_at:
                break
            self._pace.sleep(wait)
            tries += 1
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome

    def _wait_for_turn(self, give_up_at: float) -> None:
        now = self._pace.monotonic()
        left = give_up_at - now
        if left <= 0:
            raise SourceError("the registry answers too slowly; it was asked no further.")
        wait = self._pace.turns.take(self._host, now=now, interval=self._pace.interval_seconds, longest=left)
        if wait > left:
            raise SourceError(f"the registry asks us to come back later, in {math.ceil(wait)} seconds; it was not asked again.")
        if wait:
            self._pace.sleep(wait)

    def _ask(self, url: str, headers: Mapping[str, str], give_up_at: float) -> Fetched | SourceError:
        left = give_up_at - self._pace.monotonic()
        try:
            return fetch(
                url,
                limits=FetchLimits(min(self._timeout, max(round(left, 1), 0.1)), _MAX_BYTES, redirects=0),
                user_agent=self._user_agent,
                headers={"accept": "application/json", **headers},
                reach=EVERYWHERE,
            )
        except SourceError as error:
            return error

    def _wait_before_next(self, outcome: Fetched | SourceError, otherwise: float | None) -> float | None:
        """Give the seconds before the next try: never fewer than the server asked for, which holds for everybody here."""
        if isinstance(outcome, SourceError):
            return otherwise
        asked = seconds_asked_for(outcome.headers.get("retry-after", ""), now=self._pace.clock())
        if asked is None:
            return otherwise
        self._pace.turns.close(self._host, until=self._pace.monotonic() + min(asked, _LONGEST_CLOSED))
        return None if otherwise is None else max(asked, otherwise)

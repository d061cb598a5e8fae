"""The newest state of an issue under preview, for every window that looks at it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from newsletter.checking.written_issue import WrittenIssue
from newsletter.preview.designs import LastDesign
from newsletter.preview.reading import PreviewReading, read_for_preview


@dataclass(frozen=True, slots=True)
class PreviewState:
    """What is shown at one moment; ``version`` grows with every change that can be seen.

    ``shown`` is the last state of each language that could be drawn, None before there was one: what ``reading`` could not draw
    is older there than the files.
    """

    version: int
    reading: PreviewReading
    shown: WrittenIssue | None
    milliseconds: float

    def looks_like(self, other: PreviewState) -> bool:
        """Say whether nobody could tell the two apart."""
        return (
            self.reading.findings == other.reading.findings
            and self.reading.hindrance == other.reading.hindrance
            and self.reading.sources == other.reading.sources
            and _digests(self.shown) == _digests(other.shown)
            and _limit(self.shown) == _limit(other.shown)
        )


class Preview:
    """Reads one issue again whenever it is told to, and keeps the last state that could be drawn.

    ``today`` gives the day against which review dates are held.
    """

    def __init__(self, home: Path, name: str, *, today: Callable[[], date]) -> None:
        self.home = home
        self.name = name
        self._today = today
        self._designs = LastDesign()
        self._reading_now = threading.Lock()
        self._news = threading.Condition()
        self._closed = False
        self._state = self._read(version=1, before=None)

    @property
    def state(self) -> PreviewState:
        """The newest state."""
        return self._state

    def read_again(self) -> bool:
        """Read the files; say whether anything that is shown has changed. May be called from any thread."""
        with self._reading_now:
            state = self._read(version=self._state.version + 1, before=self._state.shown)
            if state.looks_like(self._state):
                return False
            with self._news:
                self._state = state
                self._news.notify_all()
            return True

    def wait_for_news(self, since: int, *, seconds: float) -> PreviewState | None:
        """Wait for a version other than ``since``; None when there is none in that time, or when the preview closes."""
        with self._news:
            self._news.wait_for(lambda: self._closed or self._state.version != since, timeout=seconds)
            return None if self._closed or self._state.version == since else self._state

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self._closed

    def close(self) -> None:
        """Let everybody go who waits for news."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def _read(self, *, version: int, before: WrittenIssue | None) -> PreviewState:
        started = time.perf_counter()
        reading = read_for_preview(self.home, self.name, sent_on=self._today(), load=self._designs.load)
        shown = _with_earlier(reading.written, before)
        return PreviewState(version, reading, shown, (time.perf_counter() - started) * 1000)


def _with_earlier(written: WrittenIssue | None, before: WrittenIssue | None) -> WrittenIssue | None:
    """Keep on showing what can no longer be drawn: everything, or the translations that have mistakes now."""
    if written is None or before is None or not written.unread:
        return written or before
    editions = {edition.language: edition for edition in (*before.editions, *written.editions)}
    issues = {issue.language: issue for issue in (*before.issues, *written.issues)}
    languages = written.config.newsletter.languages
    return replace(
        written,
        editions=tuple(editions[language] for language in languages if language in editions),
        issues=tuple(issues[language] for language in languages if language in issues),
    )


def _digests(written: WrittenIssue | None) -> tuple[str, ...] | None:
    return tuple(edition.digest for edition in written.editions) if written else None


def _limit(written: WrittenIssue | None) -> int | None:
    return written.config.checks.max_html_bytes if written else None

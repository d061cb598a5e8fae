"""How a send is shown while it goes on: a bar on a terminal, plain lines in a log, one JSON object a line where asked for."""

from __future__ import annotations

import dataclasses
import threading
from datetime import datetime
from types import TracebackType
from typing import Final, Self

import orjson
from django.db import OperationalError, connection
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from newsletter.cli.printing import OutputFormat, console
from newsletter.cli.standing_words import progress_in_words, what_it_waits_for
from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery.models import Send
from newsletter.delivery.standing import SendStanding, send_standing

SECONDS_ON_A_TERMINAL: Final = 1.0

SECONDS_IN_A_LOG: Final = 10.0


class SendDisplay:
    """Looks at a send from a thread of its own, on a connection of its own, and shows where it stands; a context manager."""

    def __init__(self, issue: str, config: Config, clock: Clock, *, output: OutputFormat) -> None:
        self._issue = issue
        self._config = config
        self._clock = clock
        self._output = output
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="display", daemon=True)
        self._said = ""
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        if console.is_terminal and output is OutputFormat.TEXT:
            self._bar = Progress(BarColumn(), TextColumn("{task.description}", markup=False), console=console, transient=True)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("", total=None)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        if self._bar is not None:
            self._bar.stop()

    def say(self, text: str) -> None:
        """Say something that happened; JSON says it in ``waits_for``."""
        if self._output is OutputFormat.TEXT:
            console.print(text, markup=False)

    def look(self) -> None:
        """Show where the send stands at this moment."""
        send = Send.objects.filter(issue=self._issue).first()
        if send is not None:
            self._show(send, send_standing(send, self._config, now=self._clock()))

    def _watch(self) -> None:
        pause = SECONDS_ON_A_TERMINAL if self._bar is not None else SECONDS_IN_A_LOG
        try:
            while not self._over.wait(pause):
                try:
                    self.look()
                except OperationalError:
                    # The database is busy or away: the send itself says so, and the next look may find it well.
                    continue
        finally:
            connection.close()

    def _show(self, send: Send, standing: SendStanding) -> None:
        waits_for = list(what_it_waits_for(standing, self._config.cadence.timezone))
        if self._output is OutputFormat.JSON:
            self._print(as_json_line(standing, send))
            return
        words = "; ".join([progress_in_words(standing, send.frozen), *waits_for])
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=send.frozen, completed=standing.progress.settled, description=words)
        else:
            self._print(words)

    def _print(self, line: str) -> None:
        if line != self._said:
            console.print(line, markup=False, soft_wrap=True)
        self._said = line


def as_json_line(standing: SendStanding, send: Send) -> str:
    """Give where a send stands as one line of JSON."""
    fields = {"issue": send.issue, "state": send.state, "frozen": send.frozen, **standing_fields(standing)}
    return orjson.dumps(fields).decode()


def standing_fields(standing: SendStanding) -> dict[str, str | int | float | tuple[str, ...] | datetime | None]:
    """Give the progress and what a send waits for, by the names that ``status --format json`` has."""
    fields = dataclasses.asdict(standing)
    progress = fields.pop("progress")
    return {**progress, **{name: value for name, value in fields.items() if name != "issue"}}

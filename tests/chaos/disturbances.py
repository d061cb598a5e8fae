"""What goes wrong round a worker: its wall clock jumps, its disk is full for a moment."""

from __future__ import annotations

import json
import os
import random
import resource
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Final

JUMP_EVERY: Final = 0.3
"""Seconds between jumps."""

LONGEST_JUMP: Final = 6 * 3600.0

FULL_FOR: Final = 0.4
"""Seconds for which nothing can be written."""


def say(text: str) -> None:
    """Write a line to the log of the run."""
    print(json.dumps({"pid": os.getpid(), "said": text}), flush=True)  # noqa: T201


class SteppingClock:
    """A wall clock that can be moved; with ``seed`` it jumps by hours, forward and back, on its own.

    Whatever asks Python's ``time.time`` is told the same.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.is_true = seed is None
        self._offset = 0.0
        self._true_time = time.time
        if seed is not None:
            chance = random.Random(seed)  # noqa: S311 - the same jumps every time
            time.time = lambda: self._true_time() + self._offset
            threading.Thread(target=self._jump_about, args=(chance,), daemon=True).start()

    def __call__(self) -> datetime:
        """Give the moment that it believes it is."""
        return datetime.fromtimestamp(self._true_time(), UTC) + timedelta(seconds=self._offset)

    def skip_to(self, moment: float) -> None:
        """Move forward to a moment, in Unix seconds."""
        self._offset += max(0.0, moment - self().timestamp())

    def _jump_about(self, chance: random.Random) -> None:
        while True:
            time.sleep(JUMP_EVERY)
            self._offset += chance.uniform(-LONGEST_JUMP, LONGEST_JUMP)


def fill_the_disk(every: float) -> None:
    """From time to time, let no file of this process grow or be written past its first byte (EFBIG)."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)

    def go_on() -> None:
        while True:
            time.sleep(every)
            say("the disk is full")
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, most))
            time.sleep(FULL_FOR)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    threading.Thread(target=go_on, daemon=True).start()

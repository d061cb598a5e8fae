"""Letters that are marked in the ledger and wait for a lane: the one thing that the runner and the transports share."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from newsletter.delivery.letters import Letter


class Mailbag:
    """A first-in, first-out bag; used by one event loop only.

    A worker may be stopped between marking and the wire, and given up meanwhile: what was settled since must not leave after all.
    So ``is_ours`` is asked of each letter when it is taken (and by whoever sends it, right before the wire); ``not_ours`` gets
    those for which it does not hold.
    """

    def __init__(
        self, *, is_ours: Callable[[Letter], bool] = lambda _: True, not_ours: Callable[[Letter], None] = lambda _: None
    ) -> None:
        self.is_ours = is_ours
        self._not_ours = not_ours
        self._letters: deque[Letter] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self._closing = asyncio.Event()

    def __len__(self) -> int:
        return len(self._letters)

    @property
    def lanes_waiting(self) -> int:
        """How many lanes have nothing to do."""
        return len(self._waiting)

    def put(self, letters: Iterable[Letter]) -> None:
        """Add letters and wake as many lanes."""
        before = len(self._letters)
        self._letters.extend(letters)
        self._wake(len(self._letters) - before)

    def close(self) -> None:
        """Say that nothing more will come."""
        self._closed = True
        self._closing.set()
        self._wake(len(self._waiting))

    async def closed_within(self, seconds: float) -> bool:
        """Wait so long, or until the bag is closed; say whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        return self._closed

    async def take(self, most: int) -> list[Letter]:
        """Take up to ``most`` letters of one form, waiting for the first; nothing once the bag is closed and empty."""
        while (first := self.take_now()) is None:
            if self._closed:
                return []
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter
        taken, form, is_ours = [first], first.form, self.is_ours
        while self._letters and len(taken) < most and self._letters[0].form is form:
            letter = self._letters.popleft()
            if is_ours(letter):
                taken.append(letter)
            else:
                self._not_ours(letter)
        return taken

    def take_now(self) -> Letter | None:
        """Take one letter if there is one at this moment."""
        while self._letters:
            letter = self._letters.popleft()
            if self.is_ours(letter):
                return letter
            self._not_ours(letter)
        return None

    def take_back(self, which: Callable[[int], bool]) -> list[Letter]:
        """Take out the letters that no lane has taken yet and for whose delivery id ``which`` holds."""
        taken = [letter for letter in self._letters if which(letter.delivery_id)]
        self._letters = deque(letter for letter in self._letters if not which(letter.delivery_id))
        return taken

    def _wake(self, count: int) -> None:
        while self._waiting and count > 0:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                count -= 1

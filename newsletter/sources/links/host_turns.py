"""Whose turn it is: many links at once, of which few on one host, and none on a host that does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from newsletter.checking.link_answers import Trouble

AT_ONCE_ON_A_HOST = 2
PAUSE = 0.1
"""Seconds between the beginnings of two requests to one host."""
TIME_OUTS = 2
"""After so many links that a host let wait in vain, its others are not asked."""


@dataclass(slots=True)
class Host:
    """What is known of a host in this look."""

    name: str
    links: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE_ON_A_HOST))
    """Of its links so many are on their way: what the first ones learn of it, the others need not."""
    requests: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE_ON_A_HOST))
    """It is asked so many things at once, also by links of other hosts that lead to it."""
    next_start: float = 0.0
    takes_head: bool = True
    """It answers HEAD as it answers GET, as far as is known."""
    gives_nothing: tuple[Trouble, str] | None = None
    """Why its other links need not be asked: they would fare alike."""
    time_outs: int = 0

    def note(self, trouble: Trouble | None, detail: str) -> None:
        """Remember what came of a link; some troubles are the host's, not the link's."""
        if trouble is None:
            self.time_outs = 0
        elif trouble in {Trouble.NAME_UNKNOWN, Trouble.REFUSED, Trouble.CERTIFICATE, Trouble.PRIVATE}:
            self.gives_nothing = (trouble, detail)
        elif trouble in {Trouble.TIMED_OUT, Trouble.UNREACHABLE}:
            self.time_outs += 1
            if self.time_outs >= TIME_OUTS:
                self.gives_nothing = (trouble, f"{self.name} had not answered for other links, so that this one was not asked")


class Turns:
    """Gives turns to ask: ``at_once`` over all hosts. Who waits for a slow host takes no place from the others.

    A link holds its host's ``links`` and then, one request after the other, some host's ``requests``: never two of these, so
    that nobody waits for somebody who waits for them.
    """

    def __init__(self, at_once: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._hosts: dict[str, Host] = {}

    def host(self, name: str) -> Host:
        """Give what is known of a host, by its name and port."""
        return self._hosts.setdefault(name, Host(name))

    @asynccontextmanager
    async def turn(self, host: Host) -> AsyncIterator[None]:
        """Wait for a turn to send one request to a host, and hold it."""
        async with host.requests:
            loop = asyncio.get_running_loop()
            start = max(host.next_start, loop.time())
            host.next_start = start + PAUSE
            await asyncio.sleep(start - loop.time())
            async with self._places:
                yield

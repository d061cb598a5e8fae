"""Runs a transport's lanes over some letters, without a ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from newsletter.delivery.letters import Letter
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.transports.port import Answer, Transport
from newsletter.errors import TransportError


def deliver(
    transport: Transport,
    letters: Sequence[Letter],
    *,
    problems: list[TransportError] | None = None,
    is_ours: Callable[[Letter], bool] = lambda _: True,
) -> list[tuple[Letter, Answer]]:
    """Give every answer in the order it came; errors of lanes go to ``problems``, or are raised."""
    answers: list[tuple[Letter, Answer]] = []

    async def main() -> None:
        bag = Mailbag(is_ours=is_ours)
        bag.put(letters)
        bag.close()
        lanes = [transport.run_lane(bag, answer=lambda *one: answers.append(one)) for _ in range(transport.lanes)]
        for outcome in await asyncio.gather(*lanes, return_exceptions=True):
            if isinstance(outcome, TransportError) and problems is not None:
                problems.append(outcome)
            elif isinstance(outcome, BaseException):
                raise outcome

    asyncio.run(main())
    return answers

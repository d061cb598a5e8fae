"""Asking whether links lead somewhere: all of an issue at once, each once, politely, and not again on the same day."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from newsletter.checking.edition_links import as_asked
from newsletter.checking.link_answers import LinkAnswer, Trouble, came_from_outside, is_settled
from newsletter.settings import LinkSettings
from newsletter.sources.apart import begin_apart, wait_apart
from newsletter.sources.connections import CheckedTransport, Resolver, look_up
from newsletter.sources.links.asking import LinkAsker
from newsletter.sources.links.host_turns import Turns
from newsletter.sources.links.memory import recall, remember
from newsletter.sources.reach import Reach

LONGEST_LOOK = 300.0
"""Seconds for all links; what was not asked by then could not be checked."""
SECONDS_BETWEEN_LOOKS_AT_THE_CLOCK = 0.2
OURS_TO_SOLVE = frozenset({Trouble.NAME_UNKNOWN, Trouble.UNREACHABLE, Trouble.TIMED_OUT, Trouble.CERTIFICATE})
"""What every link answers on a machine without a way out, or behind somebody who answers for every site."""

Ask = Callable[[Sequence[str]], Mapping[str, LinkAnswer]]


def never() -> bool:
    """Say that nobody wants to stop."""
    return False


def ask_links(
    addresses: Sequence[str],
    settings: LinkSettings,
    *,
    stopping: Callable[[], bool] = never,
    tls: ssl.SSLContext | None = None,
    resolve: Resolver = look_up,
) -> dict[str, LinkAnswer]:
    """Ask every address once and give its answer, in their order; never raises for what a server does.

    One event loop and one pool of connections, in a thread of its own, since the caller may live in an event loop. When
    ``stopping`` says so, whatever has no answer yet is given as not asked.
    """
    if not addresses:
        return {}
    asked = begin_apart(lambda: asyncio.run(_ask_all(addresses, settings, stopping, tls, resolve)), name="links")
    return wait_apart(asked)


async def _ask_all(
    addresses: Sequence[str],
    settings: LinkSettings,
    stopping: Callable[[], bool],
    tls: ssl.SSLContext | None,
    resolve: Resolver,
) -> dict[str, LinkAnswer]:
    reach = Reach.to(settings.private_hosts)
    async with CheckedTransport(reach=reach, resolve=resolve, tls=tls, at_once=settings.at_once) as transport:
        asker = LinkAsker(transport, Turns(settings.at_once), seconds=settings.timeout_seconds, user_agent=settings.user_agent)
        asked = {address: asyncio.create_task(asker.ask(address)) for address in addresses}
        loop = asyncio.get_running_loop()
        end, left = loop.time() + LONGEST_LOOK, set(asked.values())
        while left and loop.time() < end and not stopping():
            _, left = await asyncio.wait(left, timeout=SECONDS_BETWEEN_LOOKS_AT_THE_CLOCK)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return {
            address: LinkAnswer(address, trouble=Trouble.NOT_ASKED, detail="the look was ended before its turn came")
            if task in left
            else task.result()
            for address, task in asked.items()
        }


def look_at_links(
    addresses: Sequence[str],
    *,
    settings: LinkSettings,
    memory: Path,
    now: datetime,
    fresh: bool = False,
    since: datetime | None = None,
    ask: Ask | None = None,
) -> dict[str, LinkAnswer]:
    """Give what is known of every address: what was answered before on the same day, else what it answers now.

    Addresses in ``settings.accept`` a person has opened: they are not asked, and have no answer. ``memory`` is the file that
    keeps the answers; ``fresh`` asks all, ``since`` those that were asked before that time. ``ask`` asks a list of addresses,
    by default ``ask_links``.
    """
    ask = ask or (lambda some: ask_links(some, settings))
    accepted = set(map(as_asked, settings.accept))
    wanted = [address for address in dict.fromkeys(addresses) if address not in accepted]
    known = recall(memory, now=now, since=since)
    unknown = [address for address in wanted if fresh or address not in known]
    answers = dict(ask(unknown))
    if answers and not any(map(came_from_outside, answers.values())) and not _is_online(known, ask):
        answers = {address: _as_offline(answer) for address, answer in answers.items()}
    remember(memory, {address: answer for address, answer in answers.items() if answer.trouble not in _OF_THIS_LOOK}, now=now)
    known |= answers
    return {address: known[address] for address in wanted}


_OF_THIS_LOOK = frozenset({Trouble.NOT_ASKED, Trouble.OFFLINE})
"""They say nothing about the link."""


def _is_online(known: Mapping[str, LinkAnswer], ask: Ask) -> bool:
    """Ask again something that answered before, to tell a dead site from a machine without a way out."""
    some = next((address for address, answer in known.items() if is_settled(answer)), None)
    return some is not None and any(map(came_from_outside, ask([some]).values()))


def _as_offline(answer: LinkAnswer) -> LinkAnswer:
    return replace(answer, trouble=Trouble.OFFLINE, detail="") if answer.trouble in OURS_TO_SOLVE else answer

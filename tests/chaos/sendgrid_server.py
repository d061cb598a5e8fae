"""A SendGrid that keeps what it takes and fails by plan: ``python -m tests.chaos.sendgrid_server ORDER``, a process of its own.

It says its port on its first line. With a webhook it posts signed events of what it took: out of order, some twice, some before
the answer to the call. On standard input it is told ``refuse SECONDS`` and ``repeat`` (post all events once more, then say so
on a line); it ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

from tests.chaos.chance import FaultPlan
from tests.chaos.event_poster import EventPoster
from tests.chaos.journal import JournalWriter
from tests.chaos.smtp_server import DELAY, STALL, listen


class SendgridFault(StrEnum):
    """What this server does to its clients."""

    UNREAD = "hung up before the call was taken"
    STORED_AND_LOST = "call taken, hung up without an answer"
    STORED_AND_STALLED = "call taken, never answered"
    STORED_AND_500 = "call taken, answered 500"
    NOT_STORED_AND_500 = "call not taken, answered 500"
    NOT_STORED_AND_503 = "call not taken, answered 503"
    TOO_MANY = "429 with a reset time"
    TOO_LARGE = "413"
    DELAYED = "answer delayed"
    EVENTS_FIRST = "events before the answer"


KINDS: Final = tuple(SendgridFault)
STORED: Final = {
    "",
    SendgridFault.STORED_AND_LOST,
    SendgridFault.STORED_AND_STALLED,
    SendgridFault.STORED_AND_500,
    SendgridFault.DELAYED,
    SendgridFault.EVENTS_FIRST,
}
STATUS: Final = {
    SendgridFault.STORED_AND_500: 500,
    SendgridFault.NOT_STORED_AND_500: 500,
    SendgridFault.NOT_STORED_AND_503: 503,
    SendgridFault.TOO_MANY: 429,
    SendgridFault.TOO_LARGE: 413,
}
REASONS: Final = {202: "Accepted", 400: "Bad Request", 413: "Too Large", 429: "Too Many", 500: "Error", 503: "Unavailable"}


class Desk:
    """Takes calls, one after the other, and says what happens to each."""

    def __init__(self, plan: FaultPlan, journal: JournalWriter, *, bad_addresses: int, poster: EventPoster | None) -> None:
        """Of the invented readers every ``bad_addresses``-th has an address that a whole call is refused for; 0: nobody has."""
        self._plan = plan
        self._journal = journal
        self._bad_addresses = bad_addresses
        self._poster = poster
        self.refusing_until = 0.0

    @property
    def is_refusing(self) -> bool:
        """Whether nobody is let in at present."""
        if time.monotonic() < self.refusing_until:
            self._journal.fault("connection_refused")
            return True
        return False

    async def take(self, body: bytes) -> tuple[int, dict[str, str], Any] | None:
        """Give status, headers and answer; None: hang up."""
        call = orjson.loads(body)
        people = call["personalizations"]
        faults = self._faults(people)
        if faults:
            self._journal.fault("call_refused_for_one_address")
            return 400, {}, {"errors": faults}
        kind = self._plan.strike("call", KINDS)
        if kind:
            self._journal.fault(kind.replace(" ", "_"))
        if kind in STORED:
            await self._store(people, events_first=kind == SendgridFault.EVENTS_FIRST)
        if kind == SendgridFault.DELAYED:
            await asyncio.sleep(DELAY)
        elif kind == SendgridFault.STORED_AND_STALLED:
            await asyncio.sleep(STALL)
        if kind in {SendgridFault.UNREAD, SendgridFault.STORED_AND_LOST}:
            return None
        headers = {"X-RateLimit-Reset": str(int(time.time()) + 1)} if kind == SendgridFault.TOO_MANY else {}
        status = STATUS.get(SendgridFault(kind), 202) if kind else 202
        return status, headers, {} if status == 202 else {"errors": [{"message": "by plan"}]}

    def _faults(self, people: list[dict[str, Any]]) -> list[dict[str, str]]:
        addresses = [person["to"][0]["email"].lower() for person in people]
        if len(set(addresses)) != len(addresses):
            return [{"field": "personalizations", "message": "not unique"}]
        return [
            {"field": f"personalizations.{place}.to.0.email", "message": "does not contain a valid address"}
            for place, address in enumerate(addresses)
            if self._bad_addresses and number_of(address) % self._bad_addresses == 0
        ]

    async def _store(self, people: list[dict[str, Any]], *, events_first: bool) -> None:
        keys = []
        for person in people:
            keys.append(person["custom_args"]["delivery"])
            self._journal.hold(f"{keys[-1]}@sendgrid", person["to"][0]["email"])
        self._journal.flush()
        if self._poster is not None:
            posting = self._poster.report(keys)
            if events_first:
                await posting


def number_of(address: str) -> int:
    """Give the number of an invented reader."""
    return int(address.removeprefix("reader").partition("@")[0])


async def talk(desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the calls that come over one connection."""
    try:
        while not desk.is_refusing:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            answer = await desk.take(await reader.readexactly(length))
            if answer is None:
                return
            writer.write(_response(*answer))
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.transport.abort()


def _response(status: int, headers: dict[str, str], answer: Any) -> bytes:
    content = b"" if status == 202 else orjson.dumps(answer)
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


async def serve(desk: Desk, poster: EventPoster | None, *, port: int) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(lambda r, w: talk(desk, r, w), "127.0.0.1", port, limit=2**25)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    ended = asyncio.Event()

    def tell(name: str, value: float) -> None:
        if name == "repeat" and poster is not None:
            asyncio.run_coroutine_threadsafe(poster.repeat(), loop).result()
            print("repeated", flush=True)  # noqa: T201
        else:
            setattr(desk, name, value)

    threading.Thread(target=listen, args=(tell, lambda: loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()


def main(order: str) -> None:
    """Serve by an order in JSON: journal, port, seed, rates, script, bad_addresses, webhook, signing_key."""
    wanted = json.loads(order)
    plan = FaultPlan(seed=wanted["seed"], rates=wanted["rates"], script=wanted["script"])
    poster = EventPoster(wanted["webhook"], wanted["signing_key"], seed=wanted["seed"]) if wanted["webhook"] else None
    desk = Desk(plan, JournalWriter(Path(wanted["journal"])), bad_addresses=wanted["bad_addresses"], poster=poster)
    asyncio.run(serve(desk, poster, port=wanted["port"]))


if __name__ == "__main__":
    main(sys.argv[1])

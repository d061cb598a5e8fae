"""Mail providers that post RFC 8058's one-click: ``python -m benchmarks.one_click_load PORT kept|fresh CONNECTIONS < TOKENS``.

A process of its own, over raw sockets. Each token is posted once, urlencoded and as multipart in turn; connections are kept
alive, or are new for every post, as those of most mail programs are. Prints for each post, in JSON: its token, its status (0
where there was no answer), how many milliseconds the answer took, and when it came (Unix seconds); and the seconds of all.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

BOUNDARY: Final = "----FormBoundaryjWmhtjORrn"

URLENCODED: Final = ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click")

MULTIPART: Final = (
    f"multipart/form-data; boundary={BOUNDARY}",
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--{BOUNDARY}--\r\n',
)

LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

SECONDS_AT_MOST: Final = 30.0

Posted = tuple[str, int, float, float]


class Poster:
    """One of the connections, or a line of short ones after each other."""

    def __init__(self, port: int, *, kept: bool) -> None:
        self._port = port
        self._kept = kept
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post_all(self, tokens: Iterator[tuple[int, str]], posted: list[Posted]) -> None:
        """Post what is left until nothing is."""
        for number, token in tokens:
            started = time.perf_counter()
            try:
                status = await asyncio.wait_for(self._post(token, MULTIPART if number % 2 else URLENCODED), SECONDS_AT_MOST)
            except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                status = 0
            if not self._kept or not status:
                await self._hang_up()
            posted.append((token, status, (time.perf_counter() - started) * 1_000, time.time()))
        await self._hang_up()

    async def _post(self, token: str, form: tuple[str, str]) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        kind, body = form
        connection = "keep-alive" if self._kept else "close"
        head = f"POST /u/{token} HTTP/1.1\r\nHost: localhost:{self._port}\r\nContent-Type: {kind}\r\nConnection: {connection}\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(answer)
        await (reader.readexactly(int(length[1])) if length else reader.readuntil(b"\r\n0\r\n\r\n"))
        return int(answer[9:12])

    async def _hang_up(self) -> None:
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def post(tokens: list[str], *, port: int, kept: bool, connections: int) -> list[Posted]:
    """Post each token once over so many connections at the same time."""
    posted: list[Posted] = []
    left = iter(list(enumerate(tokens)))
    async with asyncio.TaskGroup() as posters:
        for _ in range(connections):
            posters.create_task(Poster(port, kept=kept).post_all(left, posted))
    return posted


def main() -> None:
    """Post, and print."""
    port, kind, connections = sys.argv[1:]
    tokens = sys.stdin.read().split()
    started = time.perf_counter()
    posted = asyncio.run(post(tokens, port=int(port), kept=kind == "kept", connections=int(connections)))
    print(json.dumps({"seconds": time.perf_counter() - started, "posted": posted}))


if __name__ == "__main__":
    main()

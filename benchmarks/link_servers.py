"""A web of many hosts on one port of this machine, each with its own patience: ``python -m benchmarks.link_servers``.

It prints its port. The host that a request names decides: ``slow.…`` answers after ``SLOW`` seconds, others after ``ORDINARY``.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

SLOW = 2.0
ORDINARY = 0.05
"""Seconds from request to answer: what a site on the same continent takes."""
PAGE = (
    b"<!doctype html><html><head><title>A guide</title></head><body><h1>A guide</h1>"
    + b"<p>Words.</p>" * 1_000
    + b"</body></html>"
)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer request after request of one connection."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await asyncio.sleep(SLOW if b"host: slow." in head else ORDINARY)
            body = b"" if head.startswith(b"head") else PAGE
            size = f"content-type: text/html; charset=utf-8\r\ncontent-length: {len(PAGE)}\r\n\r\n"
            writer.write(b"HTTP/1.1 200 OK\r\n" + size.encode() + body)
            await writer.drain()
    writer.close()


async def serve() -> None:
    """Serve until somebody ends this process."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(serve())
    sys.exit(0)

"""The words by which a page says what it is: its title and its first heading."""

from __future__ import annotations

import asyncio
import re
import zlib
from typing import Final

import httpx
from selectolax.lexbor import LexborHTMLParser

from newsletter.sources.feeds.text import one_line

PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
BEGINNING: Final = 100_000
"""So many bytes of a page are read, packed or unpacked: its title and its first heading stand there."""
SECONDS: Final = 3.0
LONGEST: Final = 300
"""Characters of a title or heading."""
_STEP = 16_384
_CHARSET: Final = re.compile(rb"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_GZIP_OR_ZLIB = 47
"""zlib's window bits for "whichever of the two it is"."""


async def read_words(response: httpx.Response) -> tuple[str, str]:
    """Read the beginning of a page: its title and its first heading; what breaks off or drips is read as far as it came."""
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in response.aiter_raw(_STEP):
                body += chunk
                if len(body) >= BEGINNING:
                    break
    except (httpx.HTTPError, TimeoutError):
        pass  # the status is the answer; the words are more than was needed
    beginning = bytes(body[:BEGINNING])
    if response.headers.get("content-encoding", "").strip().lower() in {"gzip", "x-gzip", "deflate"}:
        try:
            beginning = zlib.decompressobj(_GZIP_OR_ZLIB).decompress(beginning, BEGINNING)
        except zlib.error:
            return "", ""
    page = LexborHTMLParser(_decoded(beginning, response.headers.get("content-type", "")))
    return tuple(one_line(node.text()[:LONGEST]) if (node := page.css_first(tag)) else "" for tag in ("title", "h1"))  # type: ignore[return-value]


def _decoded(body: bytes, content_type: str) -> str:
    named = _CHARSET.search(content_type.encode()) or _CHARSET.search(body[:2048])
    try:
        return body.decode(named[1].decode("ascii") if named else "utf-8", "replace")
    except (LookupError, UnicodeError):  # a codec of Python's that is none of the web's, such as idna
        return body.decode("utf-8", "replace")

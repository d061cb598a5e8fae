"""Reading a body within bounds: what a small packet unpacks to is counted while it is unpacked, not afterwards."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

from newsletter.errors import SourceError

_STEP = 65_536
_GZIP_OR_ZLIB = 47
"""zlib's window bits for "whichever of the two it is"."""
_MOST_MEMBERS = 200
"""zlib copies the rest of a body at the end of each member: a quarter of a million empty ones in 5 MB take a minute."""
GZIP = b"\x1f\x8b"


async def read_body(response: httpx.Response, *, max_bytes: int, host: str) -> bytes:
    """Read and unpack the body of a response that was sent with ``stream=True``, and close it.

    Raises SourceError when there is more than ``max_bytes`` before or after unpacking, and for packings that were not asked for:
    one inside another is a way to make gigabytes of a few bytes.
    """
    packing = response.headers.get("content-encoding", "").strip().lower()
    body = bytearray()
    try:
        async for chunk in response.aiter_raw(_STEP):
            body += chunk
            if len(body) > max_bytes:
                raise SourceError(_too_long(host, max_bytes))
    finally:
        await response.aclose()
    if packing in {"", "identity"} or not body:
        return bytes(body)
    if packing not in {"gzip", "x-gzip", "deflate"}:
        raise SourceError(f'{host} packed its answer in a way that was not asked for ("{packing[:40]}").')
    return unpack(bytes(body), max_bytes=max_bytes, host=host)


def unpack(packed: bytes, *, max_bytes: int, host: str) -> bytes:
    """Unpack gzip or zlib, of several members too. Raises SourceError when it is broken, or more than ``max_bytes``."""
    body = bytearray()
    try:
        for part in _parts(packed):
            body += part
            if len(body) > max_bytes:
                raise SourceError(f"{_too_long(host, max_bytes)[:-1]}, once unpacked.")
    except zlib.error as error:
        raise SourceError(f"{host} sent a packed answer that cannot be unpacked.") from error
    return bytes(body)


def _parts(packed: bytes) -> Iterator[bytes]:
    for _ in range(_MOST_MEMBERS):
        if not packed:
            return
        member = zlib.decompressobj(_GZIP_OR_ZLIB)
        while packed and not member.eof:
            yield member.decompress(packed, _STEP)
            packed = member.unconsumed_tail
        if not member.eof:
            raise zlib.error("cut off")
        # Zeros may follow the last member (RFC 1952 leaves it open, gzip(1) passes over them).
        packed = member.unused_data.lstrip(b"\x00")
    if packed:
        raise zlib.error("more members than anybody packs")


def _too_long(host: str, max_bytes: int) -> str:
    return f"{host} sent more than {max_bytes:,} bytes."

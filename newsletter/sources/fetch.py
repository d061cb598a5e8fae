"""One bounded GET: whatever a server does, it costs a known time and a known amount of memory."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from newsletter.errors import SourceError
from newsletter.sources.apart import begin_apart, wait_apart
from newsletter.sources.connections import Resolver, explain, look_up, open_client
from newsletter.sources.reach import PUBLIC, Reach
from newsletter.sources.unpacking import read_body

REDIRECTS = 5
"""How many redirects are followed where following is wanted; feeds that moved need one or two."""
_PERMANENT = frozenset({301, 308})


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one request may cost: seconds for all of it (redirects and body included), and bytes after decompression."""

    timeout_seconds: float
    max_bytes: int
    redirects: int = REDIRECTS


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer of any status. ``url`` is where it came from in the end; header names are in small letters.

    ``moved_to`` is where the address asked for has moved for good (301, 308), empty when it has not.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    moved_to: str = ""

    @property
    def text(self) -> str:
        """The body as UTF-8, with replacement characters where it is not."""
        return self.body.decode("utf-8", "replace")

    @property
    def media_type(self) -> str:
        """The media type without parameters, in small letters; empty when the server gave none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def fetch(
    url: str,
    *,
    limits: FetchLimits,
    user_agent: str,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    reach: Reach = PUBLIC,
    resolve: Resolver = look_up,
) -> Fetched:
    """GET an http or https address and give the answer, whatever its status.

    Redirects are followed up to ``limits.redirects`` times, to http and https addresses only; with 0 the redirect itself is the
    answer. ``tls`` says which certificates to trust, None those of the public authorities; ``reach`` which hosts may be asked, at
    every redirect too. Raises SourceError with one sentence when there is no whole answer within the limits.
    """

    async def ask() -> Fetched:
        seconds = limits.timeout_seconds
        host = _host(url)
        try:
            # httpx limits single reads only: a server that sends one byte a second would never run into them.
            async with (
                asyncio.timeout(seconds),
                open_client(timeout_seconds=seconds, user_agent=user_agent, reach=reach, tls=tls, resolve=resolve) as client,
            ):
                return await _follow(client, client.build_request("GET", url, params=params, headers=headers), limits, host)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise explain(error, host, seconds) from error

    # A thread of its own, since the caller may live in an event loop, and loops do not nest.
    return wait_apart(begin_apart(lambda: asyncio.run(ask()), name="fetch"))


async def _follow(client: httpx.AsyncClient, request: httpx.Request, limits: FetchLimits, host: str) -> Fetched:
    moved_to, permanently = "", True
    for _ in range(limits.redirects + 1):
        _host(str(request.url))
        response = await client.send(request, stream=True)
        if response.next_request is None or not limits.redirects:
            body = await read_body(response, max_bytes=limits.max_bytes, host=host)
            return Fetched(str(response.url), response.status_code, dict(response.headers), body, moved_to)
        await response.aclose()
        request = response.next_request
        permanently = permanently and response.status_code in _PERMANENT
        moved_to = str(request.url) if permanently else moved_to
    raise SourceError(f"{host} redirected more than {limits.redirects} times.")


def _host(url: str) -> str:
    """Give the host for messages; an address may carry a query that is nobody's business."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        raise SourceError(f"{url} is not a web address.") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise SourceError(f"{url} is not an http or https address.")
    return host

"""One bounded GET: whatever a server does, it costs a known time and a known amount of memory."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from newsletter.errors import SourceError

REDIRECTS = 5
"""How many redirects are followed where following is wanted; feeds that moved need one or two."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one request may cost: seconds for all of it (redirects and body included), and bytes after decompression."""

    timeout_seconds: float
    max_bytes: int
    redirects: int = REDIRECTS


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer of any status. ``url`` is where it came from in the end; header names are in small letters."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

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
) -> Fetched:
    """GET an http or https address and give the answer, whatever its status.

    Redirects are followed up to ``limits.redirects`` times, to http and https addresses only; with 0 the redirect itself is the
    answer. ``tls`` says which certificates to trust, None those of the public authorities. Raises SourceError with one sentence
    when there is no whole answer within the limits.
    """
    request = _fetch(url, limits, {"user-agent": user_agent, **(headers or {})}, params, tls)
    # A thread of its own, since the caller may live in an event loop, and loops do not nest.
    with ThreadPoolExecutor(1, thread_name_prefix="fetch") as thread:
        return thread.submit(asyncio.run, request).result()


async def _fetch(
    url: str, limits: FetchLimits, headers: Mapping[str, str], params: Mapping[str, str] | None, tls: ssl.SSLContext | None
) -> Fetched:
    host = _host(url)
    # httpcore closes the socket of a TLS handshake that it timed out itself, and not of one that asyncio cancelled.
    timeout = httpx.Timeout(limits.timeout_seconds, connect=limits.timeout_seconds / 2)
    try:
        # httpx limits single reads only: a server that sends one byte a second would never run into them.
        async with (
            asyncio.timeout(limits.timeout_seconds),
            httpx.AsyncClient(timeout=timeout, headers=dict(headers), trust_env=False, verify=tls or True) as client,
        ):
            request = client.build_request("GET", url, params=params)
            for _ in range(limits.redirects + 1):
                _host(str(request.url))
                response = await client.send(request, stream=True)
                if response.next_request is None or not limits.redirects:
                    return Fetched(
                        str(response.url), response.status_code, dict(response.headers), await _read(response, limits, host)
                    )
                await response.aclose()
                request = response.next_request
    except (TimeoutError, httpx.TimeoutException) as error:
        raise SourceError(f"{host} did not answer within {limits.timeout_seconds:g} seconds.") from error
    except httpx.ConnectError as error:
        raise SourceError(f"{host} could not be reached ({_why_unreachable(error)}).") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceError(f"{host} did not answer as a web server should ({_first_line(error)}).") from error
    raise SourceError(f"{host} redirected more than {limits.redirects} times.")


async def _read(response: httpx.Response, limits: FetchLimits, host: str) -> bytes:
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > limits.max_bytes:
                raise SourceError(f"{host} sent more than {limits.max_bytes:,} bytes.")
    finally:
        await response.aclose()
    return bytes(body)


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


def _why_unreachable(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "its name was not found; is this machine on the internet?"
        cause = cause.__cause__ or cause.__context__
    return re.sub(r"^\[Errno -?[0-9]+\] ", "", _first_line(error))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0] or type(error).__name__

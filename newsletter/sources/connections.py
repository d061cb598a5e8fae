"""Opening connections to strangers: the address that was checked is the one that is connected to.

A name is looked up once for each connection, all its addresses are checked (``newsletter.sources.reach``), and the socket is
opened to one of these: a second look-up, which a hostile name server would answer otherwise ("DNS rebinding"), does not happen.
TLS is still verified against the name. All this is done where connections are made, so that no redirect leads round it.

For many requests in one event loop::

    async with open_client(reach=Reach.to(settings.private_hosts), timeout_seconds=15, user_agent="…") as client:
        async with asyncio.timeout(15):
            response = await client.send(client.build_request("HEAD", url), stream=True)

``client`` is a plain ``httpx.AsyncClient`` that follows no redirects by itself: ``response.next_request`` is the next hop, and is
checked like the first. Sending raises ForbiddenHostError, besides all that httpx raises; ``explain`` makes one sentence of those.
The body of a ``stream=True`` response is read within bounds by ``newsletter.sources.unpacking.read_body``.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore
import httpx

from newsletter.errors import SourceError
from newsletter.sources.reach import PUBLIC, ForbiddenHostError, Reach, is_public

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the IP addresses of a host for a port; raises OSError when there are none."""


async def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the system for a host's addresses, in the order in which to try them."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Sequence[str]] = loop.create_future()

    def ask() -> None:
        answer: Sequence[str] | OSError
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer = list(dict.fromkeys(str(row[4][0]) for row in rows))
        except UnicodeError:
            answer = socket.gaierror(socket.EAI_NONAME, "not a name")
        except OSError as error:
            answer = error
        try:
            loop.call_soon_threadsafe(tell, answer)
        except RuntimeError:
            return  # nobody waits any longer

    def tell(answer: Sequence[str] | OSError) -> None:
        if found.done():
            return
        if isinstance(answer, OSError):
            found.set_exception(answer)
        else:
            found.set_result(answer)

    # Not the loop's own threads: asyncio.run waits for those at its end, and a name server may take half a minute.
    threading.Thread(target=ask, name=f"look up {host}", daemon=True).start()
    return await found


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens sockets to checked addresses only."""

    def __init__(self, reach: Reach, resolve: Resolver) -> None:
        self._reach = reach
        self._resolve = resolve
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of a host's addresses that takes us. Raises ForbiddenHostError if one is not to be asked."""
        begun = time.monotonic()
        addresses = await self._addresses(host, port, timeout)
        problem: Exception = httpcore.ConnectError("it has no address")
        for tried, address in enumerate(addresses):
            left = None if timeout is None else (timeout - (time.monotonic() - begun)) / (len(addresses) - tried)
            try:
                return await self._sockets.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    async def _addresses(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        try:
            async with asyncio.timeout(seconds):
                addresses = await self._resolve(host.rstrip("."), port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        if not self._reach.is_private_host(host, port) and not all(map(is_public, addresses)):
            raise ForbiddenHostError(
                f"{host} leads to a private network, which is not asked (if that is meant, name it in private_hosts)."
            )
        return addresses

    async def sleep(self, seconds: float) -> None:
        """Wait between tries."""
        await asyncio.sleep(seconds)


class CheckedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport on a pool that opens its connections with a CheckedBackend."""

    def __init__(
        self, *, reach: Reach, resolve: Resolver = look_up, tls: ssl.SSLContext | None = None, at_once: int = 100
    ) -> None:
        verify = tls or httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=verify, trust_env=False)
        # The parameter network_backend is httpcore's public way; httpx hands it on nowhere.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify,
            max_connections=at_once,
            max_keepalive_connections=20,
            keepalive_expiry=5,
            network_backend=CheckedBackend(reach, resolve),
        )


def open_client(
    *,
    timeout_seconds: float,
    user_agent: str,
    reach: Reach = PUBLIC,
    tls: ssl.SSLContext | None = None,
    resolve: Resolver = look_up,
    at_once: int = 100,
) -> httpx.AsyncClient:
    """Give a client that asks only where ``reach`` allows; ``timeout_seconds`` is for single reads, half of it for connecting.

    ``tls`` says which certificates to trust, None those of the public authorities. Proxies of the environment are not used.
    """
    return httpx.AsyncClient(
        transport=CheckedTransport(reach=reach, resolve=resolve, tls=tls, at_once=at_once),
        # httpcore closes the socket of a TLS handshake that it timed out itself, and not of one that asyncio cancelled.
        timeout=httpx.Timeout(timeout_seconds, connect=timeout_seconds / 2),
        headers={"user-agent": user_agent, "accept-encoding": "gzip"},
        trust_env=False,
    )


def explain(error: Exception, host: str, seconds: float) -> SourceError:
    """Say in one sentence why a host gave no whole answer."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return SourceError(f"{host} did not answer within {seconds:g} seconds.")
    if isinstance(error, httpx.ConnectError):
        return SourceError(f"{host} could not be reached ({_why_unreachable(error)}).")
    if isinstance(error, UnicodeError):  # httpx asks no host whose xn-- name breaks IDNA 2008, as those with emoji do
        return SourceError(f"{host} could not be asked ({_first_line(error)}).")
    return SourceError(f"{host} did not answer as a web server should ({_first_line(error)}).")


def _why_unreachable(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "its name was not found; is this machine on the internet?"
        cause = cause.__cause__ or cause.__context__
    return re.sub(r"^\[Errno -?[0-9]+\] ", "", _first_line(error))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0] or type(error).__name__

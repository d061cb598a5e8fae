"""What an error means for a link, in words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Final

import httpx

from newsletter.checking.link_answers import Trouble
from newsletter.sources.reach import ForbiddenHostError
from newsletter.sources.tls_words import why_untrusted

_NO_SUCH_NAME: Final = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


def as_trouble(error: Exception, host: str, seconds: float) -> tuple[Trouble, str]:
    """Give the trouble that an error makes, and a piece of a sentence about it; ``seconds`` is how long a host had to answer."""
    if isinstance(error, ForbiddenHostError):
        return Trouble.PRIVATE, ""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return Trouble.TIMED_OUT, f"{host} did not answer within {max(round(seconds), 1)} seconds"
    if isinstance(error, httpx.InvalidURL):
        return Trouble.NOT_AN_ADDRESS, ""
    return _why_no_connection(error, host) or (
        Trouble.NO_WEB_ANSWER,
        f"{host} broke off, or did not answer as a web server should",
    )


def _why_no_connection(error: Exception, host: str) -> tuple[Trouble, str] | None:
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return Trouble.CERTIFICATE, why_untrusted(cause, host)
            case socket.gaierror() if cause.errno in _NO_SUCH_NAME:
                return Trouble.NAME_UNKNOWN, f"there is no site of the name {host}"
            case socket.gaierror():
                return Trouble.UNREACHABLE, f"the name server did not answer for {host}"
            case ConnectionRefusedError():
                return Trouble.REFUSED, f"nobody answers at {host}: the connection was refused, twice"
            case ssl.SSLError():
                return Trouble.UNREACHABLE, f"{host} and this program found no common way to encrypt"
            case _:
                pass
    return (Trouble.UNREACHABLE, f"no connection to {host} came about") if isinstance(error, httpx.ConnectError) else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error, what it came from, and so on; of a group every member (anyio raises those)."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        waiting += [one.__cause__, one.__context__]

"""Which http addresses have a page under https as well: each is asked once, a few at a time."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from newsletter.errors import SourceError
from newsletter.sources.fetch import FetchLimits, fetch
from newsletter.sources.reach import PUBLIC, Reach

LIMITS = FetchLimits(timeout_seconds=10, max_bytes=5_000_000)
USER_AGENT = "mets-matters-newsletter (looking whether a link works with https)"
AT_ONCE = 4


def find_https(
    addresses: Sequence[str], *, limits: FetchLimits = LIMITS, tls: ssl.SSLContext | None = None, reach: Reach = PUBLIC
) -> frozenset[str]:
    """Give those of the http addresses of which the https address leads to a page, without a step back to http.

    One that does not answer in time, or has a certificate that does not hold, is not among them. ``tls`` says which certificates
    to trust; None trusts those of the public authorities. ``reach`` says which hosts may be asked.
    """

    def answers(address: str) -> bool:
        try:
            answer = fetch(_with_https(address), limits=limits, user_agent=USER_AGENT, tls=tls, reach=reach)
        except SourceError:
            return False
        return answer.status in range(200, 300) and answer.url.startswith("https://")

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="https") as threads:
        return frozenset(address for address, found in zip(addresses, threads.map(answers, addresses), strict=True) if found)


def _with_https(address: str) -> str:
    return f"https://{address.removeprefix('http://')}"

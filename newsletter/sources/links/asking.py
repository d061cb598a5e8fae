"""Asking one link as a careful browser would: HEAD, hop by hop with the cookies it is given, GET where there is a page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import httpx

from newsletter.checking.link_answers import Hop, LinkAnswer, Trouble
from newsletter.errors import SourceError
from newsletter.sources.feeds.text import one_line
from newsletter.sources.links.host_turns import Host, Turns
from newsletter.sources.links.page_words import PAGES, read_words
from newsletter.sources.links.troubles import as_trouble

HOPS: Final = 10
"""Browsers follow 20; more than ten are a mistake somewhere."""
BEFORE_ASKING_AGAIN: Final = 1.0
LONGEST_RETRY_AFTER: Final = 5.0
"""A site that asks for more patience (Retry-After, RFC 9110, section 10.2.3) is left alone for this look."""

Method = Literal["HEAD", "GET"]


@dataclass(slots=True)
class _Walk:
    """One way from an address to its answer: the hops so far, the cookies of the way."""

    address: str
    method: Method
    hops: list[Hop] = field(default_factory=list)
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    retry_after: float | None = None
    media_type: str = ""
    spent: float = 0.0
    """Seconds of asking, without those of waiting for a turn."""

    @property
    def at(self) -> str:
        return self.hops[-1].target if self.hops else self.address

    def ended(self, **what: object) -> LinkAnswer:
        return replace(LinkAnswer(self.address, hops=tuple(self.hops)), **what)  # type: ignore[arg-type]


class LinkAsker:
    """Asks links over one transport; ``seconds`` is for one link, redirects included, without the time it waits for its turn."""

    def __init__(self, transport: httpx.AsyncBaseTransport, turns: Turns, *, seconds: float, user_agent: str) -> None:
        self._transport = transport
        self._turns = turns
        self._seconds = seconds
        self._headers = {"user-agent": user_agent, "accept": "text/html,*/*;q=0.8", "accept-encoding": "identity"}

    async def ask(self, address: str) -> LinkAnswer:
        """Give what an address answers; never raises for what a server does."""
        try:
            host = self._host(address)
        except httpx.InvalidURL:
            return LinkAnswer(address, trouble=Trouble.NOT_AN_ADDRESS)
        except UnicodeError:  # httpx asks no host whose xn-- name breaks IDNA 2008; browsers do, where it has an emoji
            detail = "this program cannot ask a site with such letters in its name"
            return LinkAnswer(address, trouble=Trouble.NO_WEB_ANSWER, detail=detail)
        async with host.links:
            if host.gives_nothing is not None:
                trouble, detail = host.gives_nothing
                return LinkAnswer(address, trouble=trouble, detail=detail)
            return await self._ask(address, host)

    async def _ask(self, address: str, host: Host) -> LinkAnswer:
        head = _Walk(address, "HEAD")
        if host.takes_head:
            answer = await self._follow(head, self._seconds / 3)
            if _is_good(answer) and head.media_type and head.media_type not in PAGES:
                return answer
            host.takes_head = not _refuses_head(answer)
            if _is_good(answer):
                return await self._read_page(head, answer)
            if answer.trouble in _FOR_GOOD or _is_busy(answer):
                return await self._once_more(answer, head.retry_after)
        walk = _Walk(address, "GET")
        return await self._once_more(await self._follow(walk, self._seconds - head.spent), walk.retry_after)

    async def _read_page(self, head: _Walk, answer: LinkAnswer) -> LinkAnswer:
        """Read the page that HEAD has found; where GET is told otherwise, that counts: readers' browsers send no HEAD."""
        walk = _Walk(head.address, "GET", list(head.hops), head.cookies)
        read = await self._follow(walk, self._seconds - head.spent)
        if read.trouble in {Trouble.TIMED_OUT, Trouble.NO_WEB_ANSWER}:
            return answer
        return await self._once_more(read, walk.retry_after)

    async def _once_more(self, answer: LinkAnswer, retry_after: float | None) -> LinkAnswer:
        """Ask a second time what may have been a moment's weakness, and remember what is true of the whole host."""
        wait = BEFORE_ASKING_AGAIN if retry_after is None else retry_after
        if _is_busy(answer) and wait > LONGEST_RETRY_AFTER:
            detail = f"its site asked us, for another link, to stay away for a while ({answer.status})"
            self._host(answer.led_to).gives_nothing = (Trouble.NOT_ASKED, detail)
        elif _is_busy(answer) or answer.trouble in _PERHAPS_A_MOMENT:
            await asyncio.sleep(wait)
            answer = await self._follow(_Walk(answer.address, "GET"), self._seconds)
        if answer.trouble is not Trouble.NOT_AN_ADDRESS:
            self._host(answer.led_to).note(answer.trouble, answer.detail)
        return answer

    async def _follow(self, walk: _Walk, seconds: float) -> LinkAnswer:
        """Go from hop to hop until there is an answer, a ring or no time left."""
        seen: set[tuple[str, str]] = set()
        loop = asyncio.get_running_loop()
        try:
            while len(walk.hops) <= HOPS:
                left = seconds - walk.spent
                request = httpx.Request(walk.method, walk.at, headers=self._headers, extensions={"timeout": _timeout(left)})
                walk.cookies.set_cookie_header(request)
                step = (str(request.url), request.headers.get("cookie", ""))
                if step in seen:
                    return walk.ended(trouble=Trouble.RING, detail=f"it redirects in a ring, by way of {walk.at}")
                seen.add(step)
                host = self._host(walk.at)
                async with self._turns.turn(host):
                    if host.gives_nothing is not None:
                        trouble, detail = host.gives_nothing
                        return walk.ended(trouble=trouble, detail=detail)
                    begun = loop.time()
                    try:
                        answer = await self._send(walk, request, left)
                    finally:
                        walk.spent += loop.time() - begun
                if answer is not None:
                    return answer
        except (httpx.HTTPError, httpx.InvalidURL, SourceError, TimeoutError, ValueError) as error:
            trouble, detail = as_trouble(error, self._host_name(walk.at), seconds)
            return walk.ended(trouble=trouble, detail=detail)
        return walk.ended(trouble=Trouble.RING, detail=f"it redirects more than {HOPS} times")

    async def _send(self, walk: _Walk, request: httpx.Request, seconds: float) -> LinkAnswer | None:
        """Ask once; None where the answer is a redirect, of which the walk then knows."""
        walk.retry_after = None  # what a hop before asked for is not for this one
        async with asyncio.timeout(seconds):
            response = await self._transport.handle_async_request(request)
        response.request = request
        try:
            walk.cookies.extract_cookies(response)
            walk.media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            walk.retry_after = _retry_after(response)
            location = response.headers.get("location", "")
            if response.status_code in {301, 302, 303, 307, 308} and location:
                target = httpx.URL(walk.at).join(location)
                if target.scheme not in {"http", "https"} or not target.host:
                    shown = one_line(location)[:80]
                    return walk.ended(trouble=Trouble.NO_WEB_ANSWER, detail=f"it redirects to {shown}, which is no web page")
                walk.hops.append(Hop(response.status_code, str(target.copy_with(fragment=None))))
                return None
            challenged = response.headers.get("cf-mitigated", "") == "challenge"
            title, heading = await read_words(response) if walk.method == "GET" and walk.media_type in PAGES else ("", "")
            return walk.ended(status=response.status_code, challenged=challenged, title=title, heading=heading)
        finally:
            await response.aclose()

    def _host(self, address: str) -> Host:
        url = httpx.URL(address)
        if url.scheme not in {"http", "https"} or not url.host or (url.port is not None and url.port not in _PORTS):
            raise httpx.InvalidURL(address)
        return self._turns.host(f"{url.scheme}://{url.netloc.decode('ascii')}")

    @staticmethod
    def _host_name(address: str) -> str:
        try:
            return httpx.URL(address).host
        except (httpx.InvalidURL, UnicodeError):
            return address[:80]


_PORTS = range(1, 65_536)
_FOR_GOOD = frozenset(
    {Trouble.NAME_UNKNOWN, Trouble.CERTIFICATE, Trouble.PRIVATE, Trouble.REFUSED, Trouble.UNREACHABLE, Trouble.NOT_ASKED}
)
"""GET would fare as HEAD did."""
_PERHAPS_A_MOMENT = frozenset({Trouble.REFUSED, Trouble.NO_WEB_ANSWER, Trouble.UNREACHABLE})


def _is_good(answer: LinkAnswer) -> bool:
    return 200 <= answer.status < 300


def _is_busy(answer: LinkAnswer) -> bool:
    """Say whether a site asks for patience or has a fault; 501 is what old servers say to HEAD."""
    return answer.status == 429 or (answer.status >= 500 and answer.status not in {501, 999})


def _refuses_head(answer: LinkAnswer) -> bool:
    """Say whether a site seems to have no HEAD at all, so that its other links are asked by GET at once."""
    return answer.status in {400, 403, 405, 501} or answer.trouble in {Trouble.NO_WEB_ANSWER, Trouble.TIMED_OUT}


def _timeout(left: float) -> dict[str, float]:
    # httpcore closes the socket of a TLS handshake that it timed out itself, and not of one that asyncio cancelled.
    return httpx.Timeout(max(left, 0.001), connect=max(left / 2, 0.001)).as_dict()  # type: ignore[return-value]


def _retry_after(response: httpx.Response) -> float | None:
    asked = response.headers.get("retry-after", "")
    if not asked:
        return None
    # The other form is a date, which means minutes at least.
    return float(asked) if asked.isdecimal() else LONGEST_RETRY_AFTER + 1

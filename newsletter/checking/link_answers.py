"""What came back when a link was asked, and what that means for readers.

Asking is ``newsletter.sources``' work; here is only the verdict, in words for editors. Nothing is called broken that merely turns
programs away: a page that a person can open is a good link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlsplit

from newsletter.checking.missing_pages import asks_for_a_person, looks_missing

PERMANENT = frozenset({301, 308})
"""The page has a new address for good (RFC 9110, sections 15.4.2 and 15.4.9)."""
GONE = frozenset({404, 410})
TURNED_AWAY = frozenset({401, 403, 407, 429, 451, 999})
"""Who asks may not, or not now: programs more often than people. 999 is LinkedIn's answer to every program."""


class Trouble(StrEnum):
    """Why there is no answer."""

    NAME_UNKNOWN = "name_unknown"
    """There is no site of this name."""
    REFUSED = "refused"
    """The machine is there, and nobody answers at this port."""
    CERTIFICATE = "certificate"
    """The certificate does not hold: browsers show a warning and no page."""
    NOT_AN_ADDRESS = "not_an_address"
    """No browser can open it."""
    UNREACHABLE = "unreachable"
    """No connection came about, for any other reason."""
    TIMED_OUT = "timed_out"
    """There was no answer in time."""
    NO_WEB_ANSWER = "no_web_answer"
    """What came back was no whole answer of a web server."""
    RING = "ring"
    """It redirects in a ring, or for ever: readers' browsers may be treated otherwise."""
    PRIVATE = "private"
    """It leads to a network that is not the internet's."""
    OFFLINE = "offline"
    """No site answered at all: this machine seems to have no way out."""
    NOT_ASKED = "not_asked"
    """It was not asked: the look was ended, or its site asked us to stay away for a while."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect: its status, and the address that it names."""

    status: int
    target: str


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What one address answered: ``status`` in the end, after ``hops``; 0 with a ``trouble``, of which ``detail`` is a sentence.

    ``title`` and ``heading`` are the page's, where it is one. ``challenged`` says that the site wants to see a person first.
    """

    address: str
    status: int = 0
    hops: tuple[Hop, ...] = ()
    trouble: Trouble | None = None
    detail: str = ""
    title: str = ""
    heading: str = ""
    challenged: bool = False

    @property
    def led_to(self) -> str:
        """Where it led in the end."""
        return self.hops[-1].target if self.hops else self.address

    @property
    def moved_to(self) -> str:
        """The address that the site says to use from now on; "" where it says none."""
        moved = ""
        for hop in self.hops:
            if hop.status not in PERMANENT:
                break
            moved = hop.target
        return "" if moved.rstrip("/") == self.address.rstrip("/") else moved


class LinkKind(StrEnum):
    """What may be said of a link."""

    FINE = "fine"
    """It leads to a page."""
    MOVED = "moved"
    """It leads to a page that has another address now."""
    MISSING = "missing"
    """It answers, and seems to lead to no page all the same."""
    UNSAFE = "unsafe"
    """Browsers warn readers of it."""
    DEAD = "dead"
    """It leads nowhere."""
    COULD_NOT_CHECK = "could_not_check"
    """Nothing may be concluded; a person has to open it."""


@dataclass(frozen=True, slots=True)
class LinkVerdict:
    """What an answer means: ``sentence`` says it to an editor, without a code to look up."""

    kind: LinkKind
    sentence: str


_DEAD: Mapping[Trouble, str] = MappingProxyType(
    {
        Trouble.NAME_UNKNOWN: "there is no site of that name",
        Trouble.REFUSED: "nobody answers there: the connection was refused, twice",
        Trouble.NOT_AN_ADDRESS: "no browser can open it",
    }
)
_UNCHECKED: Mapping[Trouble, str] = MappingProxyType(
    {
        Trouble.UNREACHABLE: "no connection came about",
        Trouble.TIMED_OUT: "there was no answer in time",
        Trouble.NO_WEB_ANSWER: "what came back was no answer of a web server",
        Trouble.RING: "it redirects without an end",
        Trouble.PRIVATE: (
            "it leads into a private network, where no reader comes (a site of yours belongs into [links] private_hosts)"
        ),
        Trouble.OFFLINE: "no site answered at all; is this machine on the internet?",
        Trouble.NOT_ASKED: "it was not asked",
    }
)


def judge_link(answer: LinkAnswer) -> LinkVerdict:
    """Say what an answer means for readers."""
    if answer.trouble is not None:
        return _judge_trouble(answer, answer.trouble)
    if answer.status in GONE:
        gone = "the page is not there" if answer.status == 404 else "the page was taken away for good"
        by_way_of = f" It leads to {answer.led_to}." if answer.hops else ""
        return LinkVerdict(LinkKind.DEAD, f"{answer.address} is broken: {gone} ({answer.status}).{by_way_of}")
    if why := _find_doubt(answer):
        return _could_not_check(answer, f"{why} ({answer.status})")
    return _judge_page(answer)


def _find_doubt(answer: LinkAnswer) -> str:
    if answer.challenged or answer.status in TURNED_AWAY or asks_for_a_person(answer.title):
        return "the site turns programs away"
    if 200 <= answer.status < 300:
        return ""
    return "the site has a fault" if answer.status >= 500 else "the site answered oddly"


def _judge_page(answer: LinkAnswer) -> LinkVerdict:
    if why := looks_missing(answer.title, answer.heading, asked=answer.address, led_to=answer.led_to):
        return LinkVerdict(LinkKind.MISSING, f"{answer.address} answers, but {why}.")
    if answer.address.startswith("https://") and (open_hop := next(filter(_is_open, answer.hops), None)):
        return LinkVerdict(LinkKind.UNSAFE, f"{answer.address} leads to {open_hop.target}, which is not encrypted.")
    if answer.moved_to:
        return LinkVerdict(LinkKind.MOVED, f"{answer.address} has moved for good, to {answer.moved_to}")
    return LinkVerdict(LinkKind.FINE, f"{answer.address} leads to a page.")


def is_settled(answer: LinkAnswer) -> bool:
    """Say whether an answer may be believed for the rest of the day; any other is worth asking again soon."""
    return judge_link(answer).kind in {LinkKind.FINE, LinkKind.MOVED}


def came_from_outside(answer: LinkAnswer) -> bool:
    """Say whether the site itself seems to have answered: if none of many did, the fault is ours.

    A certificate that does not hold may be that of a log-in page or a filter that stands before every site.
    """
    return answer.status > 0 or answer.trouble in {Trouble.REFUSED, Trouble.NO_WEB_ANSWER, Trouble.RING}


def _judge_trouble(answer: LinkAnswer, trouble: Trouble) -> LinkVerdict:
    if trouble is Trouble.CERTIFICATE:
        return LinkVerdict(LinkKind.UNSAFE, f"{answer.address} makes browsers warn readers: {answer.detail}.")
    if trouble in _DEAD:
        why = answer.detail or _DEAD[trouble]
        elsewhere = "" if _host(answer.led_to) == _host(answer.address) else f" It was led to {answer.led_to}."
        return LinkVerdict(LinkKind.DEAD, f"{answer.address} is broken: {why}.{elsewhere}")
    return _could_not_check(answer, answer.detail or _UNCHECKED[trouble])


def _could_not_check(answer: LinkAnswer, why: str) -> LinkVerdict:
    return LinkVerdict(LinkKind.COULD_NOT_CHECK, f"{answer.address} could not be checked: {why.removesuffix('.')}.")


def _is_open(hop: Hop) -> bool:
    return hop.target.lower().startswith("http://")


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""

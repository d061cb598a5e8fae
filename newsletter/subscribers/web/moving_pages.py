"""The page that asks a new address, and what it says then; both addresses are masked: the mail may have been passed on."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse

from newsletter.subscribers.addresses import mask
from newsletter.subscribers.mailed_links import FoundLink, new_page
from newsletter.subscribers.moving import MoveKind
from newsletter.subscribers.web.own_words import local_day, local_time
from newsletter.subscribers.web.pages import draw_page, words_for

SAID: Final = {
    MoveKind.MOVED: ("moved_heading", ("moved", "moved_links"), HTTPStatus.OK),
    MoveKind.TAKEN: ("taken_heading", ("taken",), HTTPStatus.CONFLICT),
    MoveKind.REFUSED: ("refused_heading", ("refused",), HTTPStatus.CONFLICT),
    MoveKind.OVER: ("over_heading", ("over", "over_new"), HTTPStatus.GONE),
}
"""Heading and sentences of the words' [address], by what became of a press."""


def ask(request: HttpRequest, link: FoundLink, *, old: str, new: str, status: HTTPStatus) -> HttpResponse:
    """Show the one button that moves a reader."""
    words = words_for(request, link.language)
    values = {
        "page": new_page(),
        "from_to": words.say("address", "from_to", old=mask(old), new=mask(new)),
        "until": words.say("address", "until", day=local_day(words, link.expires_at), time=local_time(words, link.expires_at)),
    }
    return draw_page(request, "address.html.j2", words, status=status, **values)


def done(request: HttpRequest, link: FoundLink, kind: MoveKind) -> HttpResponse:
    """Say what became of a press, or that the link is over."""
    words = words_for(request, link.language)
    heading, sentences, status = SAID[kind]
    new = mask(link.content[0]) if link.content else words.say("address", "new_address")
    said = [words.say("address", sentence, new=new) for sentence in sentences]
    return draw_page(request, "address_done.html.j2", words, status=status, heading=words.say("address", heading), said=said)

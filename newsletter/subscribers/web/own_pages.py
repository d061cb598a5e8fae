"""The pages behind a fresh link: from what is stored about a reader to what a template prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from newsletter.subscribers.installation import config
from newsletter.subscribers.mailed_links import LIVES, FoundLink, new_page
from newsletter.subscribers.models import LinkPurpose
from newsletter.subscribers.moving import find_waiting_moves
from newsletter.subscribers.own_data import OwnData
from newsletter.subscribers.web.own_words import local_day, local_time, own_parts
from newsletter.subscribers.web.page_design import Words
from newsletter.subscribers.web.pages import Notice, Said, draw_page, words_for
from newsletter.subscribers.web.privacy_page import in_words


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into a field that has to be put right: the field's name, and the text."""

    field: str = ""
    text: str = ""


NOTHING_TYPED = Typed()


def door(request: HttpRequest, link: FoundLink, *, now: datetime, said: Said | None = None) -> HttpResponse:
    """Show the one button that opens the page, and until when the link works."""
    words = words_for(request, link.language)
    minutes = -(-int((link.expires_at - now).total_seconds()) // 60)
    until = words.say("my_data", "door_until", time=local_time(words, link.expires_at), minutes=str(minutes))
    status = HTTPStatus.BAD_REQUEST if said else HTTPStatus.OK
    return _draw(request, "my_data_door.html.j2", words, said=said, status=status, page=new_page(), until=until)


def opened(
    request: HttpRequest,
    link: FoundLink,
    data: OwnData,
    *,
    page: str,
    now: datetime,
    said: Said | None = None,
    typed: Typed = NOTHING_TYPED,
) -> HttpResponse:
    """Show everything that is stored, and every button to change it."""
    words = words_for(request, data.language)
    assert link.subscriber_id is not None
    you, *others = own_parts(data, words)
    waiting = [
        words.say(
            "my_data",
            "address_waiting",
            address=move.address,
            day=local_day(words, move.until),
            time=local_time(words, move.until),
        )
        for move in find_waiting_moves(link.subscriber_id, now=now)
    ]
    values = {
        "page": page,
        "until": words.say("my_data", "until", time=local_time(words, link.expires_at)),
        "you": you,
        "parts": others,
        "subscribed": data.subscribed,
        "waiting": waiting,
        "first_name": typed.text if typed.field == "first_name" else data.contact.first_name,
        "new_address": typed.text if typed.field == "address" else "",
        "problem_in": typed.field,
    }
    status = HTTPStatus.BAD_REQUEST if said and said.kind is Notice.PROBLEM else HTTPStatus.OK
    return _draw(request, "my_data.html.j2", words, said=said, status=status, **values)


def sure(request: HttpRequest, data: OwnData, *, page: str) -> HttpResponse:
    """Ask once more before everything is erased, and say what becomes of it when."""
    words = words_for(request, data.language)
    backups = _backups(words, "sure_backups")
    sendgrid = config().delivery.transport == "sendgrid"
    return draw_page(request, "my_data_sure.html.j2", words, page=page, backups=backups, sendgrid=sendgrid)


def being_erased(request: HttpRequest, language: str) -> HttpResponse:
    """Say that somebody is being forgotten."""
    words = words_for(request, language)
    return draw_page(request, "my_data_erased.html.j2", words, backups=_backups(words, "erased_backups"))


def over(request: HttpRequest, link: FoundLink) -> HttpResponse:
    """Say that a link is good for nothing any more, and offer a new one."""
    words = words_for(request, link.language)
    minutes = str(int(LIVES[LinkPurpose.FRESH].total_seconds() // 60))
    expired = words.say("my_data", "over_expired", minutes=minutes)
    used = link.used and not link.expired
    return draw_page(request, "my_data_over.html.j2", words, status=HTTPStatus.GONE, used=used, expired=expired)


def look_in_your_mail(request: HttpRequest, language: str) -> HttpResponse:
    """Say that a new link is on its way, if one may be mailed: the same words in any case."""
    words = words_for(request, language)
    again = words.say("my_data", "sent_again", minutes=str(config().sign_up.minutes_between))
    return draw_page(request, "my_data_sent.html.j2", words, again=again)


def _backups(words: Words, name: str) -> str:
    return words.say("my_data", name, time=in_words(words, config().retention.backups))


def _draw(
    request: HttpRequest, template: str, words: Words, *, said: Said | None, status: HTTPStatus, **values: Any
) -> HttpResponse:
    notice = words.say("my_data", said.name) if said else ""
    kind = said.kind if said else ""
    return draw_page(request, template, words, status=status, notice=notice, notice_kind=kind, **values)

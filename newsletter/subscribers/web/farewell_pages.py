"""The pages of a goodbye: that it was said, how to take it back, why if one likes, and the quiet ones for a family."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from newsletter.subscribers.farewells import Farewell
from newsletter.subscribers.installation import config
from newsletter.subscribers.web.page_design import Words
from newsletter.subscribers.web.pages import draw_page, words_for


def unsubscribe(
    request: HttpRequest, language: str, *, token: str, retired: bool, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """Show the one button that says goodbye. A link of a ``retired`` key leads to nothing else."""
    return draw_page(
        request,
        "unsubscribe.html.j2",
        words_for(request, language),
        status=status,
        action=f"/unsubscribe/{token}",
        relative="" if retired else f"/relative/{token}",
    )


def goodbye(
    request: HttpRequest,
    language: str,
    farewell: Farewell,
    *,
    token: str,
    retired: bool = False,
    now: datetime,
    mark: str = "",
    notice: str = "",
    stored: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Say that somebody has left.

    ``stored`` is where they can ask for what is still stored about them; a link to unsubscribe leads nowhere of that kind.
    With ``mark`` it is the page that said goodbye, which can take it back for as long as that stands, and asks why. ``notice``
    names a sentence of the words' [goodbye] about what was pressed here.
    """
    words = words_for(request, language)
    if farewell.died:
        return mourning(request, language, farewell)
    until = farewell.undone_until()
    return draw_page(
        request,
        "goodbye.html.j2",
        words,
        status=status,
        action=f"/unsubscribe/{token}",
        relative="" if retired else f"/relative/{token}",
        fresh=bool(mark),
        mail_follows=bool(mark) and farewell.mail_waits,
        mark=mark if now < until else "",
        until=words.say("goodbye", "undo_note", time=_time(words, until)),
        keep_mark=mark,
        stored=stored,
        reasons=words.sections["reasons"] if mark and not farewell.said_why else {},
        notice=words.say("goodbye", notice) if notice else "",
    )


def came_back(request: HttpRequest, language: str) -> HttpResponse:
    """Say that the goodbye was taken back."""
    return draw_page(request, "back.html.j2", words_for(request, language))


def relative(request: HttpRequest, language: str, *, token: str, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """Show the one button by which a family tells us that a reader has died."""
    words = words_for(request, language)
    return draw_page(request, "relative.html.j2", words, status=status, action=f"/relative/{token}")


def mourning(request: HttpRequest, language: str, farewell: Farewell) -> HttpResponse:
    """Say to a family that nothing is ever sent again, and until when a mistake can be put right."""
    words = words_for(request, language)
    day = farewell.died_undone_until
    mistake = (
        words.say("relative", "mistake_until", day=words.day(_local(day).date())) if day else words.say("relative", "mistake")
    )
    return draw_page(request, "mourning.html.j2", words, mistake=mistake)


def _time(words: Words, moment: datetime) -> str:
    local = _local(moment)
    half = words.sections["date"]["halves"][local.hour // 12]
    hour = (local.hour + 11) % 12 + 1
    return words.say("date", "time", hour=str(hour), minute=f"{local.minute:02}", half=half, zone=local.tzname() or "")


def _local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(config().cadence.timezone))

"""From a public form to what its page prints.

A form that has to be looked at once more is answered with status 200: nothing is wrong with the request, some gateways put a page
of their own in the place of an error, and what strangers type is nothing for a log.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from newsletter.subscribers.installation import choices, page_design
from newsletter.subscribers.signing_up import Outcome
from newsletter.subscribers.web.form_stamps import make_stamp
from newsletter.subscribers.web.page_design import Words
from newsletter.subscribers.web.pages import draw_page, words_for
from newsletter.subscribers.web.sign_up_form import TRAP, TypedForm


def words_of(request: HttpRequest) -> Words:
    """Give the words in the language of ``?lang=``, else in the browser's."""
    return words_for(request, request.GET.get("lang"))


def sign_up(
    request: HttpRequest, words: Words, *, now: datetime, typed: TypedForm | None = None, outcome: Outcome | None = None
) -> HttpResponse:
    """Show the form: empty, or as it was sent with what has to be done about it."""
    wording = choices().current_wording
    typed = typed or TypedForm(language=words.language)
    names = {language: other.sections["date"]["language"] for language, other in page_design().words.items()}
    values = _form_values(words, "sign_up", typed, outcome) | {
        "stamp": make_stamp(wording, now=now, again=outcome is not None),
        "consent_text": choices().wordings[wording][words.language],
        "languages": [{"key": key, "name": names[key], "chosen": key == typed.language} for key in choices().languages],
        "other_languages": _other_languages(words, "/subscribe"),
    }
    answer = draw_page(request, "subscribe.html.j2", words, **values)
    answer.headers["X-Robots-Tag"] = "all"
    return answer


def sign_up_taken(request: HttpRequest, words: Words, typed: TypedForm) -> HttpResponse:
    """Say that a mail is on its way: the same for every address."""
    return draw_page(request, "subscribe_sent.html.j2", words, address=typed.address)


def sign_up_closed(request: HttpRequest, words: Words) -> HttpResponse:
    """Say that nobody can sign up at the moment."""
    return draw_page(request, "subscribe_closed.html.j2", words, other_languages=_other_languages(words, "/subscribe"))


def lost_link(
    request: HttpRequest, words: Words, *, now: datetime, typed: TypedForm | None = None, outcome: Outcome | None = None
) -> HttpResponse:
    """Show the form for a lost link: empty, or as it was sent with what has to be done about it."""
    values = _form_values(words, "lost_link", typed or TypedForm(), outcome) | {
        "stamp": make_stamp("", now=now, again=outcome is not None),
        "other_languages": _other_languages(words, "/lost-link"),
    }
    return draw_page(request, "lost_link.html.j2", words, **values)


def lost_link_taken(request: HttpRequest, words: Words, typed: TypedForm) -> HttpResponse:
    """Say that a mail is on its way if there is a link to mail: the same for every address."""
    return draw_page(request, "lost_link_sent.html.j2", words, address=typed.address)


def _form_values(words: Words, section: str, typed: TypedForm, outcome: Outcome | None) -> dict[str, Any]:
    return {
        "typed": typed,
        "problems": {name: words.say(section, problem) for name, problem in typed.problems.items()},
        "once_more": words.say("sign_up", "once_more") if outcome is Outcome.AGAIN else "",
        "trap": TRAP,
    }


def _other_languages(words: Words, path: str) -> list[dict[str, str]]:
    return [
        {"key": key, "name": other.sections["date"]["language"], "url": f"{path}?lang={key}"}
        for key, other in page_design().words.items()
        if key != words.language
    ]

"""From what a view knows to what a template prints: every value leaves here ready to be read, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from newsletter.subscribers.addresses import mask, mask_name
from newsletter.subscribers.choices import Choices
from newsletter.subscribers.installation import choices, config, page_design
from newsletter.subscribers.mailed_links import LIVES
from newsletter.subscribers.models import LinkPurpose
from newsletter.subscribers.readers import Reader
from newsletter.subscribers.upcoming import first_issue
from newsletter.subscribers.web.page_design import Words
from newsletter.subscribers.web.pressing import AGAIN, ReadForm
from newsletter.subscribers.web.wishes import LONGEST_PAUSE_IN_MONTHS, PAUSES_IN_MONTHS, Problem, months_after


class Notice(StrEnum):
    """What kind of sentence stands at the top of a page."""

    DONE = "done"
    """What was asked for is done."""
    PROBLEM = "problem"
    """It could not be done; nothing has changed."""


@dataclass(frozen=True, slots=True)
class Said:
    """The sentence at the top of a page: its kind, and its name in the words' [notices]."""

    kind: Notice
    name: str


def manage(
    request: HttpRequest, reader: Reader, *, today: date, issue_days: Sequence[date], relative: str, said: Said | None = None
) -> HttpResponse:
    """Show a reader's own page.

    ``issue_days`` are the days on which the next issues go out, as far as they are known; ``relative`` is the address of the
    page for a family.
    """
    words = words_for(request, reader.language)
    paused_until = reader.snoozed_until if reader.snoozed_until and reader.snoozed_until > today else None
    first, last = today + timedelta(days=1), months_after(today, LONGEST_PAUSE_IN_MONTHS)
    values = {
        "belongs_to": _belongs_to(words, reader),
        "topics": _topics(words, choices(), reader),
        "languages": _languages(choices(), reader),
        "paused": _paused(words, paused_until, issue_days) if paused_until else "",
        "next_issue": _next_issue(words, first_issue(issue_days, paused_until=paused_until)),
        "pauses": [
            {
                "months": months,
                "label": words.say("manage", "months", number=str(months)),
                "until": words.say("manage", "until", day=words.day(months_after(today, months))),
            }
            for months in PAUSES_IN_MONTHS
        ],
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "relative": relative,
        "notice": _notice(words, said, reader, paused_until=paused_until, last=last),
        "notice_kind": said.kind if said else "",
        "day_problem": said is not None and said.name == Problem.DAY.value,
    }
    status = HTTPStatus.BAD_REQUEST if said and said.kind is Notice.PROBLEM else HTTPStatus.OK
    return draw_page(request, "manage.html.j2", words, status=status, **values)


def one_click_done(request: HttpRequest, language: str) -> HttpResponse:
    """Answer a mail program: one short sentence as plain text."""
    words = words_for(request, language)
    answer = HttpResponse(words.say("goodbye", "one_click") + "\n", content_type="text/plain; charset=utf-8")
    answer.headers["Content-Language"] = words.language
    return answer


def press_once_more(request: HttpRequest, form: ReadForm, language: str | None = None) -> HttpResponse:
    """Ask for a second press, with the same fields: answer so wherever ``form.pressed`` is False.

    The status is 200: nothing is wrong with the request, and some gateways put a page of their own in the place of an error.
    """
    name, value = AGAIN
    fields = [(field, text) for field, texts in form.fields.lists() for text in texts]
    button = {"name": name, "value": value}
    return draw_page(request, "again.html.j2", words_for(request, language), fields=fields, button=button)


def unknown_link(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Show the one kind page for every link that leads nowhere, whatever is wrong with it (also Django's handler404)."""
    return draw_page(request, "unknown.html.j2", words_for(request, None), status=HTTPStatus.NOT_FOUND)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Show the page for a request that makes no sense (Django's handler400)."""
    return draw_page(request, "trouble.html.j2", words_for(request, None), status=HTTPStatus.BAD_REQUEST)


def server_error(request: HttpRequest) -> HttpResponse:
    """Show the page for a fault of ours (Django's handler500)."""
    return draw_page(request, "trouble.html.j2", words_for(request, None), status=HTTPStatus.INTERNAL_SERVER_ERROR)


def words_for(request: HttpRequest, stored: str | None) -> Words:
    """Give the words in the language that a reader chose, else in that of their browser."""
    return page_design().words_for(stored, request.headers.get("Accept-Language", ""))


def draw_page(
    request: HttpRequest, template: str, words: Words, *, status: HTTPStatus = HTTPStatus.OK, **values: Any
) -> HttpResponse:
    """Draw a template of templates/pages with ``values`` and what every page has."""
    letter = config().newsletter
    common = {
        "language": words.language,
        "words": words.sections,
        "theme": page_design().theme,
        "letter": letter,
        "nonce": str(getattr(request, "csp_nonce", "")),  # set by django-csp
    }
    return render(request, template, common | values, status=status, content_type="text/html; charset=utf-8")


def _belongs_to(words: Words, reader: Reader) -> str:
    address, name = mask(reader.contact.address), mask_name(reader.contact.first_name)
    return words.say("manage", "belongs_to_name" if name else "belongs_to", address=address, name=name)


def _topics(words: Words, offered: Choices, reader: Reader) -> list[dict[str, Any]]:
    return [
        {
            "key": topic.key,
            "label": topic.label[words.language],
            "description": topic.description[words.language],
            "chosen": topic.key in reader.topics,
        }
        for topic in offered.topics
    ]


def _languages(offered: Choices, reader: Reader) -> list[dict[str, Any]]:
    names = {language: words.sections["date"]["language"] for language, words in page_design().words.items()}
    return [{"key": key, "name": names[key], "chosen": key == reader.language} for key in offered.languages]


def _paused(words: Words, until: date, issue_days: Sequence[date]) -> list[str]:
    """Say until when, that it ends by itself, and which issue comes first then, where that is known."""
    said = [words.say("manage", "paused_until", day=words.day(until)), words.say("manage", "ends_by_itself")]
    first = first_issue(issue_days, paused_until=until)
    return [*said, words.say("manage", "first_issue_then", day=words.day(first))] if first else said


def _next_issue(words: Words, day: date | None) -> dict[str, str] | None:
    if day is None:
        return None
    return {"value": day.isoformat(), "which": words.say("manage", "pass_over_which", day=words.day(day))}


def _notice(words: Words, said: Said | None, reader: Reader, *, paused_until: date | None, last: date) -> str:
    if said is None:
        return ""
    day = words.day(paused_until) if paused_until else ""
    minutes = str(LIVES[LinkPurpose.FRESH] // timedelta(minutes=1))
    values = {"day": day, "last": words.day(last), "address": mask(reader.contact.address), "minutes": minutes}
    return words.say("notices", said.name, **values)

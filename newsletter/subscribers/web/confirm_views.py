"""/confirm/<token>: where the link of a mail leads that asks whether somebody wants the newsletter.

Mail scanners open every link, and some run scripts and post what they find: only the press of the button says yes.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from newsletter.subscribers.addresses import mask
from newsletter.subscribers.confirming import (
    Confirmation,
    Confirmed,
    ConfirmKind,
    Standing,
    confirm,
    find_confirmation,
    wording_of,
)
from newsletter.subscribers.mailed_links import new_page
from newsletter.subscribers.web.pages import draw_page, press_once_more, unknown_link, words_for
from newsletter.subscribers.web.pressing import read_form

BUTTON: Final = "confirm"


@method_decorator(csrf_exempt, name="dispatch")
class ConfirmPage(View):
    """What is asked, and one button."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the question, or where the link stands."""
        confirmation = find_confirmation(token, now=timezone.now())
        return unknown_link(request) if confirmation is None else _show(request, confirmation)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Subscribe whoever pressed the button."""
        now = timezone.now()
        confirmation = find_confirmation(token, now=now)
        if confirmation is None:
            return unknown_link(request)
        form = read_form(request)
        sent = None if form is None else form.exactly(BUTTON, "page")
        if form is None or sent is None or sent[BUTTON] != "yes":
            return _show(request, confirmation, status=HTTPStatus.BAD_REQUEST)
        if confirmation.standing is Standing.OPEN and not form.pressed:
            return press_once_more(request, form, confirmation.link.language)
        return _say(request, confirmation, confirm(confirmation, sent["page"], now=now))


def _show(request: HttpRequest, confirmation: Confirmation, *, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    language = confirmation.link.language
    words = words_for(request, language)
    if confirmation.asked is None:
        over = confirmation.standing is Standing.OVER
        return _say(request, confirmation, Confirmed(ConfirmKind.OVER if over else ConfirmKind.ALREADY))
    values = {
        "for_address": words.say("confirm", "for_address", address=mask(confirmation.asked.contact.address)),
        "consent_text": wording_of(confirmation.asked, words.language),
        "page": new_page(),
        "button": BUTTON,
    }
    return draw_page(request, "confirm.html.j2", words, status=status, **values)


def _say(request: HttpRequest, confirmation: Confirmation, confirmed: Confirmed) -> HttpResponse:
    words = words_for(request, confirmation.link.language)
    status = HTTPStatus.GONE if confirmed.kind is ConfirmKind.OVER else HTTPStatus.OK
    values = {"kind": confirmed.kind.value, "manage_url": confirmed.manage_url}
    return draw_page(request, "confirmed.html.j2", words, status=status, **values)

"""/subscribe and /lost-link: forms that anybody may send, answered the same for every address (docs/adr/0019).

There is no cookie and no session, so there is nothing that a forged request could borrow: whoever can send the form can send it
from anywhere, and it does no more than write a row that leads to one mail.
"""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from newsletter.subscribers.installation import choices, config
from newsletter.subscribers.signing_up import Outcome, take_lost_link, take_sign_up
from newsletter.subscribers.web import sign_up_pages as pages
from newsletter.subscribers.web.networks import network_hash
from newsletter.subscribers.web.pressing import read_form
from newsletter.subscribers.web.sign_up_form import read_lost_link, read_sign_up


@method_decorator(csrf_exempt, name="dispatch")
class SubscribePage(View):
    """/subscribe: the form for new readers."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        words = pages.words_of(request)
        if not config().sign_up.open:
            return pages.sign_up_closed(request, words)
        return pages.sign_up(request, words, now=timezone.now())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Write down what was asked for; else show the form again, with everything that was typed."""
        words, now = pages.words_of(request), timezone.now()
        if not config().sign_up.open:
            return pages.sign_up_closed(request, words)
        form = read_form(request)
        if form is None:
            return _bad(pages.sign_up(request, words, now=now))
        typed = read_sign_up(form.fields, languages=choices().languages, page_language=words.language)
        outcome = take_sign_up(typed, pressed=form.pressed, network=network_hash(request), now=now)
        if outcome is Outcome.TAKEN:
            return pages.sign_up_taken(request, words, typed)
        return pages.sign_up(request, words, now=now, typed=typed, outcome=outcome)


@method_decorator(csrf_exempt, name="dispatch")
class LostLinkPage(View):
    """/lost-link: the form for readers who cannot find the link to their own page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return pages.lost_link(request, pages.words_of(request), now=timezone.now())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Write down who wants their link; else show the form again."""
        words, now = pages.words_of(request), timezone.now()
        form = read_form(request)
        if form is None:
            return _bad(pages.lost_link(request, words, now=now))
        typed, network = read_lost_link(form.fields), network_hash(request)
        outcome = take_lost_link(typed, pressed=form.pressed, network=network, language=words.language, now=now)
        if outcome is Outcome.TAKEN:
            return pages.lost_link_taken(request, words, typed)
        return pages.lost_link(request, words, now=now, typed=typed, outcome=outcome)


def _bad(answer: HttpResponse) -> HttpResponse:
    answer.status_code = HTTPStatus.BAD_REQUEST
    return answer

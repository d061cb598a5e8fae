"""A reviewer's page: everything that readers will see, and two buttons.

A GET or HEAD changes nothing. An answer is a POST from a button of the page. The token in the path is the capability: there is no
cookie and no session, so that the CSRF check (which needs a cookie) is off on purpose, and the origin is looked at instead.
"""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing import review_page
from newsletter.publishing.answering import approve_by_link, ask_for_changes_by_link, find_request, why_closed
from newsletter.publishing.candidates import frozen_editions
from newsletter.publishing.models import ReviewRequest
from newsletter.publishing.noted_sections import NotedSection, heading_with_language, noted_sections
from newsletter.publishing.objecting import Note
from newsletter.publishing.review_answer import (
    FormProblem,
    ReviewButton,
    TypedAnswer,
    comes_from_our_page,
    read_answer,
    read_form,
)
from newsletter.publishing.review_frames import frame_policy, framed_mail, framed_page, invented_reader
from newsletter.publishing.review_mails import language_names
from newsletter.rendering.edition import Edition
from newsletter.rendering.schemes import ColourScheme
from newsletter.subscribers.installation import config


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(csp_update({"frame-src": [SELF]}), name="dispatch")
class ReviewPage(View):
    """/review/<token>."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the page, or kindly why it is closed."""
        review = find_request(token)
        if review is None:
            return review_page.unknown(request)
        why = why_closed(review, config=config(), now=timezone.now())
        return review_page.show(request, review) if why is None else review_page.closed(request, review, why)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Record the answer, and lead back to the page, which then says so."""
        review = find_request(token)
        if review is None:
            return review_page.unknown(request)
        if not comes_from_our_page(request, config().web.base_url):
            return review_page.from_elsewhere(request)
        why = why_closed(review, config=config(), now=timezone.now())
        if why is not None:
            return review_page.closed(request, review, why)
        sections = noted_sections(frozen_editions(review.candidate_id))
        form = read_form(request)
        if form is None:
            return review_page.show(request, review, TypedAnswer(ReviewButton.APPROVE, FormProblem.OTHER))
        typed = read_answer(form, digest=review.candidate.digest, sections=sections)
        if typed.problem is None:
            typed = _record(review, typed, sections)
        if typed.problem is not None:
            return review_page.show(request, review, typed)
        return HttpResponseRedirect(request.path, status=303)


def _record(review: ReviewRequest, typed: TypedAnswer, sections: tuple[NotedSection, ...]) -> TypedAnswer:
    """Record an answer. A link that was closed meanwhile records nothing: its page says why."""
    now = timezone.now()
    try:
        if typed.answer is ReviewButton.APPROVE:
            approve_by_link(review.pk, config=config(), now=now)
        else:
            ask_for_changes_by_link(review.pk, _notes(typed, sections), config=config(), now=now)
    except NotAllowedError:
        return TypedAnswer(typed.answer, FormProblem.TAKEN, typed.whole, typed.tied)
    except UsageError:
        return TypedAnswer(typed.answer, FormProblem.NOTE, typed.whole, typed.tied)
    return typed


def _notes(typed: TypedAnswer, sections: tuple[NotedSection, ...]) -> list[Note]:
    by_key, names = {section.key: section for section in sections}, language_names()
    tied = [Note(note.text, note.section, heading_with_language(by_key[note.section], names)) for note in typed.tied if note.text]
    return [*tied, *([Note(typed.whole)] if typed.whole else [])]


@require_safe
def review_mail(request: HttpRequest, token: str, language: str, number: int, scheme: str) -> HttpResponse:
    """Give a frame with the mail of one variant: the frozen HTML, for an invented reader."""
    edition = _edition(token, language)
    if edition is None or number >= len(edition.variants) or scheme not in set(ColourScheme):
        return review_page.unknown(request)
    html = edition.variants[number].html
    return _frame(framed_mail(html, ColourScheme(scheme), invented_reader(config().web.base_url)))


@require_safe
def review_web(request: HttpRequest, token: str, language: str) -> HttpResponse:
    """Give a frame with the web page."""
    edition = _edition(token, language)
    return review_page.unknown(request) if edition is None else _frame(framed_page(edition.web))


def _edition(token: str, language: str) -> Edition | None:
    """Give an edition that an open link shows."""
    review = find_request(token)
    if review is None or why_closed(review, config=config(), now=timezone.now()) is not None:
        return None
    return next((edition for edition in frozen_editions(review.candidate_id) if edition.language == language), None)


def _frame(page: str) -> HttpResponse:
    response = HttpResponse(page.encode(), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = frame_policy(config().web.base_url)
    return response

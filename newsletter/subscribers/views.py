"""Readers' pages: the page behind "manage", goodbye by button, and goodbye by RFC 8058's one-click.

A GET, HEAD or OPTIONS changes nothing: mail scanners follow every link and run scripts. A change is a POST from a real button.
The token in the path is the capability; no cookie is set or read and there is no session, so there is nothing a forged
request could borrow, and the CSRF check (which needs a cookie) is off on purpose.
"""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from newsletter.errors import NotAllowedError
from newsletter.subscribers import pages
from newsletter.subscribers.installation import choices, config, link_signer
from newsletter.subscribers.links import Purpose
from newsletter.subscribers.models import EndReason
from newsletter.subscribers.one_click import is_one_click
from newsletter.subscribers.pages import Notice, Said
from newsletter.subscribers.pressing import read_form
from newsletter.subscribers.readers import Leaver, Reader, find_leaver, find_reader
from newsletter.subscribers.subscribing import change_choices, end_subscription, snooze, unsnooze
from newsletter.subscribers.wishes import ChooseWish, GoodbyeWish, PauseWish, Problem, ResumeWish, Wish, read_wish


@method_decorator(csrf_exempt, name="dispatch")
class ManagePage(View):
    """/m/<token>: what a reader chose, and every button to change it."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the page."""
        reader = _reader(token)
        return pages.unknown_link(request) if reader is None else pages.manage(request, reader, today=_today())

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Do what the button says, and show the page with a sentence about it."""
        reader = _reader(token)
        if reader is None:
            return pages.unknown_link(request)
        if reader.ended:
            return pages.goodbye(request, reader.language, already=True)
        form = read_form(request)
        if form is not None and not form.pressed:
            return pages.press_once_more(request, form, reader.language)
        wish = Problem.UNREADABLE if form is None else read_wish(form.fields, choices=choices(), today=_today())
        try:
            said = Said(Notice.PROBLEM, wish.value) if isinstance(wish, Problem) else _grant(wish, reader)
        except NotAllowedError:  # another device said goodbye at this very moment
            return pages.goodbye(request, reader.language, already=True)
        if said is None:
            return pages.goodbye(request, reader.language, already=False)
        after = _reader(token)
        assert after is not None
        return pages.manage(request, after, today=_today(), said=said)


@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribePage(View):
    """/u/<token>, the address in List-Unsubscribe: a page with one button; a POST is RFC 8058's one-click."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the button; to somebody who has left, that they have."""
        leaver = _leaver(token)
        if leaver is None:
            return pages.unknown_link(request)
        if leaver.ended:
            return pages.goodbye(request, leaver.language, already=True)
        return pages.unsubscribe(request, leaver.language, token=token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Unsubscribe at once if the body is exactly the one field of RFC 8058; no redirect, no cookie."""
        leaver = _leaver(token)
        if leaver is None:
            return pages.unknown_link(request)
        if not is_one_click(request):
            return pages.unsubscribe(request, leaver.language, token=token, status=HTTPStatus.BAD_REQUEST)
        _say_goodbye(leaver.subscription_id)
        return pages.one_click_done(request, leaver.language)


@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribeButton(View):
    """/unsubscribe/<token>: where the button of the unsubscribe page leads. Looked at without pressing, it shows the button."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the button, for a browser that opens an old tab again."""
        return UnsubscribePage().get(request, token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Unsubscribe, if the button was pressed."""
        leaver = _leaver(token)
        if leaver is None:
            return pages.unknown_link(request)
        form = read_form(request)
        if form is None or dict(form.fields.lists()) != {"goodbye": ["yes"]}:
            return pages.unsubscribe(request, leaver.language, token=token, status=HTTPStatus.BAD_REQUEST)
        if not form.pressed:
            return pages.press_once_more(request, form, leaver.language)
        was_open = _say_goodbye(leaver.subscription_id)
        return pages.goodbye(request, leaver.language, already=not was_open)


def _today() -> date:
    """Give the newsletter's own day: the one that its calendar goes by."""
    return timezone.now().astimezone(ZoneInfo(config().cadence.timezone)).date()


def _reader(token: str) -> Reader | None:
    public_id = link_signer().read(token, Purpose.MANAGE)
    return None if public_id is None else find_reader(public_id)


def _leaver(token: str) -> Leaver | None:
    public_id = link_signer().read(token, Purpose.UNSUBSCRIBE)
    return None if public_id is None else find_leaver(public_id)


def _grant(wish: Wish, reader: Reader) -> Said | None:
    """Do what was asked; gives what to say about it, None for a goodbye."""
    match wish:
        case ChooseWish(topics, language):
            change = change_choices(reader.subscription_id, topics=topics, language=language)
            return Said(Notice.DONE, "saved" if change.topics or change.language else "as_before")
        case PauseWish(until):
            snooze(reader.subscription_id, until=until, today=_today())
            return Said(Notice.DONE, "paused")
        case ResumeWish():
            unsnooze(reader.subscription_id)
            return Said(Notice.DONE, "resumed")
        case GoodbyeWish():
            _say_goodbye(reader.subscription_id)
            return None


def _say_goodbye(subscription_id: int) -> bool:
    return end_subscription(subscription_id, reason=EndReason.UNSUBSCRIBED, now=timezone.now())

"""A reader's own page: what they chose, and every button to change it.

A GET, HEAD or OPTIONS changes nothing: mail scanners follow every link and run scripts. A change is a POST from a pressed button.
The token in the path is the capability; no cookie is set or read and there is no session, so there is nothing a forged
request could borrow, and the CSRF check (which needs a cookie) is off on purpose.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from newsletter.errors import NotAllowedError
from newsletter.subscribers.fresh_links import mail_fresh_link
from newsletter.subscribers.installation import choices, config, link_signer
from newsletter.subscribers.links import Purpose
from newsletter.subscribers.readers import Reader, find_leaver, find_reader
from newsletter.subscribers.subscribing import change_choices, snooze, unsnooze
from newsletter.subscribers.upcoming import next_issue_days
from newsletter.subscribers.web import own_pages, pages
from newsletter.subscribers.web.leaving_views import leave_by_button, show_farewell
from newsletter.subscribers.web.pages import Notice, Said
from newsletter.subscribers.web.pressing import ReadForm, read_form
from newsletter.subscribers.web.wishes import (
    ChooseWish,
    GoodbyeWish,
    PauseWish,
    Problem,
    ResumeWish,
    StoredWish,
    Wish,
    read_wish,
)


@method_decorator(csrf_exempt, name="dispatch")
class ManagePage(View):
    """/m/<token>: what a reader chose, and every button to change it."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the page."""
        public_id = link_signer().read(token, Purpose.MANAGE)
        return pages.unknown_link(request) if public_id is None else _show(request, public_id)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Do what the button says, and show the page with a sentence about it."""
        public_id = link_signer().read(token, Purpose.MANAGE)
        reader = None if public_id is None else find_reader(public_id)
        if public_id is None or reader is None:
            return pages.unknown_link(request)
        form = read_form(request)
        if form is not None and not form.pressed:
            return pages.press_once_more(request, form, reader.language)
        wish = _read_wish(form, reader)
        if isinstance(wish, GoodbyeWish):  # also the second one of a double press
            return _say_goodbye(request, public_id)
        if reader.ended:
            return _of_the_past(request, public_id, reader, wish)
        return _show(request, public_id, said=_answer(wish, reader))


def _answer(wish: ChooseWish | PauseWish | ResumeWish | StoredWish | Problem, reader: Reader) -> Said | None:
    """Do what was asked, where it can be done; gives what to say about it."""
    if isinstance(wish, Problem):
        return Said(Notice.PROBLEM, wish.value)
    try:
        return _grant(wish, reader)
    except NotAllowedError:  # another device said goodbye at this very moment
        return None


def _of_the_past(request: HttpRequest, public_id: bytes, reader: Reader, wish: Wish | Problem) -> HttpResponse:
    """Answer somebody who has left: what is still stored about them is all that can be asked for."""
    if not isinstance(wish, StoredWish):
        return _show(request, public_id)
    mail_fresh_link(reader.subscription_id, now=timezone.now())
    return own_pages.look_in_your_mail(request, reader.language)


def _show(request: HttpRequest, public_id: bytes, *, said: Said | None = None) -> HttpResponse:
    """Show the page as things stand now; of somebody who has left, the goodbye."""
    reader = find_reader(public_id)
    if reader is None:
        return pages.unknown_link(request)
    leave_token = link_signer().token(public_id, Purpose.UNSUBSCRIBE)
    if reader.ended and (leaver := find_leaver(public_id)):
        return show_farewell(request, leave_token, leaver, stored=f"/m/{link_signer().token(public_id, Purpose.MANAGE)}")
    now = timezone.now()
    return pages.manage(
        request, reader, today=_today(), issue_days=next_issue_days(now), relative=f"/relative/{leave_token}", said=said
    )


def _say_goodbye(request: HttpRequest, public_id: bytes) -> HttpResponse:
    leaver = find_leaver(public_id)
    if leaver is None:
        return pages.unknown_link(request)
    return leave_by_button(request, link_signer().token(public_id, Purpose.UNSUBSCRIBE), leaver, now=timezone.now())


def _read_wish(form: ReadForm | None, reader: Reader) -> Wish | Problem:
    if form is None:
        return Problem.UNREADABLE
    days = next_issue_days(timezone.now())
    return read_wish(form.fields, choices=choices(), today=_today(), issue_days=days, paused_until=reader.snoozed_until)


def _grant(wish: ChooseWish | PauseWish | ResumeWish | StoredWish, reader: Reader) -> Said:
    """Do what was asked; gives what to say about it."""
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
        case StoredWish():
            # Whether one was mailed a moment ago is not said: the page may be in anybody's hands.
            mail_fresh_link(reader.subscription_id, now=timezone.now())
            return Said(Notice.DONE, "link_mailed")


def _today() -> date:
    """Give the newsletter's own day: the one that its calendar goes by."""
    return timezone.now().astimezone(ZoneInfo(config().cadence.timezone)).date()

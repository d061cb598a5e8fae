"""Leaving: goodbye by RFC 8058's one-click, by the button of a page, and for somebody who has died.

One-click is the only change that asks for no button: a mail program posts it for its reader. A link of a retired key says
goodbye and takes that back, and does nothing else.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from newsletter.subscribers.erasing import say_died
from newsletter.subscribers.farewells import Returned, bring_back, find_farewell, give_reason, say_goodbye, undo_mark
from newsletter.subscribers.installation import config, link_signer, page_design
from newsletter.subscribers.links import Purpose
from newsletter.subscribers.readers import Leaver, find_leaver
from newsletter.subscribers.web import farewell_pages, pages
from newsletter.subscribers.web.one_click import is_one_click
from newsletter.subscribers.web.pressing import read_form


@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribePage(View):
    """/u/<token>, the address in List-Unsubscribe: a page with one button; a POST is RFC 8058's one-click."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the button; to somebody who has left, that they have."""
        leaver = _leaver(token)
        return pages.unknown_link(request) if leaver is None else show_farewell(request, token, leaver)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Unsubscribe at once if the body is exactly the one field of RFC 8058; no redirect, no cookie."""
        leaver = _leaver(token)
        if leaver is None:
            return pages.unknown_link(request)
        if not is_one_click(request):
            return show_farewell(request, token, leaver, status=HTTPStatus.BAD_REQUEST)
        say_goodbye(leaver.subscription_id, lookup=leaver.lookup, now=timezone.now(), mailed=False)
        return pages.one_click_done(request, leaver.language)


@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribeButton(View):
    """/unsubscribe/<token>: where the buttons of the unsubscribe page and of the goodbye lead."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the button, for a browser that opens an old tab again."""
        return UnsubscribePage().get(request, token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Say goodbye, take it back, or count why, as the pressed button says."""
        public_id, leaver = _public_id(token), _leaver(token)
        if public_id is None or leaver is None:
            return pages.unknown_link(request)
        form = read_form(request)
        if form is not None and not form.pressed:
            return pages.press_once_more(request, form, leaver.language)
        now = timezone.now()
        match dict(form.fields.lists()) if form else {}:
            case {"goodbye": ["yes"], **others} if not others:
                return leave_by_button(request, token, leaver, now=now)
            case {"back": [mark], **others} if not others:
                return _come_back(request, token, leaver, bring_back(mark, public_id=public_id, now=now))
            case {"why": ["yes"], "mark": [mark], **others} if others.keys() <= {"reason"}:
                return _count_reason(request, token, leaver, mark=mark, reasons=others.get("reason", []), now=now)
        return show_farewell(request, token, leaver, status=HTTPStatus.BAD_REQUEST)


@method_decorator(csrf_exempt, name="dispatch")
class RelativePage(View):
    """/relative/<token>: where somebody tells us that a reader has died. Nothing on a page takes that back; staff can."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the button; afterwards, the quiet words."""
        leaver = _leaver(token)
        if leaver is None or link_signer().is_retired(token):
            return pages.unknown_link(request)
        return self._show(request, token, leaver)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """End and suppress at once, also for somebody who had left before; a second press changes nothing."""
        leaver = _leaver(token)
        if leaver is None or link_signer().is_retired(token):
            return pages.unknown_link(request)
        form = read_form(request)
        if form is None or dict(form.fields.lists()) != {"died": ["yes"]}:
            return self._show(request, token, leaver, status=HTTPStatus.BAD_REQUEST)
        if not form.pressed:
            return pages.press_once_more(request, form, leaver.language)
        say_died(leaver.subscription_id, now=timezone.now())
        return self._show(request, token, leaver)

    def _show(self, request: HttpRequest, token: str, leaver: Leaver, *, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
        farewell = find_farewell(leaver.subscription_id)
        if farewell is not None and farewell.died:
            return farewell_pages.mourning(request, leaver.language, farewell)
        return farewell_pages.relative(request, leaver.language, token=token, status=status)


def leave_by_button(request: HttpRequest, token: str, leaver: Leaver, *, now: datetime) -> HttpResponse:
    """End a subscription and show the goodbye, which can be taken back. ``token`` is one to unsubscribe with."""
    say_goodbye(leaver.subscription_id, lookup=leaver.lookup, now=now, mailed=True)
    return show_farewell(request, token, leaver, may_undo=True)


def show_farewell(
    request: HttpRequest,
    token: str,
    leaver: Leaver,
    *,
    mark: str = "",
    may_undo: bool = False,
    notice: str = "",
    stored: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Show the goodbye of somebody who has left; to somebody who has not (any more), the button."""
    now, retired = timezone.now(), link_signer().is_retired(token)
    farewell = find_farewell(leaver.subscription_id)
    if farewell is None:
        return farewell_pages.unsubscribe(request, leaver.language, token=token, retired=retired, status=status)
    if may_undo and farewell.just_said(now):
        mark = undo_mark(farewell)
    return farewell_pages.goodbye(
        request,
        leaver.language,
        farewell,
        token=token,
        retired=retired,
        now=now,
        mark=mark,
        notice=notice,
        stored=stored,
        status=status,
    )


def _come_back(request: HttpRequest, token: str, leaver: Leaver, returned: Returned) -> HttpResponse:
    if returned in {Returned.DONE, Returned.ALREADY}:
        return farewell_pages.came_back(request, leaver.language)
    return show_farewell(request, token, leaver, notice=returned.value, status=HTTPStatus.BAD_REQUEST)


def _count_reason(
    request: HttpRequest, token: str, leaver: Leaver, *, mark: str, reasons: list[str], now: datetime
) -> HttpResponse:
    farewell = find_farewell(leaver.subscription_id)
    if farewell is None or not constant_time_compare(mark, undo_mark(farewell)):
        return show_farewell(request, token, leaver, status=HTTPStatus.BAD_REQUEST)
    known = page_design().words_for(leaver.language, "").sections["reasons"]
    if len(reasons) == 1 and reasons[0] in known:
        today = now.astimezone(ZoneInfo(config().cadence.timezone)).date()
        give_reason(farewell, reasons[0], today=today)
        return show_farewell(request, token, leaver, mark=mark, notice="thanks_for_reason")
    return show_farewell(request, token, leaver, mark=mark, notice="choose_reason")


def _public_id(token: str) -> bytes | None:
    return link_signer().read(token, Purpose.UNSUBSCRIBE)


def _leaver(token: str) -> Leaver | None:
    public_id = _public_id(token)
    return None if public_id is None else find_leaver(public_id)

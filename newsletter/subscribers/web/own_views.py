"""/my-data/<token>: what a reader may do who has just read mail at their own address (docs/adr/0020).

Opening the link changes nothing and shows one button. The first press binds the link to that page: its random value is a hidden
field of every form that follows, and stands for the reader until the link ends. No cookie is set or read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from newsletter.errors import AddressError
from newsletter.subscribers.addresses import parse_address, parse_typed_name
from newsletter.subscribers.erasing import ask_erasure
from newsletter.subscribers.exporting_own import own_json, own_page
from newsletter.subscribers.fresh_links import mail_fresh_link
from newsletter.subscribers.mailed_links import FoundLink, bind_to_page, find_link, is_bound_to_page
from newsletter.subscribers.models import ErasureReason, LinkPurpose, Subscriber, Subscription
from newsletter.subscribers.moving import AskKind, ask_move, call_off
from newsletter.subscribers.own_data import OwnData, find_own_data
from newsletter.subscribers.renaming import change_first_name
from newsletter.subscribers.web import own_pages, pages
from newsletter.subscribers.web.own_pages import NOTHING_TYPED, Typed
from newsletter.subscribers.web.pages import Notice, Said
from newsletter.subscribers.web.pressing import ReadForm, read_form

UNREADABLE: Final = Said(Notice.PROBLEM, "unreadable")


class Visit:
    """One press on a page that a living link is bound to."""

    def __init__(self, request: HttpRequest, link: FoundLink, page: str, fields: QueryDict, now: datetime) -> None:
        assert link.subscriber_id is not None
        self.request, self.link, self.page, self.fields, self.now = request, link, page, fields, now
        self.subscriber_id = link.subscriber_id

    def answer(self) -> HttpResponse:
        """Do what the button says, and show what came of it."""
        data = find_own_data(self.subscriber_id)
        if data is None:
            return pages.unknown_link(self.request)
        if _is_being_erased(data):
            return own_pages.being_erased(self.request, data.language)
        act = _ACTS.get(self.fields.get("act", ""))
        return self.show(said=UNREADABLE) if act is None else act(self, data)

    def show(self, data: OwnData | None = None, *, said: Said | None = None, typed: Typed = NOTHING_TYPED) -> HttpResponse:
        """Show the page as it is now."""
        now_stored = find_own_data(self.subscriber_id) if data is None else data
        if now_stored is None:
            return pages.unknown_link(self.request)
        return own_pages.opened(self.request, self.link, now_stored, page=self.page, now=self.now, said=said, typed=typed)

    def rename(self, data: OwnData) -> HttpResponse:
        """Change the first name."""
        text = self.fields.get("first_name", "")
        try:
            name = parse_typed_name(text)
        except AddressError:
            return self.show(data, said=Said(Notice.PROBLEM, "name_problem"), typed=Typed("first_name", text))
        change_first_name(self.subscriber_id, name)
        return self.show(said=Said(Notice.DONE, "name_saved"))

    def ask_address(self, data: OwnData) -> HttpResponse:
        """Ask the new address; the answer is the same whatever that address is."""
        text = self.fields.get("address", "")
        try:
            address = parse_address(text)
        except AddressError:
            return self.show(data, said=Said(Notice.PROBLEM, "address_problem"), typed=Typed("address", text))
        kind = ask_move(self.subscriber_id, address, now=self.now)
        notice = Notice.DONE if kind is AskKind.ASKED else Notice.PROBLEM
        return self.show(said=Said(notice, f"address_{kind}"))

    def call_off(self, data: OwnData) -> HttpResponse:
        """Keep the address as it is."""
        del data
        was_waiting = call_off(self.subscriber_id, now=self.now)
        return self.show(said=Said(Notice.DONE, "address_called_off" if was_waiting else "address_nothing_waits"))

    def export_json(self, data: OwnData) -> HttpResponse:
        """Give everything as JSON."""
        return self._file(own_json(data, now=self.now), data, ending="json", media_type="application/json")

    def export_page(self, data: OwnData) -> HttpResponse:
        """Give everything as one page to read or print."""
        copy = own_page(data, pages.words_for(self.request, data.language), now=self.now)
        return self._file(copy.encode(), data, ending="html", media_type="text/html; charset=utf-8")

    def ask_erasing(self, data: OwnData) -> HttpResponse:
        """Ask once more."""
        return own_pages.sure(self.request, data, page=self.page)

    def erase(self, data: OwnData) -> HttpResponse:
        """Have everything erased."""
        ask_erasure(self.subscriber_id, reason=ErasureReason.ASKED, now=self.now)
        return own_pages.being_erased(self.request, data.language)

    def _file(self, content: bytes, data: OwnData, *, ending: str, media_type: str) -> HttpResponse:
        name = pages.words_for(self.request, data.language).say("my_data", "file_name")
        disposition = f'attachment; filename="{name}.{ending}"'
        return HttpResponse(content, content_type=media_type, headers={"Content-Disposition": disposition})


_ACTS: Final[dict[str, Callable[[Visit, OwnData], HttpResponse]]] = {
    "open": Visit.show,
    "name": Visit.rename,
    "address": Visit.ask_address,
    "call-off": Visit.call_off,
    "json": Visit.export_json,
    "page": Visit.export_page,
    "erase": Visit.ask_erasing,
    "erase-all": Visit.erase,
}
"""The buttons of the page, by their value."""

_TYPED: Final = {"name": ("first_name",), "address": ("address",)}
"""What stands beside a button to be typed in."""


@method_decorator(csrf_exempt, name="dispatch")
class MyDataPage(View):
    """/my-data/<token>."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the button that opens the page; of a link that is used or over, how to get a new one."""
        now = timezone.now()
        link = find_link(token, LinkPurpose.FRESH, now=now)
        if link is None or link.subscriber_id is None:
            return pages.unknown_link(request)
        if link.used or not _works(link):
            return own_pages.over(request, link)
        return own_pages.door(request, link, now=now)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Do what was pressed, if the press comes from the page that the link is good for."""
        now = timezone.now()
        link = find_link(token, LinkPurpose.FRESH, now=now)
        if link is None or link.subscriber_id is None:
            return pages.unknown_link(request)
        form = read_form(request)
        if form is None:
            return _show_unread(request, link, now=now)
        if not form.pressed:
            return pages.press_once_more(request, form, link.language)
        if form.exactly("act") == {"act": "new-link"}:
            _mail_new_link(link.subscriber_id, now=now)
            return own_pages.look_in_your_mail(request, link.language)
        return self._answer(request, link, form, now=now)

    def _answer(self, request: HttpRequest, link: FoundLink, form: ReadForm, *, now: datetime) -> HttpResponse:
        page, works = form.fields.get("page", ""), _works(link)
        if not _is_from_our_page(form):  # not the press that binds a link: whoever sent it shuts nobody out
            if works and is_bound_to_page(link, page):
                return Visit(request, link, page, form.fields, now).show(said=UNREADABLE)
            return _show_unread(request, link, now=now)
        if not works or not bind_to_page(link, page, now=now):
            return own_pages.over(request, link)
        return Visit(request, link, page, form.fields, now).answer()


def _is_from_our_page(form: ReadForm) -> bool:
    """Say whether a form is one of those that the page has, with nothing left out and nothing added."""
    act = form.fields.get("act", "")
    return act in _ACTS and form.exactly("act", "page", *_TYPED.get(act, ())) is not None


def _show_unread(request: HttpRequest, link: FoundLink, *, now: datetime) -> HttpResponse:
    if link.used or not _works(link):
        return own_pages.over(request, link)
    return own_pages.door(request, link, now=now, said=UNREADABLE)


def _works(link: FoundLink) -> bool:
    """Say whether a link is alive, and was mailed to the address that its reader still has."""
    theirs = Subscriber.objects.filter(mailed_links=link.link_id, lookup=link.lookup)
    return not link.expired and theirs.exists()


def _is_being_erased(data: OwnData) -> bool:
    """Say whether a reader is on the way out for good, and not only said to have died."""
    return data.erasure is not None and data.erasure.reason != ErasureReason.DIED


def _mail_new_link(subscriber_id: int, *, now: datetime) -> None:
    latest = Subscription.objects.filter(subscriber=subscriber_id).order_by("-pk").values_list("pk", flat=True).first()
    if latest is not None:
        mail_fresh_link(latest, now=now)

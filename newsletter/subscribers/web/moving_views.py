"""/address/<token>: the press of a button at the new address moves a reader there (docs/adr/0020)."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from newsletter.subscribers.installation import sealer
from newsletter.subscribers.mailed_links import FoundLink, find_link, is_bound_to_page
from newsletter.subscribers.models import LinkPurpose, Subscriber
from newsletter.subscribers.moving import MoveKind, move
from newsletter.subscribers.web import moving_pages, pages
from newsletter.subscribers.web.pressing import read_form


@method_decorator(csrf_exempt, name="dispatch")
class AddressPage(View):
    """The page behind the link that is mailed to a new address."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the one button; of a link that is over, how to ask again."""
        now = timezone.now()
        link = find_link(token, LinkPurpose.ADDRESS, now=now)
        return pages.unknown_link(request) if link is None else _show(request, link)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Move, if the button was pressed."""
        now = timezone.now()
        link = find_link(token, LinkPurpose.ADDRESS, now=now)
        if link is None:
            return pages.unknown_link(request)
        form = read_form(request)
        sent = None if form is None else form.exactly("act", "page")
        if form is None or sent is None or sent["act"] != "move":
            return _show(request, link, status=HTTPStatus.BAD_REQUEST)
        if not form.pressed:
            return pages.press_once_more(request, form, link.language)
        page = sent["page"]
        kind = move(link, page, now=now)
        if kind is MoveKind.OVER and is_bound_to_page(link, page) and _has_moved(link):
            kind = MoveKind.MOVED  # the second of two presses
        return moving_pages.done(request, link, kind)


def _show(request: HttpRequest, link: FoundLink, *, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    subscriber = Subscriber.objects.filter(pk=link.subscriber_id or 0).first()
    if subscriber is None or link.expired or not link.content:
        return moving_pages.done(request, link, MoveKind.OVER)
    old = sealer().open_contact(subscriber.contact, lookup=bytes(subscriber.lookup)).address
    return moving_pages.ask(request, link, old=old, new=link.content[0], status=status)


def _has_moved(link: FoundLink) -> bool:
    return Subscriber.objects.filter(pk=link.subscriber_id or 0, lookup=link.lookup).exists()

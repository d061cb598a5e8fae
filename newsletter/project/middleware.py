"""What is true of every page."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from newsletter.subscribers.web.pages import bad_request


def quiet_pages(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Keep pages out of caches and search engines unless a view says otherwise: most carry a reader's token.

    A HEAD is answered without a body whichever server runs this, since not every one takes it off.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Robots-Tag", "noindex")
        if not response.streaming:
            # Without it gunicorn sends every answer in chunks.
            response.headers.setdefault("Content-Length", str(len(response.content)))
            if request.method == "HEAD":
                response.content = b""
        return response

    return answer


class UnreadBodies:
    """Answers a form that broke off, as on a phone that lost its connection, or that is far too long: no fault of ours to log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer these two; Django answers for the others."""
        return bad_request(request) if isinstance(exception, UnreadablePostError | RequestDataTooBig) else None

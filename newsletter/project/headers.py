"""What every answer says about itself: a page loads nothing, runs nothing, and tells nobody who looked at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from newsletter.config import Config

A_YEAR: Final = 31_536_000

FOR_EVERYTHING: Final[Mapping[str, str]] = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
"""What a view does not say otherwise: a public page may be kept and found, a picture shown in any mail program."""

FOR_NO_PAGE: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of an answer that is none of our pages."""


def strict_transport(config: Config) -> dict[str, str]:
    """Give the header that keeps a browser on HTTPS, where our pages are there.

    Not for other hosts below ours: at ``https://example.org`` they would be all that the organisation has. It is sent whatever
    the request came by, since a server in front of us is the one that speaks TLS.
    """
    return {"Strict-Transport-Security": f"max-age={A_YEAR}"} if config.web.base_url.startswith("https://") else {}


def guard_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give every answer these headers, errors as well, unless its view has set another value."""
    always = {**FOR_EVERYTHING, **strict_transport(settings.NEWSLETTER)}

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in always.items():
            response.headers.setdefault(name, value)
        return response

    return answer

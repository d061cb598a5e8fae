"""What every answer says about itself: on every route, by every method, also where something went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls import path as django_path
from gunicorn.http import errors

from newsletter.project.headers import strict_transport
from newsletter.project.web_worker import QuietWorker
from newsletter.publishing.models import FrozenAsset

pytestmark = [pytest.mark.database, pytest.mark.django_db]

ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]

PUBLIC = {
    "/": "the archive's front door",
    "/issues/": "the archive",
    "/issues/x/": "the archive",
    "/issues/x/x/": "the archive",
    "/feed.xml": "the archive's feed",
    "/assets/x": "a picture",
    "/privacy": "the same for everybody",
    "/subscribe/embed.js": "for other people's pages",
}
"""Pages that are nobody's own: these may be kept, shown elsewhere and found."""


def broken(_request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [django_path("broken", broken)]
handler500 = "newsletter.subscribers.web.pages.server_error"


def _routes(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, route)
        else:
            yield re.sub(r"<int:\w+>", "1", re.sub(r"<str:\w+>", "x", route))


ROUTES = sorted(set(_routes(get_resolver().url_patterns)))


def require_headers(response: Any, *, public: bool = False) -> None:
    for name, value in ALWAYS.items():
        if not public or name not in {"Cache-Control", "Cross-Origin-Resource-Policy"}:
            assert response.headers[name] == value, name
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in re.sub(r"style-src[^;]*", "", policy)
    assert not re.search(r"https?:|\*", policy)
    assert "frame-ancestors" in policy
    assert not response.cookies


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", ROUTES)
def test_every_route_answers_every_method_with_the_same_headers(route: str, method: str) -> None:
    response = Client(raise_request_exception=False).generic(method, route)
    require_headers(response, public=route in PUBLIC)


def test_the_routes_are_all_there() -> None:
    assert {"/m/x", "/u/x", "/unsubscribe/x", "/issues/", "/review/x", "/webhooks/sendgrid"} <= set(ROUTES)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_not_there_says_the_same(method: str) -> None:
    for path in ("/nothing/here", "/m/", "/issues/%00/", "/issues/%00/en/", "/issues/x/%00/", "/assets/%00", "//", "/..%2f"):
        require_headers(Client().generic(method, path))


def test_a_fault_of_ours_says_the_same() -> None:
    with override_settings(ROOT_URLCONF=__name__):
        response = Client(raise_request_exception=False).get("/broken")
    assert response.status_code == 500
    require_headers(response)


def test_a_picture_may_be_shown_by_a_mail_program_in_a_browser() -> None:
    FrozenAsset.objects.create(name="a.png", media_type="image/png", data=b"x")
    response = Client().get("/assets/a.png")
    known = Client().get("/assets/a.png", headers={"If-None-Match": response.headers["ETag"]})
    assert (response.status_code, known.status_code) == (200, 304)
    for answer in (response, known):
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_browsers_stay_on_https_where_our_pages_are() -> None:
    config = settings.NEWSLETTER
    secure = config.model_copy(update={"web": config.web.model_copy(update={"base_url": "https://news.example.org"})})
    with override_settings(NEWSLETTER=secure):
        assert Client().get("/m/x").headers["Strict-Transport-Security"] == "max-age=31536000"
        assert strict_transport(secure)
    assert "Strict-Transport-Security" not in Client().get("/m/x").headers


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (errors.InvalidRequestLine("GET /m/secret-token HTTP/9"), 400),
        (errors.InvalidHeaderName("reader@example.org"), 400),
        (errors.LimitRequestLine(9000, 4096), 414),
        (errors.LimitRequestHeaders("too many"), 431),
        (errors.UnsupportedTransferCoding("x"), 501),
        (ValueError("anything"), 500),
    ],
)
def test_what_the_web_server_itself_answers_says_the_same_and_repeats_nothing(problem: Exception, status: int) -> None:
    worker, sent, log = QuietWorker.__new__(QuietWorker), Mock(), Mock()
    worker.log = log
    sent.gettimeout.return_value = None
    worker.handle_error(None, sent, ("203.0.113.7", 1), problem)
    answer = b"".join(call.args[0] for call in sent.sendall.call_args_list).decode()
    head, _, body = answer.partition("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert ALWAYS.items() <= headers.items()
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert int(headers["Content-Length"]) == len(body)
    for secret in ("secret-token", "reader@example.org", "203.0.113.7"):
        assert secret not in answer + str(log.mock_calls)

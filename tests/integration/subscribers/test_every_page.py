"""What is true of every page that a link in a mail leads to."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import pytest
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, override_settings
from django.urls import path as django_path

from newsletter.subscribers.installation import config, reader_links
from newsletter.subscribers.models import EndReason
from newsletter.subscribers.subscribing import end_subscription
from tests.integration.subscribers.conftest import Stored
from tests.readers import NOVEMBER, SignedUp

PAGES = ["m", "u", "unsubscribe", "relative"]

ONE_CLICK = "List-Unsubscribe=One-Click"
URLENCODED = "application/x-www-form-urlencoded"

PREFETCH = {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch", "Sec-Fetch-Mode": "navigate"}


def senseless(_request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


urlpatterns = [django_path("senseless", senseless)]
handler400 = "newsletter.subscribers.web.pages.bad_request"


def path(page: str, reader: SignedUp) -> str:
    return f"/{page}/{reader.manage if page == 'm' else reader.unsubscribe}"


def no_page_is_kept_or_told(response: HttpResponseBase) -> bool:
    return (
        not response.cookies
        and response.headers["Cache-Control"] == "no-store"
        and response.headers["Referrer-Policy"] == "no-referrer"
        and response.headers["X-Robots-Tag"] == "noindex"
        and response.headers["X-Content-Type-Options"] == "nosniff"
        and "default-src 'none'" in response.headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_looking_at_a_page_changes_nothing(
    client: Client, reader: SignedUp, stored: Callable[[], Stored], page: str, method: str, *, ended: bool
) -> None:
    if ended:
        end_subscription(reader.subscription_id, reason=EndReason.BOUNCED, now=NOVEMBER)
    before = stored()
    response = client.generic(method, f"{path(page, reader)}?action=goodbye&goodbye=yes&died=yes&{ONE_CLICK}", headers=PREFETCH)
    assert response.status_code == (405 if method == "TRACE" else 200)
    assert stored() == before


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_not_allowed_and_change_nothing(
    client: Client, reader: SignedUp, stored: Callable[[], Stored], page: str, method: str
) -> None:
    before = stored()
    response = client.generic(method, path(page, reader), "action=goodbye&goodbye=yes&died=yes", URLENCODED)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert no_page_is_kept_or_told(response)
    assert stored() == before


@pytest.mark.parametrize("page", PAGES)
def test_a_head_is_a_get_without_its_body(client: Client, reader: SignedUp, page: str) -> None:
    got, asked = client.get(path(page, reader)), client.head(path(page, reader))
    assert asked.status_code == got.status_code == 200
    assert asked.headers["Content-Type"] == got.headers["Content-Type"]
    assert got.content
    assert not asked.content


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_page_sets_a_cookie_or_loads_runs_or_tells_anything(client: Client, reader: SignedUp, page: str, method: str) -> None:
    response = client.generic(method, path(page, reader), "", "application/x-www-form-urlencoded")
    assert no_page_is_kept_or_told(response)
    html = response.content.decode()
    assert not re.findall(r"<script|<img|<link|<iframe|\son\w+=|\sstyle=|@import|url\(", html)


def test_the_policy_lets_a_page_use_its_own_style_and_nothing_else(client: Client, reader: SignedUp) -> None:
    first, second = client.get(path("m", reader)), client.get(path("m", reader))
    directives = dict(directive.split(" ", 1) for directive in first.headers["Content-Security-Policy"].split("; "))
    nonce = re.search(r'<style nonce="([^"]+)">', first.content.decode())
    assert nonce
    assert directives == {
        "default-src": "'none'",
        "img-src": "'self'",
        "style-src": f"'nonce-{nonce[1]}'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert first.headers["Content-Security-Policy"] != second.headers["Content-Security-Policy"]


def wrong_tokens(reader: SignedUp) -> list[str]:
    token = reader.manage
    return ["x", token[:-1], token + "A", token[:20] + ("B" if token[20] != "B" else "C") + token[21:], "A" * 34, "é" * 34, "%00"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_wrong_link_gives_the_same_kind_page(
    client: Client, reader: SignedUp, stored: Callable[[], Stored], page: str, method: str
) -> None:
    before = stored()
    other_purpose = path("u" if page == "m" else "m", reader).rpartition("/")[2]
    answers = {
        (response.status_code, re.sub(r'nonce="[^"]+"', "", response.content.decode()))
        for token in [*wrong_tokens(reader), other_purpose]
        for response in [client.generic(method, f"/{page}/{token}", ONE_CLICK, URLENCODED)]
    }
    assert len(answers) == 1
    status, html = answers.pop()
    assert status == 404
    assert "We could not find this page" in html
    assert stored() == before


def test_a_good_token_of_somebody_who_is_gone_gives_the_same_page(client: Client, reader: SignedUp) -> None:
    reader.subscriber().delete()
    assert client.get(path("m", reader)).status_code == 404
    assert client.get(path("u", reader)).status_code == 404
    assert client.post(path("u", reader), ONE_CLICK, URLENCODED).status_code == 404
    assert client.post(path("unsubscribe", reader), {"goodbye": "yes"}).status_code == 404


@pytest.mark.parametrize(("accepted", "heading"), [("es-MX,es;q=0.9", "No pudimos encontrar"), ("de", "We could not find")])
def test_a_wrong_link_is_answered_in_the_browsers_language(client: Client, db: None, accepted: str, heading: str) -> None:
    assert heading in client.get("/m/x", headers={"Accept-Language": accepted}).content.decode()


def test_an_address_that_is_not_ours_gives_the_same_kind_page(client: Client, db: None) -> None:
    response = client.get("/nothing/here")
    assert response.status_code == 404
    assert no_page_is_kept_or_told(response)
    assert "We could not find this page" in response.content.decode()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_no_log_line_shows_a_token(client: Client, reader: SignedUp, caplog: pytest.LogCaptureFixture, method: str) -> None:
    with caplog.at_level(logging.DEBUG):
        for page in PAGES:
            client.generic(method, path(page, reader), "x=1", "application/x-www-form-urlencoded")
    assert reader.manage not in caplog.text
    assert reader.unsubscribe not in caplog.text
    assert "ana.perez" not in caplog.text


def test_a_fault_of_ours_is_a_kind_page(reader: SignedUp) -> None:
    subscriber = reader.subscriber()
    subscriber.contact = b"\x01" + bytes(60)
    subscriber.save()
    response = Client(raise_request_exception=False).get(path("m", reader), headers={"Accept-Language": "es"})
    assert response.status_code == 500
    assert no_page_is_kept_or_told(response)
    assert "Lo sentimos. Nada ha cambiado." in response.content.decode()


def test_a_request_that_makes_no_sense_gets_a_kind_page(db: None) -> None:
    with override_settings(ROOT_URLCONF=__name__):
        response = Client().get("/senseless")
    assert response.status_code == 400
    assert no_page_is_kept_or_told(response)
    assert "That did not work" in response.content.decode()


def test_the_links_of_a_mail_lead_to_these_pages(client: Client, reader: SignedUp) -> None:
    public_id = bytes(reader.subscription().public_id)
    base_url = config().web.base_url
    for url in (reader_links().manage_url(public_id), reader_links().unsubscribe_url(public_id)):
        assert client.get(url.removeprefix(base_url)).status_code == 200

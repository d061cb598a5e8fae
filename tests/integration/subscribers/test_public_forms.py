"""/subscribe, /lost-link and /confirm over HTTP: the same for every address, kind to people, and nothing without a press."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import open_content
from newsletter.settings import SignUpSettings
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import EndReason, MailedLink, ReaderRequest, Subscription, SuppressionReason
from newsletter.subscribers.requests import handle_requests
from newsletter.subscribers.subscribing import end_subscription
from newsletter.subscribers.suppressing import suppress
from newsletter.subscribers.web.form_stamps import GOOD_FOR, make_stamp
from newsletter.subscribers.web.sign_up_form import TRAP
from tests.readers import sign_up

pytestmark = pytest.mark.django_db

ADDRESS: Final = "rosa.lima@example.org"
DIFFERING: Final = ("Content-Security-Policy", "Content-Length")
"""Headers that hold the nonce, and the length of an address that is shown."""
CHROMIUM: Final = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1", "Sec-CH-UA": '"Chromium";v="156"'}


def changed_settings(**values: Any) -> override_settings:
    sign_up_settings = SignUpSettings.model_validate(values)
    return override_settings(NEWSLETTER=settings.NEWSLETTER.model_copy(update={"sign_up": sign_up_settings}))


def shown(ago: timedelta = timedelta(seconds=10)) -> str:
    """Give the stamp of a form that was shown so long ago."""
    return make_stamp("2026-11", now=timezone.now() - ago)


def form(address: str = ADDRESS, **fields: str) -> dict[str, str]:
    return {"address": address, "first_name": "Rosa", "language": "en", "consent": "yes", "stamp": shown(), **fields}


def press(client: Client, path: str, fields: dict[str, str], *, headers: dict[str, str] | None = None) -> Any:
    """Send a form as browsers do."""
    return client.post(path, urlencode(fields), "application/x-www-form-urlencoded", headers=headers)


def text_of(content: bytes, address: str = ADDRESS) -> str:
    """Give a page without what differs from one answer to the next whoever asks."""
    html = re.sub(r'nonce="[^"]+"', "", content.decode())
    return re.sub(r'name="stamp" value="[^"]+"', "", html).replace(address, "ADDRESS")


def mailed_link() -> str:
    mail = ServiceMail.objects.filter(kind="confirm").latest("pk")
    found = re.search(r"/confirm/\S+", open_content(mail.key, mail.content).text)
    assert found is not None
    return found[0]


def page_of(client: Client, link: str) -> str:
    found = re.search(r'name="page" value="([^"]+)"', client.get(link).content.decode())
    assert found is not None
    return found[1]


KINDS_OF_PEOPLE: Final[dict[str, Callable[[datetime], object]]] = {
    "unknown@example.org": lambda _: None,
    "known@example.org": lambda _: sign_up("known@example.org"),
    "left@example.org": lambda now: end_subscription(
        sign_up("left@example.org").subscription_id, reason=EndReason.UNSUBSCRIBED, now=now
    ),
    "erased@example.org": lambda now: suppress(sealer().lookup("erased@example.org"), reason=SuppressionReason.ERASED, now=now),
    "died@example.org": lambda now: suppress(sealer().lookup("died@example.org"), reason=SuppressionReason.DIED, now=now),
}


@pytest.mark.parametrize("path", ["/subscribe", "/lost-link"])
def test_every_address_is_answered_alike_in_words_headers_and_work(client: Client, path: str) -> None:
    answers, work = set(), set()
    for address, prepare in KINDS_OF_PEOPLE.items():
        prepare(timezone.now())
        for _ in range(settings.NEWSLETTER.sign_up.per_address_a_day + 1):
            with CaptureQueriesContext(connection) as queries:
                response = press(client, path, form(address))
            handle_requests(now=timezone.now())
            headers = sorted(f"{name}: {value}" for name, value in response.headers.items() if name not in DIFFERING)
            answers.add((response.status_code, text_of(response.content, address), "\n".join(headers)))
            work.add(tuple(query["sql"].partition("(")[0] for query in queries.captured_queries))
    assert {status for status, *_ in answers} == {200}
    assert len(answers) == 1
    assert len(work) == 1
    assert ReaderRequest.objects.count() == len(KINDS_OF_PEOPLE) * (settings.NEWSLETTER.sign_up.per_address_a_day + 1)


@pytest.mark.parametrize("path", ["/subscribe", "/lost-link"])
def test_a_program_that_fills_in_every_field_is_answered_alike_and_gets_nothing(client: Client, path: str) -> None:
    person, program = press(client, path, form()), press(client, path, form(**{TRAP: "Buy now"}))
    assert text_of(person.content) == text_of(program.content)
    assert ReaderRequest.objects.count() == 1


def test_a_network_that_asks_too_often_is_answered_alike(client: Client) -> None:
    with changed_settings(per_network_an_hour=2):
        answers = [press(client, "/subscribe", form()) for _ in range(5)]
        assert len({text_of(answer.content) for answer in answers}) == 1
        assert handle_requests(now=timezone.now()) == 2


def test_everything_that_is_wrong_is_said_at_once_beside_its_field_and_what_was_typed_is_kept(client: Client) -> None:
    typed = {"address": "rosa@", "first_name": "see evil.com", "language": "es", "stamp": shown()}
    html = press(client, "/subscribe?lang=en", typed).content.decode()
    for name in ("address", "first-name"):
        assert re.search(rf'<input id="{name}"[^>]*aria-invalid="true" aria-describedby="{name}-problem', html)
        assert f'id="{name}-problem"' in html
    assert re.search(r'id="consent"[^>]*aria-invalid="true" aria-describedby="consent-problem"', html)
    assert all(f'value="{value}"' in html for value in ("rosa@", "see evil.com"))
    assert re.search(r'value="es" checked', html)
    assert not ReaderRequest.objects.exists()


def test_what_was_typed_is_shown_again_as_text(client: Client) -> None:
    html = press(client, "/subscribe", form('"><script>alert(1)</script>', first_name="<b>")).content.decode()
    assert "<script" not in html
    assert "<b>" not in html


def test_the_box_is_not_ticked_beforehand(client: Client) -> None:
    assert not re.search(r'id="consent"[^>]*checked', client.get("/subscribe").content.decode())


@pytest.mark.parametrize("wording", ["", "1999-01"])
def test_a_stamp_that_names_no_wording_of_the_consent_asks_nobody_to_agree_to_it(client: Client, wording: str) -> None:
    stamp = make_stamp(wording, now=timezone.now() - timedelta(minutes=1))
    assert 'name="again"' in press(client, "/subscribe", form(stamp=stamp)).content.decode()
    assert not ReaderRequest.objects.exists()


@pytest.mark.parametrize("path", ["/subscribe", "/lost-link"])
@pytest.mark.parametrize("stamp", ["", "invented", "fast", "old"])
def test_a_form_without_a_good_stamp_is_shown_once_more_and_the_next_press_counts(client: Client, path: str, stamp: str) -> None:
    stamps = {"fast": shown(timedelta(0)), "old": shown(GOOD_FOR + timedelta(minutes=1))}
    html = press(client, path, form(stamp=stamps.get(stamp, stamp))).content.decode()
    assert "press the button once more" in html
    assert f'value="{ADDRESS}"' in html
    assert not ReaderRequest.objects.exists()
    again = re.search(r'name="stamp" value="([^"]+)"', html)
    assert again is not None
    press(client, path, form(stamp=again[1]))
    assert ReaderRequest.objects.count() == 1


def test_a_browser_that_says_nobody_pressed_is_asked_once_more(client: Client) -> None:
    headers = {**CHROMIUM, "Sec-Fetch-User": ""}
    html = press(client, "/subscribe", form(), headers=headers).content.decode()
    assert '<button name="again" value="yes">' in html
    assert not ReaderRequest.objects.exists()
    press(client, "/subscribe", form(again="yes"), headers=headers)
    assert ReaderRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "accepted", "language"), [("?lang=es", "en", "es"), ("", "es-MX", "es"), ("?lang=xx", "de", "en"), ("", "", "en")]
)
@pytest.mark.parametrize("path", ["/subscribe", "/lost-link"])
def test_a_page_is_in_the_language_of_its_address_else_of_the_browser(
    client: Client, path: str, query: str, accepted: str, language: str
) -> None:
    html = client.get(f"{path}{query}", headers={"Accept-Language": accepted}).content.decode()
    other = "en" if language == "es" else "es"
    assert f'<html lang="{language}">' in html
    assert f'<a href="{path}?lang={other}" lang="{other}" hreflang="{other}">' in html


def test_a_form_that_is_taken_down_is_a_kind_page(client: Client) -> None:
    with changed_settings(open=False):
        for response in (client.get("/subscribe"), press(client, "/subscribe", form())):
            assert "Nobody can sign up here at the moment" in response.content.decode()
    assert not ReaderRequest.objects.exists()


@pytest.mark.parametrize("path", ["/subscribe", "/lost-link"])
def test_a_body_that_no_form_sends_changes_nothing(client: Client, path: str) -> None:
    for body, content_type in [
        (b"{}", "application/json"),
        (b"address=%ff", "text/plain"),
        (b"a" * 20_000, "application/x-www-form-urlencoded"),
    ]:
        assert client.post(path, body, content_type).status_code == 400
    assert press(client, path, form(), headers={"Sec-Fetch-Mode": "cors"}).status_code == 400
    assert not ReaderRequest.objects.exists()


def test_from_the_form_to_the_readers_own_page(client: Client) -> None:
    press(client, "/subscribe?lang=en", form(language="es"))
    handle_requests(now=timezone.now())
    link = mailed_link()
    html = client.get(link).content.decode()
    assert '<html lang="es">' in html
    assert "r•••@e•••.org" in html
    assert ADDRESS not in html
    assert "SHARE guarda cifrados" in html
    done = press(client, link, {"page": page_of(client, link), "confirm": "yes"}).content.decode()
    own_page = re.search(r'href="[^"]+(/m/[^"]+)"', done)
    assert own_page is not None
    assert client.get(own_page[1]).status_code == 200
    subscription = Subscription.objects.get()
    assert (subscription.consent_wording, subscription.consent_language, subscription.consent_source) == ("2026-11", "es", "form")
    again = press(client, link, {"page": "0" * 32, "confirm": "yes"})
    assert "Usted ya recibe el boletín" in again.content.decode()
    assert list(ServiceMail.objects.order_by("pk").values_list("kind", flat=True)) == ["confirm", "welcome"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_whoever_looks_at_a_link_to_confirm_changes_nothing(client: Client, method: str) -> None:
    press(client, "/subscribe", form())
    handle_requests(now=timezone.now())
    before = list(MailedLink.objects.values())
    assert client.generic(method, f"{mailed_link()}?confirm=yes&page={'0' * 32}").status_code == 200
    assert list(MailedLink.objects.values()) == before
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"confirm": "yes"}, {}),
        ({"page": "0" * 32}, {}),
        ({"confirm": "no", "page": "0" * 32}, {}),
        ({"confirm": "yes", "page": "0" * 32, "more": "1"}, {}),
        ({"List-Unsubscribe": "One-Click"}, {}),
        ({"confirm": "yes", "page": "0" * 32}, {"Sec-Fetch-Mode": "cors"}),
        ({"confirm": "yes", "page": "0" * 32}, {**CHROMIUM, "Sec-Fetch-User": ""}),
        ({"confirm": "yes", "page": "short"}, {}),
    ],
)
def test_what_no_press_can_have_sent_confirms_nothing(client: Client, fields: dict[str, str], headers: dict[str, str]) -> None:
    press(client, "/subscribe", form())
    handle_requests(now=timezone.now())
    press(client, mailed_link(), fields, headers=headers)
    assert not Subscription.objects.exists()


def test_a_link_that_has_ended_says_so_and_leads_back(client: Client) -> None:
    press(client, "/subscribe", form())
    handle_requests(now=timezone.now())
    link = mailed_link()
    MailedLink.objects.update(expires_at=timezone.now())
    response = client.get(link)
    assert response.status_code == 410
    assert 'href="/subscribe?lang=en"' in response.content.decode()
    assert press(client, link, {"confirm": "yes", "page": "0" * 32}).status_code == 410
    assert client.get("/confirm/invented").status_code == 404

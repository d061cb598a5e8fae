"""Signing up on a phone: by keyboard alone, without JavaScript, in both languages, light and dark; and from another site."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import open_content
from newsletter.subscribers.models import ReaderRequest, Subscription
from newsletter.subscribers.requests import handle_requests
from newsletter.subscribers.web import form_stamps
from tests.browser.subscribers.test_accessibility import complaints
from tests.browser.subscribers.test_without_javascript import tab_to

pytestmark = pytest.mark.browser

HOWTO: Final = Path(__file__).parents[3] / "docs/howto/embed-the-sign-up-form.md"

A_PERSONS_PACE: Final = int(form_stamps.FASTEST.total_seconds() * 1000) + 200

WORDS: Final = {
    "en": ("One more step", "Welcome", "Yes, send me the newsletter", "Your newsletter, your way"),
    "es": ("Falta un paso", "Le damos la bienvenida", "Sí, envíenme el boletín", "Su boletín, a su manera"),
}


def context(browser: Browser, *, scripts: bool = False, scheme: str = "light") -> BrowserContext:
    size = {"width": 375, "height": 700}
    return browser.new_context(viewport=size, java_script_enabled=scripts, locale="en-US", color_scheme=scheme)  # type: ignore[arg-type]


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """Give a phone that runs no scripts."""
    without_scripts = context(browser)
    yield without_scripts.new_page()
    without_scripts.close()


def mailed(live_server: LiveServer, kind: str, found: str) -> str:
    """Have what was asked for looked at, and give the link of the mail that it leads to."""
    handle_requests(now=timezone.now())
    mail = ServiceMail.objects.get(kind=kind)
    link = re.search(rf"/{found}/\S+", open_content(mail.key, mail.content).text)
    assert link is not None
    return f"{live_server.url}{link[0]}"


@pytest.mark.parametrize("language", ["en", "es"])
def test_signing_up_by_keyboard_alone_from_the_form_to_the_own_page(phone: Page, live_server: LiveServer, language: str) -> None:
    sent, welcome, yes, own = WORDS[language]
    phone.goto(f"{live_server.url}/subscribe?lang={language}")
    tab_to(phone, "#address")
    phone.keyboard.type("rosa@example.org")
    phone.keyboard.press("Tab")
    phone.keyboard.type("María José")
    tab_to(phone, "#consent")
    phone.keyboard.press("Space")
    phone.wait_for_timeout(A_PERSONS_PACE)
    tab_to(phone, "main button")
    phone.keyboard.press("Enter")
    expect(phone.locator("h1")).to_have_text(sent)
    expect(phone.locator("main")).to_contain_text("rosa@example.org")
    phone.goto(mailed(live_server, "confirm", "confirm"))
    tab_to(phone, f"button:has-text('{yes}')")
    phone.keyboard.press("Enter")
    expect(phone.locator("h1")).to_have_text(welcome)
    assert Subscription.objects.get().consent_language == language
    phone.goto(mailed(live_server, "welcome", "m"))
    assert own
    expect(phone.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_form_with_mistakes_says_them_where_the_focus_is_and_leads_to_each_field(
    phone: Page, live_server: LiveServer, language: str
) -> None:
    phone.goto(f"{live_server.url}/subscribe?lang={language}")
    phone.fill("#address", "rosa@")
    phone.fill("#first-name", "evil.com")
    phone.click("main button")
    expect(phone.locator("#notice")).to_be_focused()
    expect(phone.locator("#notice li")).to_have_count(3)
    phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    phone.keyboard.press("Tab")
    expect(phone.locator("#first-name")).to_be_focused()
    expect(phone.locator("#address")).to_have_value("rosa@")
    expect(phone.locator("#address")).to_have_accessible_description(re.compile("@"))


def test_whoever_presses_at_once_presses_once_more(phone: Page, live_server: LiveServer) -> None:
    phone.goto(f"{live_server.url}/subscribe")
    for _ in range(2):
        phone.fill("#address", "rosa@example.org")
        phone.set_checked("#consent", checked=True)
        phone.click("main button")
    expect(phone.locator("h1")).to_have_text("One more step")
    assert ReaderRequest.objects.count() == 1


def test_people_never_meet_the_field_for_programs(phone: Page, live_server: LiveServer) -> None:
    phone.goto(f"{live_server.url}/subscribe")
    met = set()
    for _ in range(20):
        phone.keyboard.press("Tab")
        met.add(phone.locator(":focus").get_attribute("name") if phone.locator(":focus").count() else None)
    assert "address" in met
    assert "subject" not in met
    assert "subject" not in phone.locator("main").aria_snapshot()


def test_a_lost_link_is_asked_for_in_the_language_of_the_page(phone: Page, live_server: LiveServer) -> None:
    phone.goto(f"{live_server.url}/subscribe?lang=es")
    phone.click("footer a[href^='/lost-link']")
    phone.fill("#address", "rosa@example.org")
    phone.wait_for_timeout(A_PERSONS_PACE)
    phone.keyboard.press("Enter")
    expect(phone.locator("h1")).to_have_text("Mire su correo, por favor")
    assert ReaderRequest.objects.get().language == "es"


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("es", "dark")])
def test_axe_finds_nothing_and_nothing_is_scrolled_sideways(
    browser: Browser, live_server: LiveServer, language: str, scheme: str
) -> None:
    with_scripts = context(browser, scripts=True, scheme=scheme)
    page = with_scripts.new_page()

    def look() -> None:
        assert complaints(page) == []
        for width in (375, 188):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.set_viewport_size({"width": 375, "height": 700})
        small = page.locator("button, .field input, .option, nav a, .notice a, a.button").evaluate_all(
            "all => all.filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"
        )
        assert small == []

    page.goto(f"{live_server.url}/lost-link?lang={language}")
    look()
    page.goto(f"{live_server.url}/subscribe?lang={language}")
    look()
    page.click("main button")
    look()
    page.fill("#address", "rosa@example.org")
    page.set_checked("#consent", checked=True)
    page.click("main button")
    look()
    link = mailed(live_server, "confirm", "confirm")
    page.goto(link)
    look()
    page.click("main button")
    look()
    page.goto(link)
    look()
    with_scripts.close()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing about it."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_site(tmp_path: Path, live_server: LiveServer) -> Iterator[str]:
    """Put the form of the how-to, as somebody would copy it, on another site; that site is named in the settings."""
    for language, form in zip(("en", "es"), re.findall(r"```html\n(.*?)```", HOWTO.read_text("utf-8"), re.DOTALL), strict=True):
        html = form.replace("https://letter.metsmatters.example", live_server.url)
        assert live_server.url in html
        head = f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Charity</title>'
        (tmp_path / f"{language}.html").write_text(f"{head}<main><h1>Charity</h1>{html}</main>", "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    sign_up = settings.NEWSLETTER.sign_up.model_copy(update={"embed_origins": (url,)})
    with override_settings(NEWSLETTER=settings.NEWSLETTER.model_copy(update={"sign_up": sign_up})):
        yield url
    server.shutdown()
    thread.join()
    server.server_close()


def fill_in(page: Page) -> None:
    page.fill("[name=address]", "rosa@example.org")
    page.fill("[name=first_name]", "Rosa")
    page.set_checked("[name=consent]", checked=True)


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "on its way to this address"), ("es", "va en camino a esta dirección")]
)
def test_on_another_site_the_form_is_sent_from_where_it_stands(
    browser: Browser, live_server: LiveServer, other_site: str, language: str, sentence: str
) -> None:
    with_scripts = context(browser, scripts=True)
    page = with_scripts.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{other_site}/{language}.html")
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if url.startswith(live_server.url)] == [f"{live_server.url}/subscribe/embed.js"]
    assert complaints(page) == []
    page.click("button")
    expect(page.locator("[data-problem]")).to_have_count(2)
    expect(page.locator("[name=address]")).to_have_attribute("aria-invalid", "true")
    fill_in(page)
    page.click("button")
    expect(page.locator("[role=status]")).to_contain_text(sentence)
    expect(page.locator("[role=status]")).to_be_focused()
    expect(page.locator("form")).to_be_hidden()
    assert page.url == f"{other_site}/{language}.html"
    assert with_scripts.cookies() == []
    assert (ReaderRequest.objects.get().language, handle_requests(now=timezone.now())) == (language, 1)
    with_scripts.close()


@pytest.mark.parametrize("broken", ["no scripts", "no script file", "no answer", "a site that is not named"])
def test_without_script_or_when_anything_fails_the_form_leads_to_ours_filled_in(
    browser: Browser, live_server: LiveServer, other_site: str, broken: str
) -> None:
    visit = context(browser, scripts=broken != "no scripts")
    page = visit.new_page()
    if broken == "no script file":
        page.route("**/embed.js", lambda route: route.abort())
    if broken == "no answer":
        page.route("**/subscribe/embedded*", lambda route: route.abort())
    site = other_site.replace("127.0.0.1", "localhost") if broken == "a site that is not named" else other_site
    page.goto(f"{site}/en.html")
    fill_in(page)
    page.wait_for_timeout(300)
    page.click("button")
    page.wait_for_url(f"{live_server.url}/subscribe?lang=en")
    expect(page.locator("#notice")).to_contain_text("press the button once more")
    expect(page.locator("#address")).to_have_value("rosa@example.org")
    expect(page.locator("#consent")).to_be_checked()
    page.click("main button")
    expect(page.locator("h1")).to_have_text("One more step")
    assert ReaderRequest.objects.count() == 1
    visit.close()

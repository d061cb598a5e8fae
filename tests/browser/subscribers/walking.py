"""A reader on a phone who runs no scripts and has no mouse, and what has to be true of every page that they come to.

Every page is looked at when it is met: it loads nothing but itself and is light, sets no cookie, breaks no policy, is written in
the right language, need not be scrolled sideways on a phone, also at 200 %, shows the focus on whatever takes it, and axe finds
nothing. axe needs scripts, so that it looks at a copy of the page, as it stands, in a browser that runs some.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import open_content
from newsletter.subscribers.requests import handle_requests
from newsletter.subscribers.web import form_stamps

PHONE: Final = 375
AT_200_PERCENT: Final = 188

HEAVIEST: Final = 30_000
"""Octets of a page: a second on a slow phone's 256 kbit/s."""

MOST_STOPS: Final = 60

A_PERSONS_PACE: Final = int(form_stamps.FASTEST.total_seconds() * 1000) + 200

INVISIBLE_FOCUS: Final = """all => all.filter(one => {
  one.focus({focusVisible: true});
  const style = getComputedStyle(one);
  return style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 3;
}).map(one => one.outerHTML)"""

TOO_WIDE: Final = """all => all.filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth)
  .map(one => one.outerHTML)"""


class Walk:
    """A reader's way through the pages of a running server; ``met`` counts the pages that were looked at."""

    def __init__(self, phone: BrowserContext, copy: Page, server: LiveServer, language: str) -> None:
        self.page = phone.new_page()
        self.met = 0
        self._phone, self._copy, self._server, self.language = phone, copy, server, language
        self._requests: list[Request] = []
        self._said: list[str] = []
        self.page.on("request", self._note_request)
        self.page.on("console", self._note_word)

    def open(self, address: str, *, heading: str = "") -> None:
        """Open an address of ours, as a link in a mail does, and look at the page."""
        self._new_page(lambda: self.page.goto(re.sub(r"^(https?://[^/]+)?", self._server.url, address)))
        self._look(heading)

    def tab_to(self, selector: str) -> Locator:
        """Press Tab until the element has the focus."""
        wanted = self.page.locator(selector)
        for _ in range(MOST_STOPS):
            if wanted.and_(self.page.locator(":focus")).count():
                return wanted
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached with Tab on {self.page.locator('h1').inner_text()}")

    def type(self, selector: str, text: str) -> None:
        """Go to a field, empty it, and type."""
        self.tab_to(selector)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def press(self, selector: str, *, key: str = "Enter", notice: bool = False) -> None:
        """Go to a button or link, press it, and look at the page that it leads to; ``notice``: the focus is on its sentence."""
        self.tab_to(selector)
        self._new_page(lambda: self.page.keyboard.press(key))
        if notice:
            expect(self.page.locator("#notice")).to_be_focused()
        self._look("")

    def wait_as_people_do(self) -> None:
        """Take as long for a form as somebody who types."""
        self.page.wait_for_timeout(A_PERSONS_PACE)

    def mailed(self, kind: str, path: str) -> str:
        """Have what was asked for looked at, and give the link of the latest mail of this kind that leads to ``path``."""
        handle_requests(now=timezone.now())
        mail = ServiceMail.objects.filter(kind=kind).latest("pk")
        content = open_content(mail.key, mail.content)
        assert content.language == self.language
        link = re.search(rf"https?://[^/\s]+/{path}/\S+", content.text)
        assert link is not None, content.text
        return link[0]

    def _note_request(self, request: Request) -> None:
        self._requests.append(request)

    def _note_word(self, message: ConsoleMessage) -> None:
        if "Failed to load resource" not in message.text:  # said of every 404
            self._said.append(message.text)

    def _new_page(self, act: Callable[[], Any]) -> None:
        self._requests.clear()
        self._said.clear()
        with self.page.expect_event("domcontentloaded"):
            act()
        self.page.wait_for_load_state()

    def _look(self, heading: str) -> None:
        self.met += 1
        asked = [one for one in self._requests if not one.url.endswith("/favicon.ico")]
        assert len(asked) == 1, [one.url for one in asked]
        assert asked[0].url.startswith(f"{self._server.url}/")
        answer = asked[0].response()
        assert answer is not None
        assert "set-cookie" not in answer.headers
        assert len(answer.body()) <= HEAVIEST
        assert self._phone.cookies() == []
        assert self._said == []
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        if heading:
            expect(self.page.locator("h1")).to_have_text(heading)
        self._look_at_a_copy()

    def _look_at_a_copy(self) -> None:
        self._copy.set_viewport_size({"width": PHONE, "height": 700})
        self._copy.set_content(self.page.content())
        found = Axe().run(self._copy).response["violations"]
        assert [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]] == []
        takes_focus = self._copy.locator("a, button, summary, input:not([type=hidden]):not([tabindex='-1'])")
        assert takes_focus.evaluate_all(INVISIBLE_FOCUS) == []
        for width in (PHONE, AT_200_PERCENT):
            self._copy.set_viewport_size({"width": width, "height": 700})
            if self._copy.evaluate("document.documentElement.scrollWidth") > width:
                too_wide = self._copy.locator("body *").evaluate_all(TOO_WIDE)
                raise AssertionError(f"wider than {width} pixels: {too_wide}")


@contextmanager
def walk(browser: Browser, server: LiveServer, language: str, *, asks_for: str = "") -> Iterator[Walk]:
    """Begin a walk; the browser asks for pages in the language ``asks_for``, which the reader's own outweighs."""
    locale = {"en": "en-US", "es": "es-MX"}[asks_for or language]
    size = {"width": PHONE, "height": 700}
    phone = browser.new_context(viewport=size, java_script_enabled=False, locale=locale)  # type: ignore[arg-type]
    copies = browser.new_context(viewport=size)  # type: ignore[arg-type]
    yield Walk(phone, copies.new_page(), server, language)
    phone.close()
    copies.close()

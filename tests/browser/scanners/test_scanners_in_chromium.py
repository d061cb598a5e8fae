"""A scanner that opens every link in a real Chromium, runs scripts there and posts what it finds: nothing changes.

The browser ignores the pages' Content-Security-Policy here, as scanners may. What a script does, it does without a press of
anybody's: a program that sends real key presses and clicks is a person, as far as a web page can know (docs/adr/0023).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from newsletter.subscribers.installation import config
from tests.integration.scanners.doors import Door, open_doors, rows
from tests.readers import sign_up

pytestmark = pytest.mark.browser

FORM = "const form = document.forms[{number}], button = form.querySelector('button'); form.noValidate = true;"

SEND = "const all = new URLSearchParams(new FormData(form)); all.set(button.name, button.value);"

BY_PROGRAM = {
    "fetch": FORM + SEND + "fetch(form.action, {{method: 'POST', body: all}}).catch(() => 0).then(() => 1)",
    "fetch without an answer": FORM + SEND + "fetch(form.action, {{method: 'POST', mode: 'no-cors', body: all}}).then(() => 1)",
    "XMLHttpRequest": FORM
    + SEND
    + "new Promise(done => {{const sent = new XMLHttpRequest(); sent.open('POST', form.action);"
    + "sent.onloadend = () => done(1); sent.send(all)}})",
    "a beacon": FORM + SEND + "navigator.sendBeacon(form.action, all); new Promise(done => setTimeout(() => done(1), 100))",
}

BY_NAVIGATION = {
    "form.submit()": FORM + "form.submit()",
    "requestSubmit(button)": FORM + "form.requestSubmit(button)",
    "button.click()": FORM + "button.click()",
    "an event that looks like a click": FORM
    + "button.dispatchEvent(new MouseEvent('click', {{bubbles: true, cancelable: true}}))",
    "a form of its own": FORM
    + "const other = form.cloneNode(true); document.body.append(other); const by = other.querySelector('button');"
    + "by.type = 'submit'; other.target = '_self'; other.requestSubmit(by)",
}


@pytest.fixture
def scanner(browser: Browser) -> Iterator[Page]:
    """Give a browser that runs scripts and heeds no policy."""
    context = browser.new_context(bypass_csp=True, java_script_enabled=True)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def doors(live_server: LiveServer) -> Iterator[list[Door]]:
    """Give every button of a reader whose links lead to the test server."""
    del live_server
    with override_settings(NEWSLETTER=config()):
        yield open_doors(sign_up(), now=timezone.now())


def pages_of(doors: list[Door], live_server: LiveServer) -> list[str]:
    """Give the pages, each once."""
    return list(dict.fromkeys(f"{live_server.url}{door.path}" for door in doors if door.route != "subscribe/embedded"))


def run(page: Page, script: str) -> object:
    """Run a script as one of the page's own, and give what its last statement gives.

    Playwright's own ``evaluate``, and whatever it does with locators, tells the browser that a person has just pressed something.
    """
    act, _, result = script.rpartition(";")
    session = page.context.new_cdp_session(page)
    wrapped = f"(() => {{ {act}; return {result} }})()"
    answer = session.send("Runtime.evaluate", {"expression": wrapped, "awaitPromise": True, "userGesture": False})
    session.detach()
    return answer["result"].get("value")


def forms_of(page: Page, url: str) -> int:
    """Open a page and say how many forms it has."""
    page.goto(url)
    return int(str(run(page, "document.forms.length")))


def test_following_every_link_and_waiting_changes_nothing(scanner: Page, doors: list[Door], live_server: LiveServer) -> None:
    before = rows()
    queue, seen = pages_of(doors, live_server), set[str]()
    while queue:
        url = queue.pop()
        seen.add(url)
        scanner.goto(url)
        scanner.wait_for_timeout(50)
        found = [urljoin(url, str(link.get_attribute("href"))) for link in scanner.locator("a[href]").all()]
        queue += {one for one in found if urlsplit(one).netloc == urlsplit(url).netloc} - seen - set(queue)
    assert len(seen) > len(pages_of(doors, live_server))
    assert rows() == before


@pytest.mark.parametrize("name", BY_PROGRAM)
def test_what_a_script_sends_by_itself_changes_nothing(
    scanner: Page, doors: list[Door], live_server: LiveServer, name: str
) -> None:
    before, sent = rows(), []
    scanner.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    for url in pages_of(doors, live_server):
        for number in range(forms_of(scanner, url)):
            run(scanner, BY_PROGRAM[name].format(number=number))
    assert len(sent) >= len(pages_of(doors, live_server))
    assert rows() == before


@pytest.mark.parametrize("name", BY_NAVIGATION)
def test_a_form_that_a_script_sends_changes_nothing(scanner: Page, doors: list[Door], live_server: LiveServer, name: str) -> None:
    before, posted = rows(), 0
    for url in pages_of(doors, live_server):
        for number in count():
            if number >= forms_of(scanner, url):
                break
            with scanner.expect_navigation() as navigation:
                run(scanner, BY_NAVIGATION[name].format(number=number))
            posted += navigation.value.request.method == "POST"
    assert posted >= len(pages_of(doors, live_server))
    assert rows() == before

"""What a scanner's script does in a real browser changes nothing; a person who is asked once more gets what they pressed for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from newsletter.postbox.models import ServiceMail
from newsletter.subscribers.confirming import FORM, Asked
from newsletter.subscribers.installation import choices, sealer
from newsletter.subscribers.mailed_links import make_link
from newsletter.subscribers.models import Erasure, LinkPurpose, MailedLink, Subscriber, Subscription, Suppression
from newsletter.subscribers.sealing import Contact
from tests.browser.pressing import press
from tests.browser.subscribers.conftest import ReaderOnline

pytestmark = pytest.mark.browser

FORMS = {"m": 5, "u": 1, "relative": 1, "confirm": 1, "my-data": 1, "address": 1}
"""Pages, and how many forms stand on each; of the reader's own page those for choices, pauses, goodbye and a fresh link."""

WITHOUT_A_BUTTON = {
    "submit()": "form.submit()",
    "requestSubmit()": "form.noValidate = true, form.requestSubmit()",
}
WITH_ITS_BUTTON = {
    "click()": "form.noValidate = true, form.querySelector('button').click()",
    "requestSubmit(button)": "form.noValidate = true, form.requestSubmit(form.querySelector('button'))",
}
FETCH = "fetch(form.action, {method: 'POST', body: everything()}).then(answer => answer.text())"
EVERYTHING = "const everything = () => new URLSearchParams(new FormData(form, form.querySelector('button')));"

Open = Callable[[str], None]


def everything_stored() -> list[object]:
    models = (Subscriber, Subscription, Suppression, MailedLink, Erasure, ServiceMail)
    return [list(model._default_manager.order_by("pk").values_list()) for model in models]


@pytest.fixture
def address(ana: ReaderOnline, live_server: LiveServer) -> Callable[[str], str]:
    """Give the address of one of Ana's pages, or of one behind a link that was mailed a moment ago."""

    def mailed(name: str) -> str:
        now = timezone.now()
        asked = Asked(Contact("bea@example.org", "Bea"), choices().current_wording, FORM)
        purpose, address, content = {
            "confirm": (LinkPurpose.CONFIRM, "bea@example.org", asked.sealed_values()),
            "my-data": (LinkPurpose.FRESH, "ana@example.org", []),
            "address": (LinkPurpose.ADDRESS, "new@example.org", ["new@example.org"]),
        }[name]
        whose = None if name == "confirm" else ana.reader.subscriber().pk
        lookup = sealer().lookup(address)
        token = make_link(purpose, lookup=lookup, content=content, language="en", now=now, subscriber_id=whose)
        return f"{live_server.url}/{name}/{token}"

    pages = {
        "m": ana.manage_url,
        "u": ana.unsubscribe_url,
        "relative": ana.unsubscribe_url.replace("/u/", "/relative/"),
    }
    return cache(lambda name: pages.get(name) or mailed(name))


def evaluate(page: Page, script: str, *, form: int) -> None:
    """Run a script as a scanner's extension does: no person has touched the page.

    Playwright says that one has, with every look at the page; so nothing of it may come between opening the page and this.
    """
    expression = f"(() => {{const form = document.forms[{form}]; {EVERYTHING} return {script}}})()"
    act = {"expression": expression, "userGesture": False, "awaitPromise": True}
    page.context.new_cdp_session(page).send("Runtime.evaluate", act)


def run(page: Page, script: str, *, form: int) -> None:
    """Run a script that sends a form, and wait for the answer."""
    with page.expect_navigation():
        evaluate(page, script, form=form)


@pytest.mark.parametrize(("name", "form"), [(name, form) for name, forms in FORMS.items() for form in range(forms)])
def test_no_script_changes_anything(page: Page, address: Callable[[str], str], name: str, form: int) -> None:
    url, before = address(name), everything_stored()
    for script in (WITHOUT_A_BUTTON | WITH_ITS_BUTTON).values():
        page.goto(url)
        run(page, script, form=form)
        assert everything_stored() == before, script
    page.goto(url)
    evaluate(page, FETCH, form=form)
    assert everything_stored() == before
    assert page.locator("form").count() == FORMS[name]


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("script", WITHOUT_A_BUTTON.values(), ids=list(WITHOUT_A_BUTTON))
def test_a_form_sent_without_its_button_does_nothing_even_where_a_person_has_touched_the_page(
    page: Page, address: Callable[[str], str], name: str, script: str
) -> None:
    url, before = address(name), everything_stored()
    page.goto(url)
    with page.expect_navigation():
        page.evaluate(f"() => {{const form = document.forms[{FORMS[name] - 1}]; {script}}}")
    assert everything_stored() == before


@pytest.mark.parametrize("script", WITH_ITS_BUTTON.values(), ids=list(WITH_ITS_BUTTON))
def test_who_has_a_program_press_for_them_leaves_with_two_presses(page: Page, ana: ReaderOnline, script: str) -> None:
    page.goto(ana.unsubscribe_url)
    run(page, script, form=0)
    assert page.inner_text("h1") == "Please press once more"
    assert ana.reader.subscription().ended_at is None
    run(page, script, form=0)
    assert page.inner_text("h1") == "You are unsubscribed"
    assert ana.reader.subscription().ended_at


def test_a_program_that_looks_at_every_link_ahead_changes_nothing(page: Page, ana: ReaderOnline) -> None:
    before = everything_stored()
    page.set_extra_http_headers({"Sec-Purpose": "prefetch;prerender"})
    for url in (ana.manage_url, ana.unsubscribe_url):
        page.goto(url)
        for link in page.locator("a[href^='/']").evaluate_all("all => all.map(one => one.href)"):
            page.goto(link)
    assert everything_stored() == before


def test_a_reload_of_the_answer_to_a_press_is_no_second_change(page: Page, ana: ReaderOnline) -> None:
    page.goto(ana.manage_url)
    press(page.locator("[name=next]"))
    until = ana.reader.subscriber().snoozed_until
    page.reload()
    assert ana.reader.subscriber().snoozed_until == until
    press(page.locator("[aria-labelledby=goodbye] button"))
    after = everything_stored()
    page.reload()
    assert page.inner_text("h1") == "You are unsubscribed"
    assert everything_stored() == after

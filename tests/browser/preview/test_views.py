"""Each tab shows what it says, nothing leaves the machine, and nobody is kept out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.preview.conftest import choose

pytestmark = pytest.mark.browser

TABS = ["Desktop", "Phone", "Dark mode", "Images off", "Text part", "Web page"]


def test_desktop_and_phone_are_as_wide_as_they_say(window: Page) -> None:
    assert choose(window, "Desktop").evaluate("innerWidth") == 700
    assert choose(window, "Phone").evaluate("innerWidth") == 375


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_view_has_its_colours_whatever_the_screen_prefers(window: Page, scheme: str) -> None:
    window.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    colour = "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number).reduce((a, b) => a + b)"
    assert choose(window, "Desktop").evaluate(colour) > 600
    assert choose(window, "Phone").evaluate(colour) > 600
    assert choose(window, "Web page").evaluate(colour) > 600
    assert choose(window, "Dark mode").evaluate(colour) < 150


def test_pictures_are_shown_and_without_them_their_words(window: Page) -> None:
    shown = "[...document.images].every(image => image.complete && image.naturalWidth > 0)"
    assert choose(window, "Desktop").evaluate(shown)
    without = choose(window, "Images off")
    assert without.evaluate("[...document.images].every(image => !image.currentSrc && image.alt)")
    assert without.evaluate("document.images.length") > 0


def test_the_text_part_is_text(window: Page) -> None:
    text = choose(window, "Text part")
    assert text.evaluate("document.images.length + document.links.length") == 0
    assert "* What “triple negative” means" in text.evaluate("document.body.innerText")


def test_the_web_page_greets_nobody_by_name(window: Page) -> None:
    page = choose(window, "Web page").evaluate("document.body.innerText")
    assert "Alex" not in page
    assert "Hello, friend" in page


def test_the_sizes_stand_beside_the_limit_and_lead_to_the_source(window: Page) -> None:
    window.get_by_role("tab", name="Size").click()
    weights = window.locator("#weights")
    expect(weights).to_contain_text("of the 102.0 kB after which Gmail cuts a mail off")
    expect(weights.get_by_role("rowheader", name="HTML part")).to_be_visible()
    weights.get_by_role("button", name="Where to find trials that are open now").click()
    expect(window.locator("#lines .here")).to_contain_text("## Where to find trials")


def test_the_other_language_is_shown_and_stays(window: Page) -> None:
    window.get_by_role("radio", name="Spanish").check()
    expect(window.locator("#inbox .subject")).to_have_text("Sus resultados y las puertas que pueden abrir")
    assert choose(window, "Phone").evaluate("document.documentElement.lang") == "es"
    expect(window.locator("#source-file")).to_have_value("issues/2026-12/issue.es.md")
    window.reload()
    expect(window.get_by_role("radio", name="Spanish")).to_be_checked()


def test_a_reader_who_chose_less_is_shown_less(window: Page, edit: Callable[..., None]) -> None:
    expect(window.get_by_role("group", name="For a reader who chose")).to_be_hidden()
    part = "::: for topic=living\nA part about rest.\n:::\n\nHello, {{first_name"
    edit("Hello, {{first_name", part)
    edit("Hola, {{first_name", part.replace("Hello", "Hola"), file="issues/2026-12/issue.es.md")
    choice = window.get_by_role("checkbox", name="Day-to-day life")
    expect(choice).to_be_checked()
    assert "A part about rest." in choose(window, "Desktop").evaluate("document.body.innerText")
    choice.uncheck()
    for tab in ("Desktop", "Text part"):
        assert "A part about rest." not in choose(window, tab).evaluate("document.body.innerText")
    assert "A part about rest." in choose(window, "Web page").evaluate("document.body.innerText")


def test_a_link_of_the_mail_is_told_and_not_followed(window: Page) -> None:
    mail = window.frame_locator("#desktop iframe:not(.behind)")
    mail.get_by_role("link", name="Read this on the web").first.click()
    expect(window.locator("#link")).to_contain_text("Leads to http")
    expect(mail.get_by_text("Hello, Alex")).to_be_visible()
    mail.get_by_role("link", name="How it is found").click()
    assert choose(window, "Desktop").evaluate("scrollY") > 300
    assert len(window.context.pages) == 1


def test_tabs_are_reached_by_arrow_keys(window: Page) -> None:
    window.get_by_role("tab", name="Desktop").focus()
    for key, name in [
        ("ArrowRight", "Phone"),
        ("End", "Size"),
        ("ArrowRight", "Desktop"),
        ("ArrowLeft", "Size"),
        ("Home", "Desktop"),
    ]:
        window.keyboard.press(key)
        expect(window.get_by_role("tab", name=name)).to_be_focused()
        expect(window.get_by_role("tab", selected=True)).to_have_text(name)


def test_nothing_is_asked_of_anybody_else(window: Page, url: str, asked: list[str]) -> None:
    for tab in TABS:
        choose(window, tab)
    window.get_by_role("tab", name="Size").click()
    window.wait_for_load_state("load")
    assert len(asked) > len(TABS)
    assert [address for address in asked if not address.startswith((url, "data:"))] == []
    assert window.context.cookies() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [700, 1360])
def test_the_page_has_no_barrier(window: Page, edit: Callable[..., None], scheme: str, width: int) -> None:
    window.set_viewport_size({"width": width, "height": 850})
    window.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    edit("subject: Your", "subject: READ THIS your")
    window.locator("#finding-list button").click()
    edit("::: helpline", "::: helplne")
    expect(window.locator("#banner")).to_be_visible()
    for tab in [*TABS, "Size"]:
        window.get_by_role("tab", name=tab).click()
        # The mails have tests of their own, at every width; no script may look into their frames here.
        found = Axe().run(window, options={"iframes": False})
        assert found.violations_count == 0, found.generate_report()
    assert window.evaluate("document.documentElement.scrollWidth") <= width

"""Mails and web pages in Chromium: no barrier, nothing wider than the screen, whatever the mail program takes away or changes.

The gallery shows every block in every state, so what holds for it holds for what an editor writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from newsletter.rendering.edition import Edition
from newsletter.rendering.schemes import ColourScheme, in_one_scheme, without_styles
from newsletter.rendering.theme import turned_over
from tests.browser.rendering.conftest import filled

pytestmark = pytest.mark.browser

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
GALLERY = ["gallery-2026-12-en", "gallery-2026-12-es"]
SAMPLE = ["sample-2026-12-en", "sample-2026-12-es"]
SMALL = ["gallery-2026-10-en", "gallery-2026-10-es", "gallery-2026-08-en", "gallery-2026-08-es"]
Screen = tuple[int, Literal["light", "dark"]]
SCREENS: list[Screen] = [(700, "light"), (700, "dark"), (375, "light"), (375, "dark")]
NARROW = (320, 350, 375)
"""Pixels. 320: WCAG 2.2, 1.4.10, and 1280 at a zoom of 400 %; 350: a mail window of 700 at 200 %; 375: most phones."""


def _look(page: Page, html: str, screen: Screen, *, rules: Mapping[str, object]) -> None:
    width, scheme = screen
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.set_content(html)
    found = Axe().run(page, options={**rules, "resultTypes": ["violations"], "preload": False})
    assert found.violations_count == 0, found.generate_report()


def _of(*tags: str) -> Mapping[str, object]:
    return {"runOnly": {"type": "tag", "values": list(tags)}}


@pytest.mark.parametrize("screen", SCREENS, ids=str)
@pytest.mark.parametrize("name", [*GALLERY, *SAMPLE])
def test_the_mail_has_no_barrier(offline_page: Page, editions: dict[str, Edition], name: str, screen: Screen) -> None:
    _look(offline_page, filled(editions[name].html), screen, rules=_of(*WCAG))


@pytest.mark.parametrize("screen", SCREENS, ids=str)
@pytest.mark.parametrize("name", [*GALLERY, *SAMPLE])
def test_the_mail_has_no_barrier_where_a_mail_program_drops_its_styles(
    offline_page: Page, editions: dict[str, Edition], name: str, screen: Screen
) -> None:
    _look(offline_page, without_styles(filled(editions[name].html)), screen, rules=_of(*WCAG))


@pytest.mark.parametrize("name", SMALL)
def test_a_short_mail_has_no_barrier(offline_page: Page, editions: dict[str, Edition], name: str) -> None:
    _look(offline_page, filled(editions[name].html), (375, "dark"), rules=_of(*WCAG))


@pytest.mark.parametrize("screen", SCREENS, ids=str)
@pytest.mark.parametrize("name", [*GALLERY, *SAMPLE])
def test_the_web_page_has_no_barrier_and_no_bad_habit(
    offline_page: Page, editions: dict[str, Edition], name: str, screen: Screen
) -> None:
    _look(offline_page, editions[name].web, screen, rules=_of(*WCAG, "best-practice"))


@pytest.mark.parametrize("name", [GALLERY[0], SAMPLE[1]])
def test_the_mail_can_be_read_where_a_mail_program_turns_its_colours_over(
    offline_page: Page, editions: dict[str, Edition], name: str
) -> None:
    light = in_one_scheme(filled(editions[name].html), ColourScheme.LIGHT)
    turned = re.sub(r"#[0-9a-fA-F]{6}\b", lambda match: turned_over(match[0]), light)
    _look(offline_page, turned, (375, "light"), rules={"runOnly": {"type": "rule", "values": ["color-contrast"]}})
    ground = offline_page.evaluate("getComputedStyle(document.querySelector('.sheet')).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", ground))) < 3 * 40


@pytest.mark.parametrize("name", [*GALLERY, *SAMPLE, *SMALL])
def test_nothing_is_wider_than_the_screen(offline_page: Page, editions: dict[str, Edition], name: str) -> None:
    edition = editions[name]
    for page in (filled(edition.html), without_styles(filled(edition.html)), edition.web):
        offline_page.set_content(page)
        for width in NARROW:
            offline_page.set_viewport_size({"width": width, "height": 900})
            assert offline_page.evaluate("document.documentElement.scrollWidth") <= width


def test_text_of_twice_the_size_stays_on_the_screen(offline_page: Page, editions: dict[str, Edition]) -> None:
    """WCAG 2.2, 1.4.4: only the text grows, as phones do it for those who set it so."""
    offline_page.set_viewport_size({"width": 700, "height": 900})
    offline_page.set_content(editions[GALLERY[0]].web)
    offline_page.add_style_tag(content="html { font-size: 200%; }")
    assert offline_page.evaluate("document.documentElement.scrollWidth") <= 700


def test_where_pictures_are_off_their_words_can_be_read(offline_page: Page, editions: dict[str, Edition]) -> None:
    offline_page.set_viewport_size({"width": 375, "height": 900})
    offline_page.set_content(filled(editions[GALLERY[0]].html))
    shown = offline_page.evaluate(
        """() => [...document.images].map(image => {
            const size = parseFloat(getComputedStyle(image).fontSize), box = image.getBoundingClientRect();
            return {drawn: image.naturalWidth, words: image.alt, size, height: box.height, right: box.right};
        })"""
    )
    assert len(shown) == 3
    for image in shown:
        assert image["drawn"] == 0
        assert image["words"]
        assert image["size"] >= 16
        assert image["height"] >= 20
        assert image["right"] <= 375

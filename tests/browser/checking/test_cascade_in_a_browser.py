"""The checks' own reading of styles against Chromium's: colour, ground and size of every text of the mails."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Page
from selectolax.lexbor import LexborHTMLParser

from newsletter.authoring.folder import GALLERY, ISSUES, read_issues
from newsletter.checking.cascade import VIEWS, MailView, shown_text
from newsletter.checking.page_facts import PageFacts
from newsletter.config import load_config
from newsletter.rendering.design import load_design
from newsletter.rendering.render import Letterhead, render_editions
from newsletter.rendering.schemes import without_styles
from tests.site_folder import REPOSITORY

pytestmark = pytest.mark.browser

LOOKS = """() => {
    const found = new Set()
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement
        if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue
        let above = element
        while (above && getComputedStyle(above).backgroundColor === "rgba(0, 0, 0, 0)") above = above.parentElement
        const style = getComputedStyle(element)
        const ground = above ? getComputedStyle(above).backgroundColor : "rgb(255, 255, 255)"
        found.add([style.color, ground, Math.round(parseFloat(style.fontSize))].join(" "))
    }
    return [...found]
}"""


@pytest.fixture(scope="module")
def mails() -> dict[str, str]:
    config = load_config(REPOSITORY)
    design, letterhead = load_design(REPOSITORY), Letterhead.of(config)
    return {
        f"{shelf}-{edition.language}": edition.html
        for shelf in (ISSUES, GALLERY)
        for edition in render_editions(read_issues(REPOSITORY, "2026-12", ("en", "es"), shelf=shelf), design, letterhead)
    }


def in_words(colour: str) -> str:
    return "rgb({}, {}, {})".format(*(int(colour[start : start + 2], 16) for start in (1, 3, 5)))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
@pytest.mark.parametrize("name", [f"{shelf}-{language}" for shelf in (ISSUES, GALLERY) for language in ("en", "es")])
def test_text_looks_as_the_checks_believe(page: Page, mails: dict[str, str], name: str, view: MailView) -> None:
    html = mails[name]
    scheme: Literal["light", "dark"] = "dark" if view.scheme == "dark" else "light"
    page.set_viewport_size({"width": view.width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.set_content(re.sub(r' src="[^"]*"', "", html if view.styled else without_styles(html)))
    believed = {
        f"{in_words(text.look.ink)} {in_words(text.look.ground)} {round(text.look.size)}"
        for text in shown_text(PageFacts(LexborHTMLParser(html)), [view])
    }
    assert believed == set(page.evaluate(LOOKS))

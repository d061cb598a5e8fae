"""Every pair of colours that the templates can put on each other is one that the theme is checked for when it is read."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page

from newsletter.rendering.edition import Edition
from newsletter.rendering.schemes import without_styles
from newsletter.rendering.theme import TEXT_ON_GROUND, read_theme
from tests.browser.rendering.conftest import HOME, draw_editions, filled

pytestmark = pytest.mark.browser

OTHER = Path(__file__).resolve().parents[2] / "unit/rendering/other_theme.toml"
MEASURED = {*TEXT_ON_GROUND, *read_theme(HOME / "templates" / "theme.toml").measured.text_on_ground}
PAIRS = """() => {
    const clear = colour => colour === "rgba(0, 0, 0, 0)" || colour === "transparent";
    const ground = node => {
        for (; node; node = node.parentElement) {
            const colour = getComputedStyle(node).backgroundColor;
            if (!clear(colour)) return colour;
        }
        return "none";
    };
    const pairs = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const holder = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !holder.checkVisibility()) continue;
        pairs.add(getComputedStyle(holder).color + " on " + ground(holder));
    }
    return [...pairs];
}"""


@pytest.fixture(scope="module")
def rebranded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Edition]:
    """Draw everything in a theme whose colours are all different, so that each names its part."""
    home = tmp_path_factory.mktemp("other")
    for name in ("templates", "issues", "subscribers"):
        shutil.copytree(HOME / name, home / name)
    shutil.copy(OTHER, home / "templates" / "theme.toml")
    return draw_editions(home)


def _named(pairs: list[str], scheme: Literal["light", "dark"]) -> set[tuple[str, str]]:
    colours: Mapping[str, str] = getattr(read_theme(OTHER), scheme).model_dump()
    parts = {colour: name for name, colour in colours.items()}

    def part(colour: str) -> str:
        channels = [int(number) for number in re.findall(r"\d+", colour)][:3]
        return parts.get("#" + "".join(f"{channel:02x}" for channel in channels), colour)

    found = (pair.partition(" on ") for pair in pairs)
    return {(part(text), part(ground)) for text, _, ground in found}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["gallery-2026-12-en", "gallery-2026-10-es", "sample-2026-12-es"])
def test_every_text_stands_on_a_ground_that_its_contrast_is_measured_against(
    offline_page: Page, rebranded: dict[str, Edition], name: str, scheme: Literal["light", "dark"]
) -> None:
    offline_page.emulate_media(color_scheme=scheme)
    for page in (filled(rebranded[name].html), rebranded[name].web):
        offline_page.set_content(page)
        found = _named(offline_page.evaluate(PAIRS), scheme)
        assert len(found) >= 7
        assert found <= MEASURED


def test_without_styles_the_light_pairs_remain(offline_page: Page, rebranded: dict[str, Edition]) -> None:
    offline_page.emulate_media(color_scheme="dark")
    offline_page.set_content(without_styles(filled(rebranded["gallery-2026-12-en"].html)))
    assert _named(offline_page.evaluate(PAIRS), "light") <= MEASURED

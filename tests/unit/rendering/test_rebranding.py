"""``theme.toml`` alone gives the newsletter another look: no template holds a colour, a font or a size of its own."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from newsletter.authoring.folder import GALLERY, list_issues, read_issues
from newsletter.rendering.design import load_design
from newsletter.rendering.edition import Edition
from newsletter.rendering.render import render_editions
from newsletter.rendering.theme import TEXT_ON_GROUND, Scheme, read_theme
from tests.unit.rendering.drafting import BOTH_LANGUAGES, HOME

OTHER = Path(__file__).with_name("other_theme.toml")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
ANY_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b(?=[;,\"'\s!)])|\b(?:rgb|hsl)a?\(")
PAPER_AND_INK = {"#ffffff", "#000000"}
"""What a printer puts on paper, and MJML's own text colour, which every text of ours replaces."""

WHITE_BEHIND_A_FRAME = {"#fff"}
"""What a browser shows behind a mail in a frame, until the mail is there."""


def _colours(theme: Path) -> set[str]:
    tables = tomllib.loads(theme.read_text("utf-8"))
    return {colour for scheme in ("light", "dark") for colour in tables[scheme].values()}


def _fonts(theme: Path) -> set[str]:
    fonts: Mapping[str, str] = tomllib.loads(theme.read_text("utf-8"))["fonts"]
    return {name.strip() for stack in fonts.values() for name in stack.split(",")} - {"serif", "sans-serif", "monospace"}


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> list[Edition]:
    home = tmp_path_factory.mktemp("other")
    for name in ("templates", "issues", "subscribers"):
        shutil.copytree(HOME / name, home / name)
    shutil.copy(OTHER, home / "templates" / "theme.toml")
    design = load_design(home)
    names = list_issues(home, GALLERY)
    return [
        edition
        for name in names
        for edition in render_editions(read_issues(home, name, ("en", "es"), shelf=GALLERY), design, BOTH_LANGUAGES)
    ]


def test_the_other_theme_shares_nothing_with_ours() -> None:
    ours = HOME / "templates" / "theme.toml"
    assert _colours(OTHER).isdisjoint(_colours(ours))
    assert _fonts(OTHER).isdisjoint(_fonts(ours))
    colours = [colour for scheme in ("light", "dark") for colour in tomllib.loads(OTHER.read_text("utf-8"))[scheme].values()]
    assert len(colours) == len(set(colours))


def test_every_colour_of_mail_and_web_page_is_the_themes(editions: list[Edition]) -> None:
    for edition in editions:
        for page in (edition.html, edition.web):
            assert set(COLOUR.findall(page)) <= _colours(OTHER) | PAPER_AND_INK


def test_every_colour_of_the_theme_is_put_to_use(editions: list[Edition]) -> None:
    mails = {colour for edition in editions for colour in COLOUR.findall(edition.html)}
    dark = read_theme(OTHER).dark
    assert _colours(OTHER) - {dark.example} <= mails


def test_every_font_and_size_is_the_themes(editions: list[Edition]) -> None:
    theme = read_theme(OTHER)
    sizes = set(theme.sizes.model_dump().values())
    for edition in editions:
        families = re.findall(r"font-family:\s*([^;}\"]+)", re.sub(r"font-family:\s*inherit", "", edition.html + edition.web))
        stacks = {stack.replace(", ", ",") for stack in theme.fonts.model_dump().values()}
        assert {family.strip().replace(", ", ",") for family in families} <= stacks
        for font in _fonts(HOME / "templates" / "theme.toml"):
            assert font not in edition.html, font
            assert font not in edition.web, font
        assert {int(size) for size in re.findall(r"font(?:-size)?:(?:400 )?(\d+)px", edition.html)} - {0, 1} <= sizes
        assert {float(size) * 16 for size in re.findall(r"--size-[a-z-]+: ([\d.]+)rem", edition.web)} == sizes


@pytest.mark.parametrize("file", sorted((HOME / "templates").rglob("*.j2")), ids=lambda file: file.name)
def test_no_template_of_a_mail_or_page_holds_a_colour(file: Path) -> None:
    text = file.read_text("utf-8")
    if file.name == "page.css.j2":
        text = text[: text.index("@media print")]
    assert set(ANY_COLOUR.findall(text)) <= WHITE_BEHIND_A_FRAME


def test_every_colour_of_text_is_measured_against_some_ground() -> None:
    texts, grounds = zip(*TEXT_ON_GROUND, strict=True)
    lines = {name for name in Scheme.model_fields if name.endswith("line") or name == "accent"}
    assert set(texts) | set(grounds) | lines == set(Scheme.model_fields)

"""docs/howto/add-a-block.md, followed to the letter in a site folder: no Python, and readers see the new block everywhere."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.conftest import REPOSITORY, Site

PAGE = (REPOSITORY / "docs/howto/add-a-block.md").read_text("utf-8")
FENCE = re.compile(r"^```(?:toml|jinja|markdown) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {file: text for file, text in FENCE.findall(PAGE) if file != "issue.md"}
(EXAMPLE,) = [text for file, text in FENCE.findall(PAGE) if file == "issue.md"]
ISSUE = "issues/2026-12/issue.md"


@pytest.fixture
def site_with_recipes(site: Site) -> Site:
    """Do what the page says: new files are made, and what a file has already stays above what is added."""
    for name, text in FILES.items():
        file = site.folder / name
        before = file.read_text("utf-8") if file.exists() else ""
        file.write_text(before + text, "utf-8")
    return site


def add(site: Site, markdown: str) -> None:
    """Write at the end of the sample issue, in both languages."""
    for name in (ISSUE, ISSUE.replace(".md", ".es.md")):
        file = site.folder / name
        file.write_text(f"{file.read_text('utf-8')}\n{markdown}", "utf-8")


def test_the_page_holds_one_entry_the_words_and_one_template_for_each_medium() -> None:
    assert list(FILES) == [
        "templates/blocks.toml",
        "templates/words/en.toml",
        "templates/words/es.toml",
        "templates/email/blocks/recipe.html.j2",
        "templates/text/blocks/recipe.txt.j2",
        "templates/web/blocks/recipe.html.j2",
    ]


def test_readers_see_the_new_block_in_mail_text_and_web_page(site_with_recipes: Site) -> None:
    add(site_with_recipes, EXAMPLE)
    assert "error" not in site_with_recipes.run("check", "2026-12", "--offline")
    site_with_recipes.run("build", "2026-12", "--out", "out")
    for language, words in {
        "en": ("Recipe", "10 minutes", "Good for a queasy morning"),
        "es": ("Receta", "10 minutos", "Para a queasy morning"),
    }.items():
        label, *said = words
        for name in ("email.html", "email.txt", "web.html"):
            page = (site_with_recipes.folder / "out" / language / name).read_text("utf-8")
            for shown in (label, "Ginger tea that stays down", *said, "Two slices of fresh ginger", "small sips"):
                assert shown in page, (language, name, shown)


def test_a_mistake_in_the_new_block_is_found_in_its_line(site_with_recipes: Site) -> None:
    add(site_with_recipes, EXAMPLE.replace("minutes=10", "minutes=ten"))
    lines = (site_with_recipes.folder / ISSUE).read_text("utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.startswith("::: recipe"))
    printed = site_with_recipes.run("check", "2026-12", "--offline", code=1)
    assert f"{ISSUE}:{line}:" in printed
    assert "“minutes” has to be a whole number, not “ten”" in printed


def test_a_kind_without_a_template_is_an_error_before_any_issue_uses_it(site_with_recipes: Site) -> None:
    (site_with_recipes.folder / "templates/text/blocks/recipe.txt.j2").unlink()
    printed = site_with_recipes.run("check", "2026-12", "--offline", code=1)
    assert "There is no template templates/text/blocks/recipe.txt.j2" in printed


def test_a_template_with_a_mistake_is_named_with_its_line_before_any_issue_uses_it(site_with_recipes: Site) -> None:
    template = site_with_recipes.folder / "templates/web/blocks/recipe.html.j2"
    template.write_text("<div>\n{% if block.title %}\n</div>\n{{ body | underscored }}\n", "utf-8")
    assert "templates/web/blocks/recipe.html.j2, line " in site_with_recipes.run("check", "2026-12", "--offline", code=1)

from __future__ import annotations

import shutil
import string
from datetime import date
from pathlib import Path

import pytest

from newsletter.config import load_config
from newsletter.errors import TemplateError
from newsletter.subscribers.web.page_design import PageDesign, load_page_design

TEMPLATES = Path(__file__).parents[3] / "templates"
LETTER = load_config(TEMPLATES.parent).newsletter


@pytest.fixture(scope="module")
def design() -> PageDesign:
    return load_page_design(TEMPLATES, LETTER)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    return tmp_path / "templates"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(
    ("stored", "accepted", "language"),
    [
        ("es", "en-US,en", "es"),
        ("fr", "es-MX;q=0.9, en;q=0.1", "es"),
        (None, "es-419,es;q=0.9,en;q=0.8", "es"),
        (None, "de, es;q=0.1", "es"),
        (None, "de", "en"),
        (None, "", "en"),
        (None, "*;q=x,,;\x00", "en"),
    ],
)
def test_a_readers_own_language_comes_first_then_their_browsers_then_the_first(
    design: PageDesign, stored: str | None, accepted: str, language: str
) -> None:
    assert design.words_for(stored, accepted).language == language


def test_a_day_is_written_as_people_of_the_language_do(design: PageDesign) -> None:
    assert design.words["en"].day(date(2027, 3, 1)) == "March 1, 2027"
    assert design.words["es"].day(date(2027, 3, 1)) == "1 de marzo de 2027"


def test_the_newsletters_name_stands_in_the_words_whatever_is_in_it(copy: Path) -> None:
    odd = load_page_design(copy, LETTER.model_copy(update={"name": "Mets {day} Matters"}))
    assert "Mets {day} Matters" in odd.words["en"].say("goodbye", "one_click")


def test_both_languages_fill_in_the_same_values(design: PageDesign) -> None:
    english, spanish = design.words["en"].sections, design.words["es"].sections
    for section, texts in english.items():
        for name, text in texts.items():
            if isinstance(text, str):
                assert fields(text) == fields(spanish[section][name]), f"[{section}] {name}"


def test_every_difference_between_the_languages_is_reported_at_once(copy: Path) -> None:
    file = copy / "pages" / "words.es.toml"
    file.write_text(
        file.read_text("utf-8").replace("[unknown]\ntitle =", "[unknown]\ntitel =").replace('\nsave = "', '\nsabe = "'), "utf-8"
    )
    with pytest.raises(TemplateError) as wrong:
        load_page_design(copy, LETTER)
    assert [line.split(": ")[-1] for line in str(wrong.value).splitlines()[1:]] == [
        "[manage] save is missing",
        "[unknown] title is missing",
        "[manage] sabe is not in words.en.toml",
        "[unknown] titel is not in words.en.toml",
    ]


def test_missing_and_broken_files_are_all_named(copy: Path) -> None:
    (copy / "pages" / "words.es.toml").unlink()
    (copy / "pages" / "words.en.toml").write_text("[date", "utf-8")
    (copy / "theme.toml").write_text("paper = 1", "utf-8")
    with pytest.raises(TemplateError) as wrong:
        load_page_design(copy, LETTER)
    lines = str(wrong.value).splitlines()[1:]
    assert len(lines) == 3
    assert "words.es.toml is missing" in lines[1]
    assert "paper stands outside a [section]" in lines[2]

from pathlib import Path

import pytest

from newsletter.errors import TemplateError
from newsletter.rendering.theme import LEAST_CONTRAST, contrast, read_theme, turned_over
from tests.unit.rendering.drafting import HOME

THEME = (HOME / "templates" / "theme.toml").read_text("utf-8")


def _theme(folder: Path, text: str) -> Path:
    file = folder / "theme.toml"
    file.write_text(text, "utf-8")
    return file


def test_contrast_is_the_ratio_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


def test_a_pair_that_is_too_faint_is_named_with_its_ratio(tmp_path: Path) -> None:
    faint = THEME.replace('ink = "#2f2733"', 'ink = "#999999"')
    with pytest.raises(TemplateError, match=r"light: ink on sheet has a contrast of 2\.8\d, less than 4\.5"):
        read_theme(_theme(tmp_path, faint))


def test_a_theme_may_name_more_pairs_to_be_measured(tmp_path: Path) -> None:
    named = THEME.replace("text_on_ground = []", 'text_on_ground = [["accent", "sheet"]]')
    with pytest.raises(TemplateError, match=r"light: accent on sheet has a contrast of 2\.\d+"):
        read_theme(_theme(tmp_path, named))
    with pytest.raises(TemplateError, match=r"text_on_ground.*one of paper, sheet"):
        read_theme(_theme(tmp_path, named.replace('"accent", ', '"accents", ')))


def test_a_pair_that_fails_in_the_dark_scheme_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"dark: link on card has a contrast of \d"):
        read_theme(_theme(tmp_path, THEME.replace('link = "#83d3ca"', 'link = "#3a5a58"')))


def test_a_pair_that_would_be_faint_where_a_mail_program_turns_it_dark_is_named(tmp_path: Path) -> None:
    dull = THEME.replace('link = "#0b5f60"', 'link = "#7a1fff"')
    assert contrast("#7a1fff", "#fffdf9") > LEAST_CONTRAST
    with pytest.raises(TemplateError, match=r"light, where a mail program turns it dark: link on sheet"):
        read_theme(_theme(tmp_path, dull))


@pytest.mark.parametrize(
    ("colour", "turned"),
    [("#000000", "#ffffff"), ("#ffffff", "#000000"), ("#ff0000", "#ff0000"), ("#800000", "#ff7f7f"), ("#0b5f60", "#9ff3f4")],
)
def test_a_colour_turned_over_keeps_its_hue(colour: str, turned: str) -> None:
    assert turned_over(colour) == turned
    assert turned_over(turned) == colour


def test_all_mistakes_of_a_theme_are_named_at_once(tmp_path: Path) -> None:
    wrong = THEME.replace("text = 17", "text = 15").replace('link = "#0b5f60"', 'link = "teal"')
    with pytest.raises(TemplateError) as error:
        read_theme(_theme(tmp_path, wrong))
    assert "sizes.text" in str(error.value)
    assert "light.link" in str(error.value)


def test_a_theme_that_cannot_be_read_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"theme\.toml"):
        read_theme(_theme(tmp_path, "[light"))
    with pytest.raises(TemplateError, match=r"theme\.toml"):
        read_theme(tmp_path / "nowhere" / "theme.toml")

import re
from pathlib import Path

import pytest

from newsletter.errors import TemplateError
from newsletter.rendering.words import day, read_words
from tests.unit.rendering.drafting import DESIGN, HOME


def test_every_language_says_everything() -> None:
    assert set(read_words(HOME / "templates" / "words")) >= {"en", "es"}


def test_a_language_that_lacks_a_word_is_named_with_the_key(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text('[mail]\nwhy = "Because"\n', "utf-8")
    (tmp_path / "es.toml").write_text("[mail]\n", "utf-8")
    with pytest.raises(TemplateError, match=r"es\.toml lacks mail\.why"):
        read_words(tmp_path)


def test_a_word_that_the_program_says_is_missed_though_no_language_has_it(tmp_path: Path) -> None:
    """An older site folder meets a newer program: the file and the key are named, and nothing stops in the middle."""
    for language in ("en", "es"):
        words = (HOME / "templates" / "words" / f"{language}.toml").read_text("utf-8")
        (tmp_path / f"{language}.toml").write_text(re.sub(r"^(from_to|untitled) = .*$", "", words, flags=re.MULTILINE), "utf-8")
    with pytest.raises(TemplateError) as caught:
        read_words(tmp_path)
    assert [line.rpartition("/")[2] for line in str(caught.value).splitlines()[1:]] == [
        "en.toml lacks dates.from_to",
        "en.toml lacks trial.untitled",
        "es.toml lacks dates.from_to",
        "es.toml lacks trial.untitled",
    ]


def test_words_that_cannot_be_read_name_their_file(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="holds no words"):
        read_words(tmp_path)
    (tmp_path / "en.toml").write_text("[mail", "utf-8")
    with pytest.raises(TemplateError, match=r"en\.toml"):
        read_words(tmp_path)


def test_a_language_without_words_names_the_file_to_write() -> None:
    with pytest.raises(TemplateError, match=r"templates/words/fr\.toml"):
        DESIGN.words_in("fr")


@pytest.mark.parametrize(
    ("date", "said"),
    [("2026-11-03", "November 3, 2026"), ("2026-11", "2026-11"), ("2026-13-01", "2026-13-01"), ("a-b-c", "a-b-c")],
)
def test_a_day_is_written_out(date: str, said: str) -> None:
    assert day(date, DESIGN.words_in("en")) == said

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.authoring import correction_files
from newsletter.authoring.correction_files import lay_out_correction
from newsletter.errors import NotAllowedError, UsageError

TEXT = "---\ntitle: a\nlanguage: {}\n---\n{}\n"
LANGUAGES = ("en", "es")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "site/issues/2026-12").mkdir(parents=True)
    return tmp_path / "site"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Give a folder with much in it, of which a correction is only a part."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "cat.png").write_bytes(b"cat")
    (tmp_path / "secret.png").write_bytes(b"secret")
    return folder


def write(file: Path, body: str = "Text.", language: str = "en") -> Path:
    file.write_text(TEXT.format(language, body), "utf-8")
    return file


def made(home: Path) -> list[str]:
    return sorted(file.relative_to(home / "issues").as_posix() for file in (home / "issues").rglob("*") if file.is_file())


def test_text_translation_and_the_pictures_they_name_are_taken_and_nothing_else(home: Path, desk: Path) -> None:
    (desk / "my clock.png").write_bytes(b"clock")
    (desk / "more").mkdir()
    (desk / "more/sun.jpg").write_bytes(b"sun")
    write(desk / "oops.md", '::: figure "my clock.png" alt="x"\n:::\n\n::: figure ../secret.png alt="x"\n:::')
    write(desk / "oops.es.md", '::: figure more/sun.jpg alt="x"\n:::', "es")
    folder = lay_out_correction(home, "2026-12", desk / "oops.md", LANGUAGES)
    name = "2026-12-correction-1"
    assert (folder.name, folder.made) == (name, True)
    assert made(home) == [f"{name}/issue.es.md", f"{name}/issue.md", f"{name}/more/sun.jpg", f"{name}/my clock.png"]
    assert folder.came_from == {"issue.md": desk / "oops.md", "issue.es.md": desk / "oops.es.md"}


def test_what_it_corrects_is_written_at_the_top_of_the_copy_where_it_is_missing(home: Path, desk: Path) -> None:
    file = write(desk / "oops.md")
    before = file.read_bytes()
    folder = lay_out_correction(home, "2026-12", file, LANGUAGES)
    copied = (home / "issues" / folder.name / "issue.md").read_text("utf-8")
    assert copied == "---\ntitle: a\nlanguage: en\ncorrects: 2026-12\n---\nText.\n"
    assert file.read_bytes() == before


@pytest.mark.parametrize("line", ["corrects: 2026-12", 'corrects: "2026-12"', "corrects:   2026-12  # the helpline"])
def test_what_it_corrects_may_stand_there(home: Path, desk: Path, line: str) -> None:
    file = desk / "oops.md"
    file.write_text(f"---\ntitle: a\n{line}\n---\nText.\n", "utf-8")
    folder = lay_out_correction(home, "2026-12", file, LANGUAGES)
    assert (home / "issues" / folder.name / "issue.md").read_text("utf-8") == file.read_text("utf-8")


def test_another_issue_at_the_top_is_refused(home: Path, desk: Path) -> None:
    file = desk / "oops.md"
    file.write_text("---\ncorrects: 2026-10\n---\nText.\n", "utf-8")
    with pytest.raises(UsageError, match="says that it corrects 2026-10, not 2026-12"):
        lay_out_correction(home, "2026-12", file, LANGUAGES)
    assert made(home) == []


def test_a_word_of_the_text_is_not_taken_for_the_field(home: Path, desk: Path) -> None:
    file = write(desk / "oops.md", "corrects: 2026-10")
    folder = lay_out_correction(home, "2026-12", file, LANGUAGES)
    assert "corrects: 2026-12\n---" in (home / "issues" / folder.name / "issue.md").read_text("utf-8")


def test_a_file_that_cannot_be_read_is_said(home: Path, desk: Path) -> None:
    (desk / "old.md").write_bytes("---\ntitle: caf\xe9\n---\n".encode("latin-1"))
    for name, said in (("old.md", "not saved as UTF-8"), ("gone.md", "cannot be read"), (".", "cannot be read")):
        with pytest.raises(UsageError, match=said):
            lay_out_correction(home, "2026-12", desk / name, LANGUAGES)


def test_without_a_top_the_text_is_left_to_the_checks(home: Path, desk: Path) -> None:
    file = desk / "oops.md"
    file.write_text("Text.\n", "utf-8")
    folder = lay_out_correction(home, "2026-12", file, LANGUAGES)
    assert (home / "issues" / folder.name / "issue.md").read_text("utf-8") == "Text.\n"


def test_another_text_gets_the_next_number_and_the_same_one_its_folder(home: Path, desk: Path) -> None:
    first, second = write(desk / "one.md", "One."), write(desk / "two.md", "Two.")
    names = [lay_out_correction(home, "2026-12", file, LANGUAGES) for file in (first, second, first)]
    assert [(one.name[-1], one.made) for one in names] == [("1", True), ("2", True), ("1", False)]


def test_who_is_overtaken_takes_the_next_number(home: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = home / "issues/2026-12-correction-1"
    taken.mkdir()
    (taken / "issue.md").write_text("Somebody else's.", "utf-8")
    numbers = iter(["2026-12-correction-1", "2026-12-correction-2"])
    monkeypatch.setattr(correction_files, "next_correction", lambda *_: next(numbers))
    assert lay_out_correction(home, "2026-12", write(desk / "oops.md"), LANGUAGES).name == "2026-12-correction-2"
    monkeypatch.setattr(correction_files, "next_correction", lambda *_: "2026-12-correction-1")
    with pytest.raises(NotAllowedError, match="run it again"):
        lay_out_correction(home, "2026-12", write(desk / "other.md", "Other."), LANGUAGES)
    assert [path.name for path in (home / "issues").iterdir() if path.name.startswith(".")] == []

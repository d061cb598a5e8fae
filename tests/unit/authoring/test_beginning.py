from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from newsletter.authoring.beginning import Beginning, begin_issue
from newsletter.errors import NotAllowedError, TemplateError, UsageError
from tests.site_folder import REPOSITORY

FEBRUARY = Beginning("Mets Matters", 2027, 2, {"en": "February", "es": "febrero"})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "templates/starter", tmp_path / "templates/starter")
    shutil.copytree(REPOSITORY / "issues", tmp_path / "issues")
    return tmp_path


def test_an_issue_begins_in_every_language_with_its_month_and_review_date(home: Path) -> None:
    files = begin_issue(home, "2027-02", beginning=FEBRUARY)
    assert [file.name for file in files] == ["issue.md", "issue.es.md"]
    english, spanish = (file.read_text("utf-8") for file in files)
    assert "title: Mets Matters, February 2027\n" in english
    assert "title: Mets Matters, febrero de 2027\n" in spanish
    assert "review_by: 2027-05-01\n" in english
    assert "{{first_name|friend}}" in english
    assert [path.name for path in (home / "issues").iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(("year", "month", "day"), [(2026, 9, date(2026, 12, 1)), (2026, 10, date(2027, 1, 1))])
def test_the_review_is_due_three_months_later(year: int, month: int, day: date) -> None:
    assert Beginning("", year, month, {}).review_by == day


def test_an_earlier_issue_gives_its_text_and_pictures_and_not_its_lock(home: Path) -> None:
    begin_issue(home, "2027-02", beginning=FEBRUARY, earlier="2026-12")
    old, new = home / "issues/2026-12", home / "issues/2027-02"
    for name in ("issue.md", "issue.es.md"):
        before, after = ((folder / name).read_text("utf-8").splitlines() for folder in (old, new))
        changed = [line for line, former in zip(after, before, strict=True) if line != former]
        assert [line.partition(":")[0] for line in changed] == ["title", "review_by"]
    assert (new / "images/receptors.png").read_bytes() == (old / "images/receptors.png").read_bytes()
    assert not (new / "trials.lock.json").exists()


def test_an_issue_that_is_there_is_left_alone(home: Path) -> None:
    before = (home / "issues/2026-12/issue.md").read_bytes()
    with pytest.raises(NotAllowedError, match="is there already"):
        begin_issue(home, "2026-12", beginning=FEBRUARY)
    assert (home / "issues/2026-12/issue.md").read_bytes() == before


def test_an_earlier_issue_has_to_be_there(home: Path) -> None:
    with pytest.raises(UsageError, match="There are: 2026-12"):
        begin_issue(home, "2027-02", beginning=FEBRUARY, earlier="2020-01")
    assert not (home / "issues/2027-02").exists()


@pytest.mark.parametrize("text", ["title: $newslettre", "costs $ 5"])
def test_a_starter_that_cannot_be_filled_in_says_what_is_known(home: Path, text: str) -> None:
    (home / "templates/starter/issue.es.md").write_text(text, "utf-8")
    with pytest.raises(TemplateError, match=r"issue\.es\.md.*\$newsletter, \$month"):
        begin_issue(home, "2027-02", beginning=FEBRUARY)
    assert not (home / "issues/2027-02").exists()


def test_the_first_language_needs_a_starter_and_others_do_not(home: Path) -> None:
    (home / "templates/starter/issue.es.md").unlink()
    assert [file.name for file in begin_issue(home, "2027-02", beginning=FEBRUARY)] == ["issue.md"]
    (home / "templates/starter/issue.en.md").unlink()
    with pytest.raises(TemplateError, match=r"issue\.en\.md is missing"):
        begin_issue(home, "2027-04", beginning=FEBRUARY)

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.authoring.folder import issue_name, list_issues, read_issues
from newsletter.errors import IssueError, UsageError

ISSUE = "---\ntitle: a\nsubject: b\npreheader: c\nlanguage: {}\n---\n{}\n"


def write(home: Path, files: dict[str, str]) -> Path:
    """Make a site folder with blocks of one kind and these files of issue 2026-12."""
    (home / "templates").mkdir(parents=True)
    (home / "templates" / "blocks.toml").write_text('[note]\nsummary = "x"\n', "utf-8")
    folder = home / "issues" / "2026-12"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return home


@pytest.mark.parametrize(
    "argument",
    [
        "2026-12",
        " 2026-12 ",
        "issues/2026-12",
        "issues/2026-12/",
        "/srv/site/issues/2026-12",
        "2026-12/issue.es.md",
        "issues\\2026-12",
    ],
)
def test_an_issue_may_be_named_in_any_way_that_a_shell_completes(argument: str) -> None:
    assert issue_name(argument) == "2026-12"


@pytest.mark.parametrize("argument", ["", ".", "..", "2026", "2026-13", "december", "issues", "2026-12/.."])
def test_what_names_no_issue_is_a_usage_error(argument: str) -> None:
    with pytest.raises(UsageError, match="is no issue"):
        issue_name(argument)


def test_all_languages_are_read_in_the_order_of_the_settings(tmp_path: Path) -> None:
    home = write(tmp_path, {"issue.md": ISSUE.format("en", "Text."), "issue.es.md": ISSUE.format("es", "Texto.")})
    issues = read_issues(home, "2026-12", ["en", "es", "fr"])
    assert [(issue.language, issue.file) for issue in issues] == [
        ("en", "issues/2026-12/issue.md"),
        ("es", "issues/2026-12/issue.es.md"),
    ]
    assert issues[0].name == "2026-12"


def test_an_issue_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    home = write(tmp_path, {"issue.md": ISSUE.format("en", "Text.")})
    with pytest.raises(UsageError, match=r"There is no issues/2027-02/issue\.md.*There is one issue: 2026-12\."):
        read_issues(home, "2027-02", ["en"])
    (home / "issues" / "2026-10").mkdir()
    (home / "issues" / "2026-10" / "issue.md").touch()
    with pytest.raises(UsageError, match=r"Did you mean 2026-1[02]\? Issues: 2026-10, 2026-12\."):
        read_issues(home, "2026-11", ["en"])
    assert list_issues(home) == ["2026-10", "2026-12"]


def test_the_first_issue_is_told_where_to_begin(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"begin with issues/2026-12/issue\.md"):
        read_issues(tmp_path, "2026-12", ["en"])


def test_of_a_glossary_that_cannot_be_read_no_term_is_missing(tmp_path: Path) -> None:
    home = write(tmp_path, {"issue.md": ISSUE.format("en", "A [[biopsy]] and <b>.")})
    (home / "issues" / "glossary.toml").write_text("[biopsy\n", "utf-8")
    with pytest.raises(IssueError) as caught:
        read_issues(home, "2026-12", ["en"])
    assert [finding.rule for finding in caught.value.findings] == ["raw-html", "glossary-broken"]


def test_everything_wrong_in_all_files_is_said_at_once(tmp_path: Path) -> None:
    files = {
        "issue.md": ISSUE.format("en", "a <b>"),
        "issue.es.md": ISSUE.format("en", "Texto."),
        "issue.de.md": "",
        "issue.en.md": "",
        "trials.lock.json": "{}",
    }
    home = write(tmp_path, files)
    (home / "issues" / "glossary.toml").write_text("[a", "utf-8")
    with pytest.raises(IssueError) as caught:
        read_issues(home, "2026-12", ["en", "es"])
    assert [f"{finding.place.file}: {finding.rule}" for finding in caught.value.findings] == [
        "issues/2026-12/issue.de.md: language",
        "issues/2026-12/issue.en.md: language",
        "issues/2026-12/issue.es.md: language",
        "issues/2026-12/issue.md: raw-html",
        "issues/2026-12/trials.lock.json: trial-lock-unreadable",
        "issues/glossary.toml: glossary-broken",
    ]

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from newsletter.checking.written_issue import WrittenIssue, look_at_written_issue, read_written_issue
from newsletter.config import load_config
from newsletter.errors import IssueError, SettingsError
from tests.site_folder import REPOSITORY, make_site_folder


def read(folder: Path, settings: str, *, issue: str = "2026-12") -> WrittenIssue:
    """Read the sample issue after its review date, under settings that end with these lines."""
    home = make_site_folder(folder / "site")
    (home / "newsletter.toml").unlink()
    (home / "newsletter.toml").write_text((REPOSITORY / "newsletter.toml").read_text("utf-8") + settings, "utf-8")
    return read_written_issue(issue, sent_on=date(2090, 1, 1), config=load_config(home))


def weighed(rule_id: str, severity: str) -> str:
    return f'\n[checks.severity.{rule_id}]\nseverity = "{severity}"\nreason = "A test."\n'


def test_the_settings_weigh_the_checks_of_an_issue(tmp_path: Path) -> None:
    assert {error.rule for error in read(tmp_path / "one", "").report.errors} == {"review-date-past"}
    report = read(tmp_path / "two", weighed("review-date-past", "notice")).report
    assert not report.errors
    assert {finding.severity for finding in report.findings if finding.rule == "review-date-past"} == {"notice"}


def test_a_mistake_in_the_settings_is_said_before_the_issue_is_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"Did you mean review-date-past\?"):
        read(tmp_path, weighed("review-date-passed", "off"), issue="2031-01")


def issue_with(folder: Path, language_file: str, old: str, new: str) -> Path:
    """Make a site folder whose sample issue has one change."""
    home = make_site_folder(folder / "site")
    (home / "issues").unlink()
    shutil.copytree(REPOSITORY / "issues", home / "issues")
    file = home / "issues/2026-12" / language_file
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    return home


def test_a_translation_with_mistakes_of_form_hides_nothing_of_the_first_language(tmp_path: Path) -> None:
    home = issue_with(tmp_path, "issue.es.md", "::: helpline", "::: helplne")
    written = look_at_written_issue("2026-12", sent_on=date(2026, 12, 1), config=load_config(home))
    assert [edition.language for edition in written.editions] == ["en"]
    assert [str(finding.place.file) for finding in written.unread] == ["issues/2026-12/issue.es.md"]


def test_only_a_whole_issue_goes_further(tmp_path: Path) -> None:
    home = issue_with(tmp_path, "issue.es.md", "::: helpline", "::: helplne")
    with pytest.raises(IssueError, match="helplne"):
        read_written_issue("2026-12", sent_on=date(2026, 12, 1), config=load_config(home))


def test_a_first_language_with_mistakes_of_form_hides_the_others(tmp_path: Path) -> None:
    home = issue_with(tmp_path, "issue.md", "::: helpline", "::: helplne")
    with pytest.raises(IssueError, match="helplne"):
        look_at_written_issue("2026-12", sent_on=date(2026, 12, 1), config=load_config(home))

"""Whatever an editor breaks, the preview says it in a finding with its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from newsletter.findings import Finding, Place
from newsletter.preview.reading import MISTAKES, NO_FILE, SETTINGS, TEMPLATES, PreviewReading, read_for_preview

TODAY = date(2026, 11, 20)
ISSUE = "issues/2026-12/issue.md"


@pytest.fixture
def read(home: Path) -> Callable[[], PreviewReading]:
    return lambda: read_for_preview(home, "2026-12", sent_on=TODAY)


def only(reading: PreviewReading) -> Finding:
    [finding] = reading.findings
    return finding


def test_a_good_issue_has_no_hindrance_and_shows_its_files(read: Callable[[], PreviewReading]) -> None:
    reading = read()
    assert reading.written is not None
    assert (reading.hindrance, reading.findings) == ("", ())
    assert next(iter(reading.sources)) == ISSUE
    assert reading.sources[ISSUE].startswith("---\ntitle:")


def test_findings_of_the_checks_come_with_the_issue(read: Callable[[], PreviewReading], edit: Callable[..., None]) -> None:
    edit("subject: Your", "subject: READ THIS your")
    reading = read()
    assert reading.written is not None
    assert only(reading).place == Place(ISSUE, 3, 1)


def test_a_mistake_of_form_hinders_and_has_its_line(read: Callable[[], PreviewReading], edit: Callable[..., None]) -> None:
    edit("::: helpline", "::: helplne")
    reading = read()
    assert reading.written is None
    assert reading.hindrance == MISTAKES
    assert reading.sources[ISSUE].split("\n")[only(reading).place.line - 1] == "::: helplne"


def test_a_translation_that_cannot_be_read_leaves_the_other_languages_to_be_seen(
    read: Callable[[], PreviewReading], edit: Callable[..., None]
) -> None:
    edit("::: helpline", "::: helplne", file="issues/2026-12/issue.es.md")
    edit("subject: Your", "subject: READ THIS your")
    reading = read()
    assert reading.written is not None
    assert [edition.language for edition in reading.written.editions] == ["en"]
    assert reading.hindrance == "issue.es.md cannot be drawn until the mistakes in it are mended."
    assert {finding.rule for finding in reading.findings} == {"block-unknown", "subject-shouts"}


def test_a_broken_template_is_a_finding_in_its_line(read: Callable[[], PreviewReading], edit: Callable[..., None]) -> None:
    edit("{{ block", "{{ blok", file="templates/email/blocks/callout.html.j2")
    reading = read()
    assert reading.hindrance == TEMPLATES
    assert only(reading).place.file == "templates/email/blocks/callout.html.j2"
    assert only(reading).place.line > 0
    assert "blok" in reading.sources["templates/email/blocks/callout.html.j2"]


def test_a_broken_setting_is_a_finding(read: Callable[[], PreviewReading], edit: Callable[..., None]) -> None:
    edit('name = "Mets Matters"', 'name = "Mets Matters', file="newsletter.toml")
    reading = read()
    assert reading.hindrance == SETTINGS
    line = reading.sources["newsletter.toml"].splitlines()[4]
    assert only(reading).place == Place("newsletter.toml", 5, len(line) + 1)


def test_a_wrong_value_in_the_settings_names_the_file_alone(
    read: Callable[[], PreviewReading], edit: Callable[..., None]
) -> None:
    edit("hour = 10", "hour = 99", file="newsletter.toml")
    assert only(read()).place == Place("newsletter.toml")


def test_no_message_names_folders_of_the_machine(
    home: Path, read: Callable[[], PreviewReading], edit: Callable[..., None]
) -> None:
    edit("hour = 10", "hour = 99", file="newsletter.toml")
    assert str(home) not in only(read()).message


def test_a_file_that_is_gone_is_said_and_not_raised(home: Path, read: Callable[[], PreviewReading]) -> None:
    (home / ISSUE).unlink()
    assert read().hindrance == NO_FILE


def test_a_file_that_cannot_be_read_is_said_and_not_raised(home: Path, read: Callable[[], PreviewReading]) -> None:
    (home / "issues/glossary.toml").unlink()
    (home / "issues/glossary.toml").mkdir()
    reading = read()
    assert reading.hindrance == NO_FILE
    assert only(reading).place == Place("issues/glossary.toml")
    assert only(reading).fix


def test_only_text_of_the_site_folder_is_shown_as_a_source(home: Path) -> None:
    (home / "issues/2026-12/issue.zz.md").write_text("---\n", "utf-8")
    reading = read_for_preview(home, "2026-12", sent_on=TODAY)
    assert set(reading.sources) == {ISSUE, "issues/2026-12/issue.es.md", "issues/2026-12/issue.zz.md"}

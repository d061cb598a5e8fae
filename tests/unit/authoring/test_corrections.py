from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from newsletter.authoring.corrections import next_correction
from newsletter.authoring.folder import look_at_issues, read_issues

TEXT = "---\ntitle: a\nsubject: b\npreheader: c\nlanguage: {}\n{}---\nText.\n"
CORRECTION = "2026-12-correction-1"


def site(home: Path, files: Mapping[str, str]) -> Path:
    """Make a site folder with issues whose files have these lines at their tops, by path below issues/."""
    (home / "templates").mkdir()
    (home / "templates/blocks.toml").write_text('[note]\nsummary = "x"\n', "utf-8")
    for name, lines in files.items():
        file = home / "issues" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TEXT.format("es" if ".es." in name else "en", lines), "utf-8")
    return home


def found(home: Path, name: str = CORRECTION) -> list[tuple[str, int, str]]:
    findings = look_at_issues(home, name, ["en", "es"]).findings
    return [(finding.rule, finding.place.line, finding.fix) for finding in findings]


def test_a_correction_names_its_issue_in_every_language(tmp_path: Path) -> None:
    line = "corrects: 2026-12\n"
    files = {"2026-12/issue.md": "", f"{CORRECTION}/issue.md": line, f"{CORRECTION}/issue.es.md": line}
    issues = read_issues(site(tmp_path, files), CORRECTION, ["en", "es"])
    assert [issue.corrects for issue in issues] == ["2026-12", "2026-12"]
    assert read_issues(tmp_path, "2026-12", ["en"])[0].corrects == ""


@pytest.mark.parametrize(
    ("corrects", "rule", "fix"),
    [
        ("2026-21", "corrects-unknown", "Did you mean 2026-12?"),
        (CORRECTION, "corrects-itself", "Name the issue that readers have."),
    ],
)
def test_what_a_correction_cannot_name_is_found_in_its_line(tmp_path: Path, corrects: str, rule: str, fix: str) -> None:
    home = site(tmp_path, {"2026-12/issue.md": "", f"{CORRECTION}/issue.md": f"corrects: {corrects}\n"})
    assert found(home) == [(rule, 6, fix)]


def test_corrections_that_lead_in_a_circle_are_found(tmp_path: Path) -> None:
    second = "2026-12-correction-2"
    home = site(tmp_path, {f"{CORRECTION}/issue.md": f"corrects: {second}\n", f"{second}/issue.md": f"corrects: {CORRECTION}\n"})
    assert [rule for rule, _, _ in found(home)] == ["corrects-circle"]


def test_a_correction_of_a_correction_is_none(tmp_path: Path) -> None:
    second = "2026-12-correction-2"
    files = {"2026-12/issue.md": "", f"{CORRECTION}/issue.md": "corrects: 2026-12\n"}
    home = site(tmp_path, {**files, f"{second}/issue.md": f"corrects: {CORRECTION}\n"})
    assert found(home, second) == []


def test_a_circle_that_the_issue_is_not_in_ends(tmp_path: Path) -> None:
    files = {"2026-10/issue.md": "corrects: 2026-11\n", "2026-11/issue.md": "corrects: 2026-10\n"}
    home = site(tmp_path, {**files, f"{CORRECTION}/issue.md": "corrects: 2026-10\n"})
    assert found(home) == []


@pytest.mark.parametrize(
    ("english", "spanish", "fix"),
    [
        ("corrects: 2026-12\n", "", "Write `corrects: 2026-12`."),
        ("", "corrects: 2026-12\n", "Take the line `corrects: …` out."),
        ("corrects: 2026-12\n", "corrects: 2026-10\n", "Write `corrects: 2026-12`."),
    ],
)
def test_the_languages_of_a_correction_agree(tmp_path: Path, english: str, spanish: str, fix: str) -> None:
    files = {"2026-10/issue.md": "", "2026-12/issue.md": "", f"{CORRECTION}/issue.md": english}
    home = site(tmp_path, {**files, f"{CORRECTION}/issue.es.md": spanish})
    assert [(rule, said) for rule, _, said in found(home)] == [("corrects-languages", fix)]


def test_corrections_are_numbered(tmp_path: Path) -> None:
    assert next_correction(tmp_path, "2026-12") == "2026-12-correction-1"
    (tmp_path / "2026-12-correction-1").mkdir()
    (tmp_path / "2026-12-correction-1-correction-1").mkdir()
    assert next_correction(tmp_path, "2026-12") == "2026-12-correction-2"

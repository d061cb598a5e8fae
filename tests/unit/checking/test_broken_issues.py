"""Issues that are broken as writers break them: everything wrong is found, in its line, with its mend, and nothing else is said.

Each folder of ``tests/broken-issues`` is an issue as its writer left it; its ``expected.toml`` names the slip and the findings.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from newsletter.checking.written_issue import read_written_issue
from newsletter.config import load_config
from newsletter.errors import IssueError
from newsletter.findings import Finding
from tests.site_folder import REPOSITORY

BROKEN = sorted((REPOSITORY / "tests/broken-issues").iterdir())
NAME = "2027-02"


def read_findings(folder: Path, home: Path) -> tuple[Finding, ...]:
    """Put the broken issue into a site folder, and check it for the day on which it was to go out."""
    (home / "issues").mkdir()
    for name in ("templates", "subscribers", "newsletter.toml"):
        (home / name).symlink_to(REPOSITORY / name)
    for file in (REPOSITORY / "issues").glob("*.toml"):
        (home / "issues" / file.name).symlink_to(file)
    shutil.copytree(folder, home / "issues" / NAME, ignore=shutil.ignore_patterns("expected.toml"))
    try:
        return read_written_issue(NAME, sent_on=date(2027, 2, 2), config=load_config(home)).report.findings
    except IssueError as error:
        return error.findings


def expected(folder: Path) -> list[tuple[str, str, int, int]]:
    content: dict[str, Any] = tomllib.loads((folder / "expected.toml").read_text("utf-8"))
    assert content["slip"].endswith(".")
    return [
        (finding["rule"], finding.get("file", "issue.md"), finding["line"], finding.get("column", 0))
        for finding in content["finding"]
    ]


def placed(findings: Iterable[Finding]) -> list[tuple[str, str, int, int]]:
    return [(each.rule, Path(each.place.file).name, each.place.line, each.place.column) for each in findings]


def test_there_are_more_than_twenty_and_each_is_broken_in_another_way() -> None:
    assert len(BROKEN) > 20
    assert len({tuple(expected(folder)) for folder in BROKEN}) == len(BROKEN)


@pytest.mark.parametrize("folder", BROKEN, ids=lambda folder: folder.name)
def test_what_a_writer_broke_is_found_in_its_line_and_nothing_else_is_said(folder: Path, tmp_path: Path) -> None:
    findings = read_findings(folder, tmp_path)
    assert placed(findings) == expected(folder)
    for finding in findings:
        assert finding.message
        assert finding.fix
        assert not {"YAML", "token", "exception", "None"} & set(finding.message.split() + finding.fix.split())

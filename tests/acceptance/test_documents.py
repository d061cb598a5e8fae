"""The documents themselves: every link inside the repository leads to a file, and to a heading where it names one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.conftest import REPOSITORY

CODE = re.compile(r"^```.*?^```$|^(?: {4}|\t).*?$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def documents() -> list[Path]:
    """List the pages that people read about the newsletter; issues are checked by the newsletter's own rules."""
    named = subprocess.run(["git", "ls-files", "*.md"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    pages = [Path(name) for name in named.splitlines()]
    return [page for page in pages if page.parts[0] not in {"issues", "templates", "tests"}]


def anchors(page: str) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them."""
    texts = (re.sub(r"[^\w\- ]", "", heading).strip().lower() for heading in HEADING.findall(page))
    return {text.replace(" ", "-") for text in texts}


@pytest.mark.parametrize("name", documents(), ids=str)
def test_every_link_inside_the_repository_leads_somewhere(name: Path) -> None:
    page = REPOSITORY / name
    broken = []
    for target in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        if not there.exists() or (anchor and anchor not in anchors(there.read_text("utf-8"))):
            broken.append(target)
    assert not broken


def test_the_readme_leads_to_every_page_for_editors_and_designers() -> None:
    linked = set(LINK.findall((REPOSITORY / "README.md").read_text("utf-8")))
    pages = [name for name in documents() if name.parts[0] == "docs" and (len(name.parts) == 2 or name.parts[1] == "howto")]
    assert not {page.as_posix() for page in pages} - linked


def test_every_incident_of_the_runbook_stands_in_its_index() -> None:
    page = (REPOSITORY / "docs/runbook.md").read_text("utf-8")
    index, _, entries = page.partition("\n## ")
    assert {target.removeprefix("#") for target in LINK.findall(index)} == anchors(f"## {entries}")

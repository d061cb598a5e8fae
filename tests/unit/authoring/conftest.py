"""Small issues to parse: a front matter of six lines, five kinds of blocks, two glossary terms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.authoring.block_kind import BlockKind
from newsletter.authoring.glossary import Glossary
from newsletter.authoring.issue import GlossaryTerm, Issue
from newsletter.authoring.kinds import read_block_kinds
from newsletter.authoring.parse import IssueFile, parse_issue
from newsletter.errors import IssueError

REPOSITORY = Path(__file__).resolve().parents[3]
FRONT_MATTER = "---\ntitle: Mets Matters\nsubject: Your results\npreheader: In plain words\nlanguage: en\n---\n"
FRONT_MATTER_LINES = FRONT_MATTER.count("\n")


@pytest.fixture(scope="session")
def kinds() -> dict[str, BlockKind]:
    """Give the kinds of the repository's own blocks.toml."""
    return dict(read_block_kinds(REPOSITORY))


@pytest.fixture
def parse_file(kinds: dict[str, BlockKind], tmp_path: Path) -> Callable[[bytes], Issue]:
    """Parse the bytes of a whole file, in a folder without pictures."""
    her2 = GlossaryTerm("HER2-low", "HER2 low", "A little of the HER2 protein.")
    glossary = Glossary({"HER2-low": {"en": her2}, "triple negative": {"es": GlossaryTerm("triple negative", "triple", "…")}})
    of = IssueFile("2026-12", "issues/2026-12/issue.md", "en", tmp_path)

    def parse(data: bytes) -> Issue:
        return parse_issue(data, of=of, kinds=kinds, glossary=glossary)

    return parse


@pytest.fixture
def parse(parse_file: Callable[[bytes], Issue]) -> Callable[[str], Issue]:
    """Parse a body below a front matter without a mistake."""
    return lambda body: parse_file((FRONT_MATTER + body).encode())


@pytest.fixture
def complaints(parse_file: Callable[[bytes], Issue]) -> Callable[[bytes], list[str]]:
    """Give what is wrong with a whole file, each as "line:column rule"."""

    def complain(data: bytes) -> list[str]:
        try:
            parse_file(data)
        except IssueError as error:
            return [f"{finding.place.line}:{finding.place.column} {finding.rule}" for finding in error.findings]
        return []

    return complain


@pytest.fixture
def wrong(parse: Callable[[str], Issue]) -> Callable[[str], list[str]]:
    """Give what is wrong with a body, each as "line:column rule"; lines count from the body's first."""

    def complain(body: str) -> list[str]:
        try:
            parse(body)
        except IssueError as error:
            return [
                f"{max(finding.place.line - FRONT_MATTER_LINES, 0)}:{finding.place.column} {finding.rule}"
                for finding in error.findings
            ]
        return []

    return complain


@pytest.fixture
def advice(parse: Callable[[str], Issue]) -> Callable[[str], list[str]]:
    """Give the sentences that an editor reads about a body: message → fix."""

    def advise(body: str) -> list[str]:
        with pytest.raises(IssueError) as caught:
            parse(body)
        return [f"{finding.message} → {finding.fix}" for finding in caught.value.findings]

    return advise

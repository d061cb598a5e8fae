"""Whatever an editor types, pastes or breaks: an Issue or findings, never another exception."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.authoring.block_kind import BlockKind
from newsletter.authoring.complaints import Complaints
from newsletter.authoring.glossary import read_glossary
from newsletter.authoring.issue import Issue
from newsletter.authoring.parse import IssueFile, parse_issue
from newsletter.errors import IssueError

REPOSITORY = Path(__file__).resolve().parents[3]
FRONT_MATTER = b"---\ntitle: a\nsubject: b\npreheader: c\nlanguage: en\n---\n"
SAMPLE = (REPOSITORY / "issues" / "2026-12" / "issue.md").read_bytes()
PIECES = [
    *('::: trial NCT09990001 "a"\n', ":::\n", "## ", "{#a}", "[[", "]]", "{{", "}}", "|", "first_name", "HER2-low", "[a](", ")"),
    *(
        "{{manage_url}}",
        "<b>",
        "<!--",
        "`",
        "```\n",
        "~~~\n",
        "- ",
        "> ",
        "    ",
        "\n",
        "\n\n",
        "| a |\n|---|\n",
        "![",
        "[a]: b\n",
    ),
    *(
        "\\",
        "&#64;",
        "@@MM",
        "*",
        "_",
        "===\n",
        "---\n",
        "a=b",
        '"',
        "\t",
        "\r",
        "\0",
        "é",
        "https://",
        "javascript:",
        "#",
        ":",
        " ",
    ),
]

any_case = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def accepts_or_complains(data: bytes, kinds: dict[str, BlockKind]) -> None:
    """Parse, and check that all findings are placed inside the file."""
    of = IssueFile("2026-12", "issue.md", "en", REPOSITORY / "issues" / "2026-12")
    try:
        issue = parse_issue(data, of=of, kinds=kinds, glossary=read_glossary(REPOSITORY, Complaints("")))
    except IssueError as error:
        findings = error.findings
    else:
        anchors = [section.anchor for section in issue.sections if section.heading]
        assert all(anchors)
        assert len(set(anchors)) == len(anchors)
        assert all(section.parts for section in issue.sections)
        return
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert findings
    for finding in findings:
        assert 0 <= finding.place.line <= len(lines)
        assert finding.message
        assert finding.fix


@any_case
@given(data=st.binary())
def test_any_bytes(kinds: dict[str, BlockKind], data: bytes) -> None:
    accepts_or_complains(data, kinds)


@any_case
@given(text=st.text())
def test_any_front_matter(kinds: dict[str, BlockKind], text: str) -> None:
    accepts_or_complains(f"---\n{text}\n---\nText.\n".encode("utf-8", "replace"), kinds)


@any_case
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_heap_of_our_own_markup(kinds: dict[str, BlockKind], pieces: list[str]) -> None:
    accepts_or_complains(FRONT_MATTER + "".join(pieces).encode(), kinds)


@settings(any_case, max_examples=50)
@given(cuts=st.lists(st.tuples(st.integers(0, len(SAMPLE)), st.integers(0, 30), st.sampled_from(PIECES)), min_size=1, max_size=4))
def test_any_broken_copy_of_the_sample(kinds: dict[str, BlockKind], cuts: list[tuple[int, int, str]]) -> None:
    data = SAMPLE
    for start, length, piece in cuts:
        data = data[:start] + piece.encode() + data[start + length :]
    accepts_or_complains(data, kinds)


HOSTILE = [
    "[",
    "[[",
    "{{",
    "{{ ",
    "![",
    "<a ",
    "<a b='",
    "<!--",
    "## a\n",
    "::: trial\n",
    "[a](",
    "[a][b] ",
    ">",
    "- ",
    "[[a",
    "*a_",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_work_grows_as_the_file_does(complaints: Callable[[bytes], list[str]], piece: str) -> None:
    def calls(length: int) -> int:
        count = 0

        def called(*_: object) -> None:
            nonlocal count
            count += 1

        body = (piece * (length // len(piece))).encode()
        before = sys.getprofile()
        sys.setprofile(called)
        try:
            complaints(FRONT_MATTER + body)
        finally:
            sys.setprofile(before)
        return count

    calls(10)
    assert calls(4_000) < 2.5 * calls(2_000)


def test_parsing_leaves_nothing_behind(parse: Callable[[str], Issue]) -> None:
    """The reader of Markdown is made once and shared."""
    body = "## One\n[a][r] {{first_name|you}}\n\n[r]: https://example.org\n"
    assert parse(body) == parse(body)

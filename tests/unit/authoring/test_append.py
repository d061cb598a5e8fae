from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newsletter.authoring.append import append_block, escape_markdown
from newsletter.authoring.issue import Issue
from newsletter.errors import UsageError

HEAD = "---\ntitle: a\nsubject: b\npreheader: c\nlanguage: en\n---\nText.\n"


def append(file: Path, *, body: str = "Why.", title: str = "A guide") -> None:
    append_block(file, kind="resource", argument="https://example.org", title=title, body=body, options={"cost": "none"})


def test_the_block_stands_at_the_end_after_a_blank_line(tmp_path: Path) -> None:
    file = tmp_path / "issue.md"
    file.write_bytes(b"Text.\n\n\n")
    append(file)
    assert file.read_bytes() == b'Text.\n\n::: resource https://example.org "A guide" cost="none"\nWhy.\n:::\n'


def test_line_ends_and_the_missing_last_one_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "issue.md"
    file.write_bytes(b"\xef\xbb\xbfa\r\nb")
    append(file, body="c\nd")
    assert file.read_bytes() == (
        b'\xef\xbb\xbfa\r\nb\r\n\r\n::: resource https://example.org "A guide" cost="none"\r\nc\r\nd\r\n:::'
    )


def test_nothing_in_a_title_or_body_ends_the_block_early(tmp_path: Path, parse_file: Callable[[bytes], Issue]) -> None:
    file = tmp_path / "issue.md"
    file.write_text(HEAD, "utf-8")
    append(file, title='A "good"\nguide \\', body="One\n:::\nTwo")
    (block,) = parse_file(file.read_bytes()).blocks
    assert block.fields["title"] == 'A "good" guide \\'
    assert "::: Two" in " ".join(token.content.replace("\n", " ") for token in block.body)


def test_permissions_stay_and_no_other_file_is_left(tmp_path: Path) -> None:
    file = tmp_path / "issue.md"
    file.write_text(HEAD, "utf-8")
    file.chmod(0o640)
    append(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["issue.md"]


def test_a_file_that_is_not_there_or_not_text_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "issue.md"
    with pytest.raises(UsageError, match="There is no"):
        append(file)
    file.write_bytes(b"\xff")
    with pytest.raises(UsageError, match="not UTF-8"):
        append(file)
    assert file.read_bytes() == b"\xff"


@pytest.mark.parametrize(
    "text",
    [
        "# not a heading",
        "1. not a list",
        "- nor this",
        "> nor that",
        "*a* _b_ `c` [d](e) ![f](g)",
        "<b>",
        "{{x}} [[y]]",
        "::: z",
        "&amp;",
    ],
)
def test_escaped_text_is_shown_as_it_is(parse_file: Callable[[bytes], Issue], text: str) -> None:
    issue = parse_file((HEAD + "\n" + escape_markdown(text) + "\n").encode())
    (prose,) = issue.sections[0].parts
    assert [child.content for child in prose.tokens[4].children or []] == [text]  # type: ignore[union-attr]  # it is Prose


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_any_escaped_text_is_one_paragraph_of_itself(text: str) -> None:
    shown = " ".join(text.split())
    tokens = MarkdownIt("commonmark").enable("table").parse(escape_markdown(text))
    assert "".join(child.content for token in tokens for child in token.children or []) == shown
    assert len(tokens) == (3 if shown else 0)

from __future__ import annotations

from collections.abc import Callable

import pytest

from newsletter.authoring.issue import Issue
from newsletter.findings import Place

Parse = Callable[[str], Issue]
Wrong = Callable[[str], list[str]]


def test_an_issue_is_its_opening_and_its_sections(parse: Parse) -> None:
    issue = parse("Hello.\n\n## One `x` *y* [[HER2-low]]\nText.\n\nTwo\n---\nText.\n")
    assert [(section.title, section.anchor) for section in issue.sections] == [
        ("", ""),
        ("One x y HER2 low", "one-x-y-her2-low"),
        ("Two", "two"),
    ]
    assert [section.place for section in issue.sections] == [Place("issues/2026-12/issue.md", line, 1) for line in (7, 9, 12)]
    assert [section.heading is None for section in issue.sections] == [True, False, False]


def test_an_issue_may_start_with_a_section(parse: Parse) -> None:
    assert [section.title for section in parse("## One\nText.\n").sections] == ["One"]


@pytest.mark.parametrize(
    ("title", "anchor"),
    [
        ("¿Qué es el HER2 bajo?", "que-es-el-her2-bajo"),
        ("Your tumor's tests", "your-tumors-tests"),
        ("日本", "section"),
        ("1 < 2 & 3", "1-2-3"),
        ("a" * 200, "a" * 60),
    ],
)
def test_an_anchor_is_made_from_the_title(parse: Parse, title: str, anchor: str) -> None:
    assert [section.anchor for section in parse(f"## {title}\nText.\n").sections] == [anchor]


def test_an_editor_may_choose_the_anchor(parse: Parse) -> None:
    issue = parse("## Long words {#short}\nText.\n\nSetext {#two-words}\n---\nText.\n")
    section = issue.sections[0]
    assert issue.sections[1].anchor == "two-words"
    assert (section.title, section.anchor) == ("Long words", "short")
    assert section.heading is not None
    assert section.heading.content == "Long words"


def test_made_anchors_are_unique_and_give_way_to_chosen_ones(parse: Parse) -> None:
    issue = parse("".join(f"## {title}\nText.\n\n" for title in ("A", "A", "A-2", "A", "B {#a}")))
    anchors = [section.anchor for section in issue.sections]
    assert anchors == ["a-2", "a-3", "a-2-2", "a-4", "a"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", ["0:0 issue-empty"]),
        ("\n\n", ["0:0 issue-empty"]),
        ("## One\n\n## Two\nText.\n", ["1:1 section-empty"]),
        ("## One\n", ["1:1 section-empty"]),
        ("##\nText.\n", ["1:1 heading-empty"]),
        ("## One {#a}\nText.\n## Two {#a}\nText.\n", ["3:1 anchor"]),
        ("## One {#Not Good}\nText.\n", ["1:1 anchor"]),
        ("## One {#}\nText.\n", ["1:1 anchor"]),
        ("## One\n### Two {#b}\nText.\n", ["2:1 anchor"]),
        ("# One\nText.\n", ["1:1 heading-level"]),
        ("One\n===\nText.\n", ["1:1 heading-level"]),
        ("# One {#one}\nText.\n", ["1:1 heading-level"]),
        ("##### One\n\n###### Two\n", ["1:1 heading-level", "3:1 heading-level"]),
        ("> ## One\n", ["1:1 heading-misplaced"]),
        ("- a\n\n  ## One\n", ["3:1 heading-misplaced"]),
        ("::: callout\nOne\n---\n:::\n", ["2:1 heading-misplaced"]),
        (">" * 18 + " a\n", ["1:1 nested-too-deeply"]),
    ],
)
def test_headings_have_their_place_and_sections_their_text(wrong: Wrong, body: str, expected: list[str]) -> None:
    assert list(dict.fromkeys(wrong(body))) == expected


def test_smaller_headings_stay_in_their_section_and_in_blocks(parse: Parse) -> None:
    issue = parse("## One\n### Two\n#### Three\nText.\n\n::: callout\n### Four\nText.\n:::\n")
    assert len(issue.sections) == 1

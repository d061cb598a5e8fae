from __future__ import annotations

from collections.abc import Callable

import pytest

from newsletter.authoring.issue import Block, Issue
from newsletter.findings import Place

Parse = Callable[[str], Issue]
Wrong = Callable[[str], list[str]]


def only_block(issue: Issue) -> Block:
    """Give the one block of an issue."""
    (block,) = issue.blocks
    return block


def test_a_block_has_its_fields_its_body_and_its_place(parse: Parse) -> None:
    block = only_block(
        parse('Text.\n\n::: resource https://example.org/é "A \\"good\\" guide" cost="no cost"\nBy **us**.\n\n- a\n:::\n')
    )
    assert block.kind == "resource"
    assert dict(block.fields) == {
        "url": "https://example.org/%C3%A9",
        "title": 'A "good" guide',
        "language": "",
        "cost": "no cost",
    }
    assert block.place == Place("issues/2026-12/issue.md", 9, 1)
    assert [token.type for token in block.body][:3] == ["paragraph_open", "inline", "paragraph_close"]
    assert block.body[0].level == 0
    assert block.body[0].map == [9, 10]


def test_a_field_left_out_has_its_default(parse: Parse) -> None:
    assert dict(only_block(parse("::: trial NCT09990001\nWhy.\n:::\n")).fields) == {
        "nct_id": "NCT09990001",
        "title": "",
        "status": "open",
    }


def test_blocks_and_prose_keep_their_order(parse: Parse) -> None:
    issue = parse("a\n::: helpline\n:::\nb\n- c\n::: callout\nd\n:::\n")
    assert [type(part).__name__ for part in issue.sections[0].parts] == ["Prose", "Block", "Prose", "Block"]
    assert [block.kind for block in issue.blocks] == ["helpline", "callout"]


def test_markers_in_code_are_code(parse: Parse) -> None:
    issue = parse("```\n::: trial\n:::\n```\n\n::: callout\n~~~\n:::\n## x\n~~~\nd\n:::\n")
    assert only_block(issue).body[0].type == "fence"


def test_a_reference_in_a_block_counts_everywhere(wrong: Wrong) -> None:
    assert wrong("[a][r]\n\n::: callout\nb\n\n[r]: https://example.org\n:::\n") == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (":::\n", ["0:0 issue-empty", "1:1 block-stray"]),
        ("a\n\n:::\n", ["3:1 block-stray"]),
        ("::: callout\na\n", ["1:1 block-unclosed"]),
        ("::: callout\na\n## Next\nb\n", ["1:1 block-unclosed"]),
        ("::: callout\na\n::: helpline\n:::\n", ["1:1 block-unclosed"]),
        ("::: callout\na\n::: helpline\n:::\n:::\nb\n", ["3:1 block-nested"]),
        ("- a\n  ::: helpline\n  :::\n", ["2:1 block-misplaced", "3:1 block-misplaced"]),
        ("> ::: helpline\n", ["1:1 block-misplaced"]),
        (" ::: helpline\n", ["1:1 block-misplaced"]),
        ("::: callout\n```\n:::\n", ["2:1 code-unclosed"]),
        ("```\na\n", ["1:1 code-unclosed"]),
        (":::: helpline\n::::\n", ["1:1 block-head"]),
        ("::: helpline " + "x" * 3000 + "\n:::\n", ["1:1 block-head", "1:14 block-argument"]),
    ],
)
def test_markers_that_do_not_fit_are_found_once_each(wrong: Wrong, body: str, expected: list[str]) -> None:
    assert wrong(body) == expected


def test_a_missing_end_does_not_hide_the_block_after_it(wrong: Wrong) -> None:
    assert wrong("::: callout\na\n::: trial NCT1\nb\n:::\n") == ["1:1 block-unclosed", "3:11 block-value"]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("trail NCT09990001", "1:5 block-unknown"),
        ('"title"', "1:4 block-unknown"),
        ("trial", "1:1 block-incomplete"),
        ("trial nct09990001", "1:11 block-value"),
        ("trial 09990001", "1:11 block-value"),
        ("trial NCT09990001 words", "1:23 block-argument"),
        ('trial NCT09990001 "a" "b"', "1:27 block-title"),
        ("trial NCT09990001 status=opne", "1:23 block-value"),
        ('trial NCT09990001 status=""', "1:23 block-value"),
        ("trial NCT09990001 status=", "1:23 block-value"),
        ("trial NCT09990001 state=open", "1:23 block-option"),
        ("trial NCT09990001 nct_id=NCT09990001", "1:23 block-option"),
        ("trial NCT09990001 title=x", "1:23 block-option"),
        ("trial NCT09990001 status=open status=open", "1:35 block-option"),
        ('resource https://example.org "{{first_name|x}}"', "1:34 merge-field-misplaced"),
        ('resource www.example.org "a"', "1:14 link-relative"),
        ('resource https://example.org "a', "1:34 block-quotation-mark"),
        ('resource https://example.org "a" cost="b', "1:38 block-quotation-mark"),
        ("resource https://example.org “a b”", "1:34 block-quotation-mark"),
    ],
)
def test_each_piece_of_the_first_line_has_its_own_finding(wrong: Wrong, head: str, expected: str) -> None:
    assert wrong(f"::: {head}\nText.\n:::\n") == [expected]


def test_everything_that_is_missing_is_said_with_an_example(advice: Callable[[str], list[str]]) -> None:
    assert advice("::: resource\n:::\n") == [
        "the block “resource” is empty → Write some text between its first line and `:::`.",
        'the block “resource” has no url → Write it like ::: resource url "title"',
        'the block “resource” has no title → Write it like ::: resource url "title"',
    ]
    assert 'the block “figure” has no alt → Add alt="…" to its first line.' in advice("::: figure a.png\n:::\n")


def test_an_option_of_a_block_without_options_is_to_be_deleted(advice: Callable[[str], list[str]]) -> None:
    assert advice("::: helpline a=b\n:::\n") == [
        "the block “helpline” has no option “a” → Delete it: this block has no options.",
    ]


def test_a_block_without_a_kind_is_told_which_there_are(advice: Callable[[str], list[str]]) -> None:
    (said,) = advice('::: "Please note"\nText.\n:::\n')
    assert said.startswith("the block does not say of which kind it is → Write one after `:::`: trial, resource, ")


def test_a_button_holds_no_text(wrong: Wrong) -> None:
    assert wrong('::: button https://example.org "Go"\n\nText.\n:::\n') == ["3:1 block-body"]
    assert wrong('::: button tel:+18442757427 "Call"\n\n:::\n') == []

"""Glossary terms, personal parts, raw HTML and pictures in running text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from markdown_it.token import Token

from newsletter.authoring.issue import GlossaryTerm, Issue, MergeField, Prose

Parse = Callable[[str], Issue]
Wrong = Callable[[str], list[str]]


def words(issue: Issue) -> list[Token]:
    """Give the inline tokens of an issue's first paragraph."""
    prose = issue.sections[0].parts[0]
    assert isinstance(prose, Prose)
    return next(token for token in prose.tokens if token.type == "inline").children or []


def test_a_glossary_term_shows_its_term_or_the_words_after_the_bar(parse: Parse) -> None:
    children = words(parse("A [[HER2-low]] and [[ HER2-low | low\n HER2 ]] test.\n"))
    terms = [token for token in children if token.type == "glossary_term"]
    assert [token.content for token in terms] == ["HER2 low", "low HER2"]
    assert terms[0].meta["term"] == GlossaryTerm("HER2-low", "HER2 low", "A little of the HER2 protein.")


def test_a_bar_in_a_table_is_escaped(parse: Parse) -> None:
    prose = parse("| a | b |\n|---|---|\n| [[HER2-low\\|x]] | {{first_name\\|you}} |\n").sections[0].parts[0]
    assert isinstance(prose, Prose)
    cells = [child for token in prose.tokens for child in token.children or [] if child.type != "text"]
    assert [(cell.type, cell.content) for cell in cells] == [("glossary_term", "x"), ("merge_field", "")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("A [[HER2-lo]] b\n", ["1:3 glossary-unknown"]),
        ("A\n> b\n> c [[nothing like it]]\n", ["3:5 glossary-unknown"]),
        ("- a [[triple negative]]\n", ["1:5 glossary-language"]),
        ("A [[HER2-low b\n", ["1:3 brackets-unclosed"]),
        ("[a [[HER2-low]]](https://example.org)\n", ["1:16 link-broken"]),
        ("[[1] and more](https://example.org) [[HER2-low]]\n", []),
    ],
)
def test_a_glossary_term_that_does_not_work_is_placed(wrong: Wrong, body: str, expected: list[str]) -> None:
    assert wrong(body) == expected


def test_an_unknown_term_gets_the_nearest_key_with_the_editors_words(advice: Callable[[str], list[str]]) -> None:
    assert advice("[[Her2-low]]\n") == [
        "the glossary has no term “Her2-low” → Write [[HER2-low]] or [[HER2-low|Her2-low]].",
    ]
    assert advice("[[zzz]]\n")[0].endswith("→ Add it to issues/glossary.toml, or write \\[[ for plain brackets.")


def test_personal_parts_are_read_with_their_fallback(parse: Parse) -> None:
    children = words(parse("Dear {{ first_name | dear friend }}, for {{address}}.\n"))
    fields = [token.meta["field"] for token in children if token.type == "merge_field"]
    assert fields == [MergeField("first_name", "dear friend"), MergeField("address")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{frist_name|x}}\n", ["1:1 merge-field-unknown"]),
        ("{{}}\n", ["1:1 merge-field-unknown"]),
        ("{{first_name}}\n", ["1:1 merge-field-fallback"]),
        ("{{first_name|}}\n", ["1:1 merge-field-fallback"]),
        ("{{address|x}}\n", ["1:1 merge-field-fallback"]),
        ("a {{manage_url}}\n", ["1:3 merge-field-misplaced"]),
        ("a {{unsubscribe_url}}\n", ["1:3 merge-field-misplaced"]),
        ("[a]({{ manage_url }})\n", ["1:5 merge-field-misplaced"]),
        ("## For {{first_name|you}}\nText.\n", ["1:8 merge-field-misplaced"]),
        ("a {{address b\n", ["1:3 brackets-unclosed"]),
        ("a {{address\nb}}\n", ["1:3 brackets-unclosed"]),
    ],
)
def test_a_personal_part_that_does_not_work_is_placed(wrong: Wrong, body: str, expected: list[str]) -> None:
    assert wrong(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "`{{x}} [[y]] <b> ![p](q)`\n",
        "```\n{{x}} [[y]] <b> ![p](q)\n# one\n```\n",
        "~~~~\n```\n[[y]]\n~~~\n~~~~\n",
        "\\{{x}} \\[[y]] \\<b> \\!\\[p\\](q)\n",
        "Wow![1] 1 < 2, <3, x<y and 5>4 AT&T\n",
    ],
)
def test_code_and_escaped_characters_stay_text(parse: Parse, wrong: Wrong, body: str) -> None:
    assert wrong(body) == []
    prose = parse(body).sections[0].parts[0]
    assert isinstance(prose, Prose)
    shown = {child.type for token in prose.tokens for child in token.children or []}
    assert shown <= {"text", "code_inline"}


def test_escaped_brackets_show_their_brackets(parse: Parse) -> None:
    assert [token.content for token in words(parse("\\{{x}} and \\[[y]]\n"))] == ["{{x}} and [[y]]"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a <b>c</b>\n", ["1:3 raw-html", "1:7 raw-html"]),
        ("<div class='x'>\n", ["1:1 raw-html"]),
        ("a\n\n<!-- b\n\nc -->\n", ["3:1 raw-html"]),
        ("- a <br/>\n", ["1:5 raw-html"]),
        ("| a |\n|---|\n| x <br> |\n", ["3:5 raw-html"]),
        ("<?php ?> <![CDATA[x]]> <!DOCTYPE html>\n", ["1:1 raw-html", "1:10 raw-html", "1:24 raw-html"]),
        ("[a <i>b</i>](https://example.org)\n", ["1:4 raw-html", "1:8 raw-html"]),
    ],
)
def test_html_is_a_finding_wherever_it_stands(wrong: Wrong, body: str, expected: list[str]) -> None:
    assert wrong(body) == expected


@pytest.mark.parametrize(
    "body", ["![alt](pic.png)\n", "![alt][ref]\n\n[ref]: https://example.org\n", "![ref]\n\n[ref]: https://example.org\n"]
)
def test_a_picture_in_the_text_is_sent_to_a_figure_block(wrong: Wrong, body: str) -> None:
    assert wrong(body)[0] == "1:1 picture-in-text"


def test_a_line_of_a_quotation_in_a_list_has_its_own_column(wrong: Wrong) -> None:
    assert wrong("- a\n  > b\n  > c <b>\n") == ["3:7 raw-html"]


def test_two_equal_cells_have_columns_of_their_own(wrong: Wrong) -> None:
    assert wrong("| a | b |\n|---|---|\n| <b> | <b> |\n") == ["3:3 raw-html", "3:9 raw-html"]

"""A block whose body is a list of links: each item begins with one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from newsletter.authoring.anchors import plain_text
from newsletter.authoring.issue import Issue

Parse = Callable[[str], Issue]
Wrong = Callable[[str], list[str]]


def items(parse: Parse, body: str) -> list[tuple[str, str, str]]:
    """Give each item of a resources block: address, title, the words about it."""
    (block,) = parse(f"::: resources\n{body}\n:::\n").blocks
    return [
        (item.url, plain_text(item.title), " ".join(plain_text(t.children or []) for t in item.body if t.type == "inline"))
        for item in block.items
    ]


def test_an_item_is_a_link_and_what_is_said_about_it(parse: Parse) -> None:
    body = (
        "* [A *good* guide](https://example.org/a): what it is\n* [B](https://example.org/b) \N{EN DASH} in two\n  lines\n"
        "* [C](https://example.org/c)"
    )
    assert items(parse, body) == [
        ("https://example.org/a", "A good guide", "what it is"),
        ("https://example.org/b", "B", "in two lines"),
        ("https://example.org/c", "C", ""),
    ]


def test_an_item_may_go_on_in_paragraphs_and_lists(parse: Parse) -> None:
    body = "* [A](https://example.org/a)\n  first\n\n  Second.\n\n  * [inside](https://example.org/x)\n\n* [B](tel:+18442757427)"
    assert items(parse, body) == [("https://example.org/a", "A", "first Second. inside"), ("tel:+18442757427", "B", "")]


def test_what_is_said_about_an_item_keeps_its_own_links_and_bold_words(parse: Parse) -> None:
    (block,) = parse("::: resources\n* [A](https://example.org/a): **bold** [b](https://example.org/b)\n:::\n").blocks
    assert next(token.type for token in block.items[0].body[1].children or []) == "strong_open"


def test_a_colon_that_belongs_to_the_words_stays(parse: Parse) -> None:
    assert items(parse, "* [A](https://example.org/a): one: two")[0][2] == "one: two"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", ["1:1 block-body"]),
        ("Words.\n\n* [A](https://example.org/a)", ["2:1 block-body"]),
        ("* [A](https://example.org/a)\n* no link", ["3:1 block-body"]),
        ("* see [A](https://example.org/a)", ["2:1 block-body"]),
        ("*", ["2:1 block-body"]),
        ("1. [A](https://example.org/a)", ["2:1 block-body"]),
        ("> * [A](https://example.org/a)", ["2:1 block-body"]),
        ("* [A]({{manage_url}})", ["2:1 block-body"]),
        ("* [A](#top)", ["2:1 block-body", "2:3 link-anchor"]),
        ("* [A](example)", ["2:3 link-relative"]),
    ],
)
def test_what_is_no_list_of_links_is_found_in_its_line(wrong: Wrong, body: str, expected: list[str]) -> None:
    assert wrong(f"::: resources\n{body}\n:::\n") == expected


def test_other_blocks_have_no_items(parse: Parse) -> None:
    (block,) = parse("::: callout\n* [A](https://example.org/a)\n:::\n").blocks
    assert block.items == ()

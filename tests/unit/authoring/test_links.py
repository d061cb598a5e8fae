from __future__ import annotations

from collections.abc import Callable

import pytest
from markdown_it.token import Token

from newsletter.authoring.issue import Issue, MergeField, Prose
from newsletter.findings import Place

Wrong = Callable[[str], list[str]]


def links(issue: Issue) -> list[Token]:
    """Give the opening tokens of all links in prose."""
    parts = [part for section in issue.sections for part in section.parts if isinstance(part, Prose)]
    inline = [child for part in parts for token in part.tokens for child in token.children or []]
    return [token for token in inline if token.type == "link_open"]


@pytest.mark.parametrize(
    ("written", "href"),
    [
        ("https://example.org", "https://example.org"),
        ("http://127.0.0.1:8000/a?b=c#d", "http://127.0.0.1:8000/a?b=c#d"),
        ("https://example.org/año", "https://example.org/a%C3%B1o"),
        ("https://español.example", "https://xn--espaol-zwa.example"),
        ("<https://example.org/a b>", "https://example.org/a%20b"),
        ("mailto:help@example.org?subject=x", "mailto:help@example.org?subject=x"),
        ("tel:+18442757427", "tel:+18442757427"),
        ("HTTPS://Example.org", "HTTPS://Example.org"),
    ],
)
def test_full_addresses_are_kept_in_ascii(parse: Callable[[str], Issue], written: str, href: str) -> None:
    assert [link.attrs["href"] for link in links(parse(f"[a]({written})\n"))] == [href]


def test_a_link_knows_its_place(parse: Callable[[str], Issue]) -> None:
    found = links(parse("Text\nand **[a](https://example.org)** and <https://example.org>.\n"))
    assert [link.meta["place"] for link in found] == [
        Place("issues/2026-12/issue.md", 8, 7),
        Place("issues/2026-12/issue.md", 8, 38),
    ]


@pytest.mark.parametrize("name", ["manage_url", "unsubscribe_url"])
def test_a_personal_part_can_be_a_destination(parse: Callable[[str], Issue], name: str) -> None:
    direct, by_reference = links(parse(f"[a]({{{{{name}}}}}) [b][r]\n\n[r]: {{{{{name}}}}}\n"))
    assert direct.meta["field"] == by_reference.meta["field"] == MergeField(name)


@pytest.mark.parametrize(
    ("destination", "rule"),
    [
        ("", "link-empty"),
        ("<>", "link-empty"),
        ("page.html", "link-relative"),
        ("/page", "link-relative"),
        ("//example.org", "link-relative"),
        ("www.example.org", "link-relative"),
        ("help@example.org", "link-relative"),
        ("javascript:alert(1)", "link-scheme"),
        ("JavaScript:alert(1)", "link-scheme"),
        ("&#106;avascript:alert(1)", "link-scheme"),
        ("data:image/png;base64,xx", "link-scheme"),
        ("file:///etc/passwd", "link-scheme"),
        ("https:", "link-broken"),
        ("https://", "link-broken"),
        ("https://someone@example.org", "link-broken"),
        ("mailto:nobody", "link-broken"),
        ("tel:844-ASK-SHARE", "link-broken"),
        ("#nowhere", "link-anchor"),
        ("{{first_name|x}}", "merge-field-misplaced"),
        ("{{manage_url|x}}", "merge-field-misplaced"),
        ("{{address}}", "merge-field-misplaced"),
        ("{{mange_url}}", "merge-field-unknown"),
        ("https://example.org/?a={{address}}", "merge-field-misplaced"),
        ('https://example.org "{{address}}"', "merge-field-misplaced"),
    ],
)
def test_a_destination_that_leads_nowhere_is_a_finding(wrong: Wrong, destination: str, rule: str) -> None:
    assert wrong(f"See [a]({destination}).\n") == [f"1:5 {rule}"]


@pytest.mark.parametrize("body", ["[a](https://x y)\n", "[a] (https://example.org)\n", "[a [b](https://example.org)](c)\n"])
def test_what_only_looks_like_a_link_is_a_finding(wrong: Wrong, body: str) -> None:
    assert [found.partition(" ")[2] for found in wrong(body)] == ["link-broken"]


def test_an_autolink_is_checked_too(wrong: Wrong) -> None:
    assert wrong("See <ftp://example.org> and <help@example.org>.\n") == ["1:5 link-scheme"]


def test_a_link_to_a_section_is_checked_against_all_sections(wrong: Wrong) -> None:
    assert wrong("[a](#two) [b](#one)\n\n## Two\nText.\n\n## Other {#one}\nText.\n") == []


def test_an_unknown_anchor_gets_a_suggestion(advice: Callable[[str], list[str]]) -> None:
    assert advice("[a](#trails)\n\n## Trials\nText.\n") == ["no section has the anchor “#trails” → Did you mean trials?"]


def test_an_address_that_no_link_uses_is_a_finding(wrong: Wrong) -> None:
    """Markdown drops "[Note]: text" without a word."""
    assert wrong("[a][used]\n\n[used]: https://example.org\n[Note]: important\n") == ["4:1 reference-unused"]
    assert wrong("[a]\n\n[a]: https://example.org\n[a]: https://example.com\n") == ["4:1 reference-duplicate"]

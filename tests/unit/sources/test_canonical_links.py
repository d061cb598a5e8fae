from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.sources.feeds.canonical_links import canonical_link

PAGE = "example.org/a?b=1&c=2"


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/a?b=1&c=2",
        "http://example.org/a?b=1&c=2",
        "HTTPS://Example.ORG./a?b=1&c=2",
        "https://www.example.org/a?b=1&c=2",
        "https://example.org:443/a?b=1&c=2",
        "http://example.org:80/a?b=1&c=2",
        "https://example.org/a/?b=1&c=2",
        "https://example.org/%61?b=1&c=2",
        "https://example.org/a?c=2&b=1",
        "https://example.org/a?b=1&c=2#top",
        "https://example.org/a?utm_source=feed&b=1&fbclid=x&c=2&mc_cid=1&gclid=9&UTM_Medium=rss&&",
        "  https://user@example.org/a?b=1&c=2 ",
    ],
)
def test_however_a_page_is_addressed_it_is_one(link: str) -> None:
    assert canonical_link(link) == PAGE


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/A?b=1&c=2",
        "https://example.org/a?b=1",
        "https://example.org/a?b=2&c=2",
        "https://example.org:8080/a?b=1&c=2",
        "https://news.example.org/a?b=1&c=2",
        "https://example.org/a?b=1&c=2#/another",
        "https://example.org/a?b=1&c=2#!another",
    ],
)
def test_another_page_is_another(link: str) -> None:
    assert canonical_link(link) != PAGE


@pytest.mark.parametrize(
    "nothing", ["", "mailto:a@example.org", "javascript:alert(1)", "https://", "https://[x/", "//a.org/", "a"]
)
def test_what_is_no_web_address_has_none(nothing: str) -> None:
    assert canonical_link(nothing) == ""


def test_the_start_of_a_site_is_a_page_too() -> None:
    assert canonical_link("https://example.org/") == canonical_link("http://www.example.org") == "example.org"


@given(st.text(max_size=60))
def test_whatever_stands_there_it_is_an_answer(text: str) -> None:
    canonical_link(text)
    canonical_link(f"https://example.org/{text}")

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checking.edition_links import is_own, web_addresses
from newsletter.rendering.edition import Edition, Variant
from tests.unit.checking.drafts import good_draft

BASE = "https://n.example.org"


def edition(html: str = "", text: str = "", web: str = "", *narrower: Variant) -> Edition:
    return replace(good_draft().edition, html=html, text=text, web=web, narrower=narrower)


def addresses(*editions: Edition) -> list[str]:
    return list(web_addresses(editions, base_url=BASE))


def link(address: str) -> str:
    return f'<a href="{address}">x</a>'


def test_mail_text_web_page_and_every_variant_are_looked_through_and_each_address_is_given_once() -> None:
    one = edition(
        link("https://a.example/"),
        "See https://b.example/ and https://a.example/.",
        link("https://c.example/") + link("https://a.example/"),
        Variant(("trials",), link("https://d.example/"), "https://e.example/"),
    )
    other = edition(link("https://f.example/"))
    assert sorted(addresses(one, other)) == [f"https://{name}.example/" for name in "abcdef"]


def test_fragments_are_no_part_of_what_is_asked() -> None:
    assert addresses(edition(link("https://a.example/guide#one") + link("https://a.example/guide#two"))) == [
        "https://a.example/guide"
    ]


def test_our_own_pages_personal_links_and_what_is_no_page_are_not_asked() -> None:
    html = "".join(map(link, [f"{BASE}/issues/", "@@MM:manage_url:@@", "tel:+18442757427", "mailto:a@example.org", "#tests"]))
    assert addresses(edition(html, f"{BASE}/privacy\n@@MM:unsubscribe_url:@@")) == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("(https://a.example/guide).", "https://a.example/guide"),
        ("https://a.example/guide_(en), and more", "https://a.example/guide_(en)"),
        ("«https://a.example/guía»", "https://a.example/guía"),
        ("https://a.example/?q=1&r=2;", "https://a.example/?q=1&r=2"),
    ],
)
def test_the_sentence_round_an_address_is_not_asked(text: str, address: str) -> None:
    assert addresses(edition("", text)) == [address]


def test_an_address_that_ends_like_a_sentence_is_asked_as_it_stands_in_the_mail() -> None:
    assert addresses(edition(link("https://a.example/Inc."), "[1] https://a.example/Inc.")) == ["https://a.example/Inc."]


@given(st.text())
def test_whatever_stands_in_a_mail_is_looked_through(text: str) -> None:
    for address in addresses(edition(link(f"http://{text}"), f"See https://{text} and [{text}](http://[{text})", text)):
        assert address.lower().startswith(("http://", "https://"))


def test_ampersands_of_html_are_read() -> None:
    assert addresses(edition(link("https://a.example/?q=1&amp;r=2"))) == ["https://a.example/?q=1&r=2"]


@pytest.mark.parametrize("address", [f"{BASE}/", "http://n.example.org/x", "https://N.example.org/x", BASE])
def test_what_is_on_our_server_is_ours_by_http_too(address: str) -> None:
    assert is_own(address, BASE)
    assert addresses(edition(link(address))) == []


@pytest.mark.parametrize(
    "address", ["https://n.example.org.evil.example/", "https://example.org/", "mailto:n.example.org", "https://[x/"]
)
def test_what_only_looks_like_it_is_not(address: str) -> None:
    assert not is_own(address, BASE)


def test_a_front_page_is_asked_once_with_its_slash_or_without() -> None:
    assert addresses(edition(link("https://a.example") + link("https://a.example/") + link("https://a.example#top"))) == [
        "https://a.example/"
    ]

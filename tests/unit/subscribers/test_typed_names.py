from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.errors import AddressError
from newsletter.subscribers.addresses import LONGEST_FIRST_NAME, parse_typed_name

LINK = re.compile(r"https?:|www\.|@|\w\w\.\w|\w\.\w\w|[/:<>&\"\[\]()\\{}%\d_=]")
"""What a mail program might turn into a link, and what no name needs."""


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "María José",
        "Anne-Marie",
        "O\u2019Brien",
        "D'Angelo",
        "'t Hart",
        "J. R. R.",
        "J.R.",
        "M.-C.",
        "Martin Jr.",
        "Gal·la",
        "Nguyễn Thị Hồng",
        "Ирина",
        "Ελένη",
        "李小龍",
        "さくら",
        "김민지",
        "محمد",
        "שָׂרָה",
        "प्रिया",
        "நந்தினி",
        "สมหญิง",
        "\u02bbIolani",
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
    ],
)
def test_names_of_any_script_pass_as_they_are(name: str) -> None:
    assert parse_typed_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example",
        "evil.com",
        "www.evil.com",
        "Win at evil.com today",
        "t.co",
        "J.R.Smith",
        "evil。com",
        "evil\uff0ecom",
        "a@b",
        "<b>Ana</b>",
        "Ana & Co",
        "[click](x)",
        "Ana\nBcc: x",
        "Ana 1/2",
        "A1",
        "{{ first_name }}",
        "\u202eanA",
        "Ana\u200b",
        "...",
        "-",
        "'",
        "😀",
        "Z" + "\u0335" * 5 + "algo",
        "x" * (LONGEST_FIRST_NAME + 1),
        "\ud800",
    ],
)
def test_links_markup_and_signs_do_not(text: str) -> None:
    with pytest.raises(AddressError):
        parse_typed_name(text)


def test_no_name_is_a_name_and_blanks_are_made_single() -> None:
    assert parse_typed_name(" \u00a0 ") == ""
    assert parse_typed_name("  María \u00a0 José ") == "María José"


@example("ab.c")
@example("a.bc")
@given(st.text(alphabet=st.sampled_from("abÉ李.。- '\u2019/:@<1\n\u0301\u200d"), max_size=12) | st.text(max_size=60))
def test_whatever_is_taken_can_be_no_link_and_is_taken_again_as_it_is(text: str) -> None:
    try:
        name = parse_typed_name(text)
    except AddressError:
        return
    assert not LINK.search(name)
    assert len(name) <= LONGEST_FIRST_NAME
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} for character in name)
    assert parse_typed_name(name) == name

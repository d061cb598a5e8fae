from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import AddressError
from newsletter.subscribers.addresses import (
    _validated,
    mask,
    mask_name,
    normalise_for_lookup,
    parse_address,
    parse_first_name,
    parse_typed_name,
)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("  Ana.Perez@Example.ORG ", "Ana.Perez@example.org"),
        ("ana+news@clinic.test", "ana+news@clinic.test"),
        ("o'hara@post.example", "o'hara@post.example"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
    ],
)
def test_an_address_is_stored_as_its_owner_writes_it_with_its_domain_in_ascii(written: str, stored: str) -> None:
    assert parse_address(written) == stored


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "ana",
        "ana@",
        "@example.org",
        "ana@localhost",
        "a b@example.org",
        "ana@example.org, eva@example.org",
        "Ana <ana@example.org>",
        "ana@example.org\nBcc: all@example.org",
        "ana\x00@example.org",
        "ana@[127.0.0.1]",
        "josé@example.org",
        f"{'a' * 65}@example.org",
        '"ana"@example.org',
        "ana\u200b@example.org",
        "ana@exam\u202eple.org",
    ],
)
def test_what_is_no_address_is_refused_and_never_repeated(wrong: str) -> None:
    with pytest.raises(AddressError) as refused:
        parse_address(wrong)
    assert not wrong or wrong not in str(refused.value)


@given(text=st.text())
def test_an_accepted_address_is_one_line_of_printable_ascii_and_stays_what_it_is(text: str) -> None:
    try:
        address = parse_address(text)
    except AddressError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert parse_address(address) == address


@given(
    local=st.text("abcXYZ019.+_-", min_size=1, max_size=20),
    domain=st.sampled_from(["example.org", "Bücher.example", "CLINIC.test"]),
)
def test_a_lookup_form_does_not_change_when_it_is_made_again(local: str, domain: str) -> None:
    try:
        address = parse_address(f"{local}@{domain}")
    except AddressError:
        return
    assert normalise_for_lookup(address) == normalise_for_lookup(f" {local.upper()}@{domain.upper()}")
    assert normalise_for_lookup(normalise_for_lookup(address)) == normalise_for_lookup(address)


@given(
    local=st.text("aZ09_+'-.", max_size=66),
    domain=st.sampled_from(
        ["example.org", "Mail.Example.COM", "clinic.test", "localhost", "-a.org", "a..org", "a.b", f"{'a' * 64}.org"]
    )
    | st.text("aZ0.-", max_size=260),
)
def test_a_plain_address_is_judged_as_any_other(local: str, domain: str) -> None:
    def judged(parse: Callable[[str], str]) -> str:
        try:
            return parse(f"{local}@{domain}")
        except AddressError:
            return "refused"

    assert judged(parse_address) == judged(_validated)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("  Ana  María ", "Ana María"),
        ("", ""),
        ("Jose\u0301", "José"),
        ("Дарина", "Дарина"),
        ("王", "王"),
        ("Zoë 👩‍🦰", "Zoë 👩‍🦰"),
        ("{{first_name}}",) * 2,
    ],
)
def test_a_first_name_is_kept_as_people_write_it(written: str, stored: str) -> None:
    assert parse_first_name(written) == stored


@pytest.mark.parametrize("wrong", ["Ana\nBcc: x", "Ana\x00", "Ana\u2028B", "\u202eanA", "A" * 81, "Ana\ud800"])
def test_a_first_name_that_could_harm_a_mail_is_refused(wrong: str) -> None:
    with pytest.raises(AddressError):
        parse_first_name(wrong)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ana@example.org", "a•••@e•••.org"),
        ("ana@mail.clinic.example", "a•••@m•••.example"),
        ("ana@localhost", "a•••@•••"),
        ("ana", "a•••"),
        ("", "•••"),
    ],
)
def test_a_masked_address_shows_a_letter_of_each_part(address: str, shown: str) -> None:
    assert mask(address) == shown


def test_a_masked_name_shows_its_first_letter_and_no_name_nothing() -> None:
    assert (mask_name("Ana"), mask_name("")) == ("A•••", "")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Ana",
        "María José",
        "Jean-Luc",
        "O'Neill",
        "D\u2019Angelo",
        "J. R.",
        "J.R.",
        "Łukasz",
        "Nguyễn",
        "Владимир",
        "王小明",
        "नेहा",
        "مريم",
    ],
)
def test_a_typed_name_is_taken_in_any_script(name: str) -> None:
    assert parse_typed_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "name",
    [
        "https://example.org",
        "example.org",
        "Win at ex.am",
        "Ana, you won",
        "<b>Ana</b>",
        "**Ana**",
        "ana@example.org",
        "Ana 555",
        "Ana\nBcc",
        "{{ 7*7 }}",
        "...",
        "A" + "\u0301" * 9,
        "\u0301a",
        "\u202eanA",
        "A" * 81,
        "Ana ☎",
    ],
)
def test_a_typed_name_carries_nothing_but_a_name(name: str) -> None:
    with pytest.raises(AddressError):
        parse_typed_name(name)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("ana@\u0435xample.org", "ana@xn--xample-2of.org"),
        ("ana@paypa\u04cf.example", "ana@xn--paypa-iof.example"),
        ("ana@\uff45xample.org", "ana@example.org"),
        ("ana@EXAMPLE\u3002org", "ana@example.org"),
    ],
    ids=["a Cyrillic e", "a Cyrillic l", "a wide e", "a Chinese full stop"],
)
def test_a_domain_that_looks_like_another_is_an_address_of_its_own_or_the_very_same(written: str, stored: str) -> None:
    address = parse_address(written)
    assert address == stored
    assert (normalise_for_lookup(address) == "ana@example.org") == (stored == "ana@example.org")


@given(
    name=st.sampled_from(["ana", "o'hara", "a+b", '"ana b"', "\u0430na", "ana\r\nBcc", "a" * 65]),
    domain=st.text("ab\u0435\u00fc\u00f1\u0301.-\uff0e\r\n ", max_size=20),
)
def test_whatever_a_domain_is_written_in_what_is_stored_is_ascii_and_found_again(name: str, domain: str) -> None:
    try:
        address = parse_address(f"{name}@{domain}.example")
    except AddressError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert " " not in address
    assert parse_address(address) == address
    assert normalise_for_lookup(f"{name.upper()}@{domain}.example") == normalise_for_lookup(address)

"""A tel: link dials the right number from anywhere, or there is none."""

import pytest

from newsletter.rendering.trial_phones import phone_link


@pytest.mark.parametrize(
    ("phone", "link"),
    [
        ("212-555-0100", "tel:+12125550100"),
        ("(212) 555-0100", "tel:+12125550100"),
        ("212.555.0100", "tel:+12125550100"),
        ("2125550100", "tel:+12125550100"),
        ("1-212-555-0100", "tel:+12125550100"),
        ("+1 (212) 555-0100", "tel:+12125550100"),
        ("888-555-0100 (U.S. and Canada)", "tel:+18885550100"),
        ("1-877-STUDIES (1-877-555-0101) or 1-317-555-0102", "tel:+18775550101"),
        ("(212) 555-0100 x12", "tel:+12125550100;ext=12"),
        ("212-555-0100 ext. 12", "tel:+12125550100;ext=12"),
        ("212-555-0100x12", "tel:+12125550100;ext=12"),
        ("212-555-0100 #12", "tel:+12125550100;ext=12"),
        ("212-555-0100, extension: 12", "tel:+12125550100;ext=12"),
        ("+34 600 000 000", "tel:+34600000000"),
        ("+44 (0)20 7946 0000", "tel:+442079460000"),
        ("+46 8 123 456 78", "tel:+46812345678"),
    ],
)
def test_a_number_becomes_a_link_with_its_country_code_and_extension(phone: str, link: str) -> None:
    assert phone_link(phone) == link


@pytest.mark.parametrize(
    "phone",
    [
        *("", "ask at the desk", "000-000-0000", "555-0100", "020 7946 0000", "1234567890123456", "+1 555", "+0 123 456 789"),
        *("112-555-0100", "2125550100123", "NCT01234567", "+34 600", "2\u0661\u0662-555-0100", "212-555-0100 ext. \u0665"),
    ],
)
def test_what_would_reach_a_stranger_or_nobody_gets_no_link(phone: str) -> None:
    assert phone_link(phone) == ""


@pytest.mark.parametrize(
    ("extension", "link"),
    [
        ("7", "tel:+12125550100;ext=7"),
        ("ext 7", "tel:+12125550100;ext=7"),
        ("none", "tel:+12125550100"),
        (" ", "tel:+12125550100"),
    ],
)
def test_the_registrys_own_extension_is_dialled(extension: str, link: str) -> None:
    assert phone_link("212-555-0100", extension) == link


def test_a_country_code_in_the_place_of_an_extension_is_one() -> None:
    assert phone_link("01 44 55 66 77", "+33") == "tel:+33144556677"
    assert phone_link("000-000-0000", "+33") == ""

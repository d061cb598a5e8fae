"""A telephone number can be dialled, wherever an editor writes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.authoring.telephones import find_phone_mistake


@pytest.mark.parametrize(
    "text",
    [
        "844-275-7427",
        "(844) 275-7427",
        "1 844 275 7427",
        "+1 844-275-7427",
        "212.555.0100",
        "844-ASK-SHARE",
        "844-ASK-SHARE (844-275-7427)",
        "1-800-FLOWERS",
        "+1 212-555-0100 ext 7",
        "212-555-0100 x12",
        "+34 912 345 678",
        "+52 55 1234 5678",
        "988",
        "911",
    ],
)
def test_a_number_that_can_be_dialled_passes(text: str) -> None:
    assert find_phone_mistake(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("844-275-742", "it has 9 digits"),
        ("844-275-74277", "has 0 or 1 where"),
        ("044-275-7427", "where its area code or its exchange begins"),
        ("844-175-7427", "where its area code or its exchange begins"),
        ("2 844 275 7427", "where its area code or its exchange begins"),
        ("844 275 7427 844 275 7427", "it has 20 digits"),
        ("12345", "it has 5 digits"),
        ("+34 912", "it has 5 digits; with a country code"),
        ("+0 844 275 7427", "does not begin with 0"),
        ("0034 912 345 678", "it has 13 digits"),
        ("call us", "make no number"),
        ("555-CALL-NOW-PLEASE-DO", "make no number"),
        ("844-ASK-SHARE (844-275-742)", "it has 9 digits"),
        ("+1 844-275-742", "it has 10 digits; +1 and a number here are 11"),
        ("٣٣٣-٣٣٣-٣٣٣٣", "other signs"),
        ("<844-275-7427>", "other signs"),
        ("", "other signs"),
    ],
)
def test_a_number_that_calls_nobody_says_why(text: str, why: str) -> None:
    mistake = find_phone_mistake(text)
    assert mistake
    assert why in mistake[0]
    assert mistake[1]


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_has_a_fix(text: str) -> None:
    mistake = find_phone_mistake(text)
    assert mistake is None or all(mistake)


def test_a_link_that_dials_nobody_is_found_where_it_stands(advice: Callable[[str], list[str]]) -> None:
    (said,) = advice("Call [us](tel:+1844275742).\n")
    assert said.startswith("“tel:+1844275742” calls nobody: it has 10 digits; +1 and a number here are 11 → ")
    assert said.endswith("Write it like tel:+18442757427")
    assert "calls nobody: it has 4 digits" in advice('::: button tel:1234 "Call"\n:::\n')[0]


def test_a_link_may_dial_an_extension_or_a_short_number(wrong: Callable[[str], list[str]]) -> None:
    assert wrong("Call [us](tel:+1-844-275-7427;ext=7) or [the lifeline](tel:988).\n") == []

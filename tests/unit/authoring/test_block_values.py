from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newsletter.authoring.block_kind import FieldRule, FieldType
from newsletter.authoring.block_values import default_value, read_value
from newsletter.authoring.complaints import Mistake

NOWHERE = Path("/nowhere")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FieldType.TEXT, " two  words ", "two words"),
        (FieldType.DATE, "2027-03-01", date(2027, 3, 1)),
        (FieldType.INTEGER, "-12", -12),
        (FieldType.PHONE, "844-ASK-SHARE (844-275-7427)", "844-ASK-SHARE (844-275-7427)"),
        (FieldType.PHONE, "+1 844 275 7427", "+1 844 275 7427"),
        (FieldType.PHONE, "988", "988"),
        (FieldType.NCT_ID, "NCT09990001", "NCT09990001"),
        (FieldType.URL, "tel:+18442757427", "tel:+18442757427"),
    ],
)
def test_a_text_becomes_the_type_of_its_field(kind: FieldType, text: str, value: object) -> None:
    assert read_value(FieldRule("x", kind, required=True), text, NOWHERE) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FieldType.DATE, "2027-02-30"),
        (FieldType.DATE, "soon"),
        (FieldType.INTEGER, "twelve"),
        (FieldType.INTEGER, "٣"),
        (FieldType.PHONE, "912"),
        (FieldType.PHONE, "844-275-742"),
        (FieldType.PHONE, "call <us> now"),
        (FieldType.NCT_ID, "NCT123"),
        (FieldType.TEXT, "  "),
        (FieldType.URL, "example"),
    ],
)
def test_a_text_that_is_not_of_the_type_says_how_to_write_it(kind: FieldType, text: str) -> None:
    mistake = read_value(FieldRule("x", kind, required=True), text, NOWHERE)
    assert isinstance(mistake, Mistake)
    assert mistake.fix


@pytest.mark.parametrize(
    ("kind", "default", "value"),
    [
        (FieldType.TEXT, "", ""),
        (FieldType.URL, "", ""),
        (FieldType.DATE, "", None),
        (FieldType.IMAGE, "", None),
        (FieldType.INTEGER, "", None),
        (FieldType.INTEGER, "3", 3),
    ],
)
def test_what_is_left_out_is_the_default_else_nothing_of_its_type(kind: FieldType, default: str, value: object) -> None:
    assert default_value(FieldRule("x", kind, required=False, default=default), NOWHERE) == value

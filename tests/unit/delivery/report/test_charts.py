"""Pictures of numbers: whoever does not see them is told the same, and nothing in them can become markup."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from newsletter.delivery.report.charts import CHART_CSS, Bar, CurvePoint, bar_chart, curve_chart, standalone

SVG = "{http://www.w3.org/2000/svg}"
COLOURS = {"ink": "#000000", "sheet": "#ffffff", "line": "#cccccc", "quiet": "#555555", "link": "#0b5f60"}

BARS = [Bar("accepted", 900, "900"), Bar("failed", 1, "1"), Bar("unknown", 0, "0")]


def drawn(picture: str) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314 - our own picture


def chart(bars: list[Bar]) -> ET.Element:
    return drawn(bar_chart(bars, ident="one", title="Handed over", description="accepted: 900; failed: 1; unknown: 0."))


def test_a_picture_is_named_and_described_for_those_who_do_not_see_it() -> None:
    svg = chart(BARS)
    title, description = svg[0], svg[1]
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert (title.text, description.text) == ("Handed over", "accepted: 900; failed: 1; unknown: 0.")


def test_every_bar_stands_under_its_own_words_and_number() -> None:
    texts = [one.text for one in chart(BARS).iter("text")]
    assert texts == ["accepted", "900", "failed", "1", "unknown", "0"]


def test_bars_are_as_long_as_their_numbers_and_nothing_has_none() -> None:
    widths = [one.get("width") for one in chart(BARS).iter("rect") if one.get("class") == "bar"]
    assert widths == ["100.000%", "0.111%"]


def test_what_stands_in_a_label_is_text_and_never_markup() -> None:
    nasty = '<script>alert(1)</script> & "quoted"'
    svg = drawn(bar_chart([Bar(nasty, 1, "<b>1</b>")], ident="x", title=nasty, description=nasty))
    assert {one.tag for one in svg.iter()} == {"svg", "title", "desc", "text", "rect"}
    assert svg[0].text == nasty


def test_a_long_label_is_broken_so_that_it_fits_a_phone() -> None:
    label = "refused for what we are, or for what the mail says, at some length"
    lines = [one.text or "" for one in chart([Bar(label, 1, "1,000,000")]).iter("text")]
    assert " ".join(line for line in lines if line != "1,000,000") == label
    assert max(map(len, lines)) <= 36 - len("1,000,000")


def test_a_range_is_drawn_and_what_is_compared_with_is_an_outline() -> None:
    svg = chart([Bar("ours", 10, "10/s", low=8, high=12), Bar("theirs", 6, "6/s", quiet=True)])
    assert [one.get("x1") for one in svg.iter("line")][:1] == ["66.667%"]
    assert [one.get("class") for one in svg.iter("rect") if one.get("class") != "ground"] == ["bar", "quiet-bar"]


def test_no_bars_make_an_empty_picture() -> None:
    assert list(chart([]).iter("rect")) == []


@pytest.mark.parametrize("value", [0, 7], ids=["nothing yet", "the same all the time"])
def test_a_curve_of_one_height_is_drawn(value: int) -> None:
    points = [CurvePoint(0, value, "10:00", str(value)), CurvePoint(1, value, "11:00", str(value))]
    svg = drawn(curve_chart(points, ident="time", title="Settled", description="It did not grow."))
    assert [one.text for one in svg.iter("text")] == [str(value), "10:00", "11:00"]


def test_a_file_of_a_picture_stands_alone_in_both_schemes() -> None:
    picture = bar_chart(BARS, ident="one", title="Handed over", description="three bars")
    svg = drawn(standalone(picture, light=COLOURS, dark=COLOURS | {"ink": "#ffffff"}))
    style = svg.find(f"{SVG}style")
    assert svg.tag == f"{SVG}svg"
    assert style is not None
    assert "prefers-color-scheme: dark" in (style.text or "")
    assert CHART_CSS in (style.text or "")
    assert "--bar: #0b5f60" in (style.text or "")

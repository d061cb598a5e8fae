from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.checking.style_sheet import Declaration, applies, read_declarations, read_style_sheet

CSS = st.text("@media{}();:,.#a-1px'\"/* \n!important", max_size=120) | st.text(max_size=60)


def test_declarations_are_read_with_what_matters() -> None:
    assert read_declarations("COLOR : #ffffff!important; margin: 0  2px ;; nonsense; x") == (
        Declaration("color", "#ffffff", important=True),
        Declaration("margin", "0 2px"),
    )


def test_what_stands_in_brackets_and_quotation_marks_ends_nothing() -> None:
    style = "background:url(data:a;b) no-repeat; font-family:'A;B', Arial; /* color: red; */ width:1px"
    assert [one.name for one in read_declarations(style)] == ["background", "font-family", "width"]


def test_a_rule_knows_what_it_stands_in() -> None:
    sheet = read_style_sheet("@media (max-width: 480px) { .a > b, .c { margin: 0 } } p { color: #000000 }")
    first, second = sheet.rules
    assert (first.selectors, first.media) == ((".a > b", ".c"), ("(max-width: 480px)",))
    assert (second.selectors, second.media) == (("p",), ())


def test_an_at_rule_in_another_is_named_with_it() -> None:
    sheet = read_style_sheet("@media print { @supports (x: y) { p { a: b } } } @import 'x;y'; .open { c: d")
    assert sheet.at_rules == (("@media print", ()), ("@supports (x: y)", ("@media print",)), ("@import 'x;y'", ()))
    assert [rule.selectors for rule in sheet.rules] == [("p",), (".open",)]


@pytest.mark.parametrize(
    ("query", "views"),
    [
        ("(prefers-color-scheme: dark)", "dark wide, dark phone"),
        ("only screen and (max-width: 480px)", "light phone, dark phone"),
        ("(min-width: 40em)", "light wide, dark wide"),
        ("(min-width: 481px) and (prefers-color-scheme: light)", "light wide"),
        ("(prefers-color-scheme: dark), (max-width: 480px)", "dark wide, light phone, dark phone"),
        ("print", ""),
        ("not screen", ""),
        ("(hover: hover)", "light wide, dark wide, light phone, dark phone"),
        ("(max-width: calc(1px))", "light wide, dark wide, light phone, dark phone"),
    ],
)
def test_a_media_query_holds_where_it_should(query: str, views: str) -> None:
    sizes = {"wide": 700, "phone": 375}
    holding = [
        f"{scheme} {size}"
        for size in sizes
        for scheme in ("light", "dark")
        if applies((query,), scheme=scheme, width=sizes[size])
    ]
    assert ", ".join(holding) == views


@settings(deadline=None)
@given(text=CSS)
def test_whatever_a_style_sheet_holds_it_is_read_to_its_end(text: str) -> None:
    sheet = read_style_sheet(text)
    assert all(rule.selectors for rule in sheet.rules)
    assert all(one.name == one.name.lower() for one in read_declarations(text))

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.publishing.section_texts import (
    ChangedSection,
    LineChange,
    SectionChange,
    SectionText,
    changed_sections,
    section_texts,
)

PAGE = """<html><head><title>no</title><style>p{}</style></head><body><header><p>Masthead</p></header><main>
<nav><h2 id="contents">In this letter</h2><ul><li>Tests</li></ul></nav>
<p>Hello, <em>you</em>.</p>
<section><h2 id="tests">What <b>tests</b> tell</h2><p>One <a href="/x">link</a> in<br>two lines.</p>
<ul><li>First<ul><li>Inner</li></ul>after</li></ul><table><tr><th>Test</th><td>Result</td></tr></table></section>
<h2>No anchor, so no section</h2><section><h2 id="call">Call us</h2></section></main><footer>no</footer></body></html>"""


def changed(old: SectionText, new: SectionText) -> ChangedSection:
    [change] = changed_sections([old], [new])
    return change


def lines(change: ChangedSection) -> list[tuple[str, str]]:
    return [(line.change.value, line.text) for line in change.lines]


def test_sections_hold_every_line_once_in_the_order_of_the_page() -> None:
    assert section_texts(PAGE) == (
        SectionText("", "", ("Hello, you.",)),
        SectionText(
            "tests",
            "What tests tell",
            ("One link in", "two lines.", "First", "Inner", "after", "Test", "Result", "No anchor, so no section"),
        ),
        SectionText("call", "Call us", ()),
    )


@given(page=st.text())
def test_no_page_is_too_odd_to_be_read(page: str) -> None:
    section_texts(page)


def test_sections_that_are_what_they_were_are_left_out() -> None:
    assert changed_sections(section_texts(PAGE), section_texts(PAGE)) == ()


def test_a_changed_line_stands_between_its_neighbours() -> None:
    old = SectionText("a", "A", ("one", "two", "three", "four", "five"))
    new = SectionText("a", "A", ("one", "two", "3", "four", "five"))
    assert lines(changed(old, new)) == [("same", "two"), ("removed", "three"), ("added", "3"), ("same", "four")]


def test_words_that_differ_are_marked_and_the_line_is_whole() -> None:
    old = SectionText("a", "A", ("Take one pill a day with water.",))
    new = SectionText("a", "A", ("Take two pills a day with water.",))
    [_, removed, added] = changed(old, new).lines
    assert [text for text, differs in removed.pieces if differs] == ["one pill "]
    assert [text for text, differs in added.pieces if differs] == ["two pills "]
    assert added.text == "Take two pills a day with water."


def test_lines_with_little_in_common_are_shown_whole() -> None:
    change = changed(SectionText("a", "A", ("Call us by day.",)), SectionText("a", "A", ("Nothing of it is left here.",)))
    assert not any(differs for line in change.lines for _, differs in line.pieces)


def test_a_changed_heading_is_a_change() -> None:
    assert lines(changed(SectionText("a", "Old", ()), SectionText("a", "New", ()))) == [("removed", "Old"), ("added", "New")]


def test_new_gone_and_moved_sections_are_told_apart() -> None:
    a, b, c, d = (SectionText(name, name.upper(), (name,)) for name in "abcd")
    found = {change.heading: change.change for change in changed_sections([a, b, c], [c, a, d])}
    assert found["D"] is SectionChange.NEW
    assert found["B"] is SectionChange.GONE
    assert {"A", "C"} & {heading for heading, change in found.items() if change is SectionChange.MOVED}


@given(old=st.lists(st.text(max_size=20), max_size=8), new=st.lists(st.text(max_size=20), max_size=8))
def test_every_line_that_came_or_went_is_shown(old: list[str], new: list[str]) -> None:
    changes = changed_sections([SectionText("a", "A", tuple(old))], [SectionText("a", "A", tuple(new))])
    shown = [(line.change, line.text) for change in changes for line in change.lines]
    assert {line for line in new if line not in old} <= {text for kind, text in shown if kind is LineChange.ADDED}
    assert {line for line in old if line not in new} <= {text for kind, text in shown if kind is LineChange.REMOVED}

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from newsletter.authoring.issue import Issue, Sponsor
from newsletter.errors import IssueError
from newsletter.findings import Place

Complaints = Callable[[bytes], list[str]]

FULL = """---
title: "Mets Matters: December"
subject: >
  Your test
  results
preheader: In plain words
language: en
topics: [tnbc, trials]
sponsors:
  - name: Example Foundation
    url: https://example.org/é
    note: Paid for printing
  - name: Second
review_by: 2027-03-01
---
Text.
"""


def with_line(line: str, *, instead_of: str = "", more: str = "") -> bytes:
    """Write a file whose front matter has ``line`` at its end, or instead of another one."""
    lines = ["title: a", "subject: b", "preheader: c", "language: en"]
    kept = [kept for kept in lines if kept.partition(":")[0] != instead_of]
    return "\n".join(["---", *kept, line, *more.split("\n"), "---", "Text.", ""]).encode()


def test_every_field_is_read(parse_file: Callable[[bytes], Issue]) -> None:
    issue = parse_file(FULL.encode())
    assert (issue.title, issue.subject, issue.preheader) == ("Mets Matters: December", "Your test results", "In plain words")
    assert issue.topics == ("tnbc", "trials")
    sponsors = (Sponsor("Example Foundation", "https://example.org/%C3%A9", "Paid for printing"), Sponsor("Second"))
    assert issue.sponsors == sponsors
    assert issue.review_by == date(2027, 3, 1)
    assert issue.places["subject"] == Place("issues/2026-12/issue.md", 3, 1)
    assert set(issue.places) == {"title", "subject", "preheader", "language", "topics", "sponsors", "review_by"}


def test_optional_fields_may_be_missing(parse_file: Callable[[bytes], Issue]) -> None:
    issue = parse_file(with_line("# a comment"))
    assert (issue.topics, issue.sponsors, issue.review_by) == ((), (), None)


def test_a_file_without_front_matter_is_told_what_to_write(complaints: Complaints) -> None:
    assert complaints(b"# Hello\n") == ["1:1 front-matter-missing", "1:1 heading-level"]


def test_an_unclosed_front_matter_is_found(complaints: Complaints) -> None:
    fields = b"title: a\nsubject: b\npreheader: c\nlanguage: en\n"
    assert complaints(b"---\n" + fields) == ["0:0 issue-empty", "1:1 front-matter-unclosed"]
    assert complaints(b"---\n" + fields + b"\nText.\n") == ["1:1 front-matter-unclosed"]
    assert complaints(b"---\n" + fields + b"# a heading\n\n---\n\n## b\n\nText.\n") == []
    assert complaints(b"---\n" + fields + b"## a\n\nText.\n\n---\n\nText, {{nonsense}}.\n") == [
        "1:1 front-matter-unclosed",
        "12:7 merge-field-unknown",
    ]


@pytest.mark.parametrize("closing", ["----", "--", "\N{EM DASH}", " ---", "\N{EN DASH}-"])
def test_what_was_to_close_the_front_matter_is_pointed_at(complaints: Complaints, closing: str) -> None:
    text = f"---\ntitle: a\nsubject: b\npreheader: c\nlanguage: en\n{closing}\nText.\n"
    assert complaints(text.encode()) == ["6:1 front-matter-unclosed"]


def test_empty_lines_may_stand_before_the_front_matter(parse_file: Callable[[bytes], Issue]) -> None:
    issue = parse_file(b"\n \n" + FULL.encode())
    assert issue.places["subject"] == Place("issues/2026-12/issue.md", 5, 1)
    assert issue.sections[0].place.line == 18


@pytest.mark.parametrize(
    ("line", "place", "fix"),
    [
        ("subject: Scans: what to ask", "5:15", 'subject: "Scans: what to ask"'),
        ('subject: "What to ask" before', "5:24", "subject: '\"What to ask\" before'"),
        ('subject: "What to ask', "5:10", 'subject: "What to ask"'),
        ("subject: 'What you'll ask", "5:20", "subject: \"'What you'll ask\""),
        ("subject What to ask", "5:8", "subject: What to ask"),
        ("subject:What to ask", "5:9", "subject: What to ask"),
        ("  subject: What to ask", "5:1", "subject: What to ask"),
        ("subject: @home", "5:10", 'subject: "@home"'),
        ("subject: [New] What to ask", "5:16", 'subject: "[New] What to ask"'),
    ],
)
def test_a_line_that_yaml_cannot_read_is_shown_as_it_has_to_be(
    parse_file: Callable[[bytes], Issue], line: str, place: str, fix: str
) -> None:
    with pytest.raises(IssueError) as caught:
        parse_file(with_line(line, instead_of="subject", more="review_by: tomorrow"))
    assert [(f"{one.place.line}:{one.place.column}", one.fix) for one in caught.value.findings] == [
        (place, f"Write `{fix}`."),
        ("6:12", "Write year, month and day: 2027-03-01."),
    ]


@pytest.mark.parametrize(
    ("line", "place", "fix"),
    [
        ("subject: Question #1 and more", "5:19", 'subject: "Question #1 and more"'),
        ("subject: #1", "5:10", 'subject: "#1"'),
    ],
)
def test_words_that_yaml_takes_for_a_comment_are_not_lost(
    parse_file: Callable[[bytes], Issue], line: str, place: str, fix: str
) -> None:
    with pytest.raises(IssueError) as caught:
        parse_file(with_line(line, instead_of="subject"))
    found = [(f"{one.place.line}:{one.place.column}", one.rule, one.fix) for one in caught.value.findings]
    assert found == [(place, "front-matter-comment", f"Write `{fix}`.")]


def test_several_broken_lines_are_reported_together(complaints: Complaints) -> None:
    text = '---\ntitle: a: b\nsubject c\npreheader: "d\nlanguage: en\nsponsors:\n  - name: E: f\n    url: x\n---\nText.\n'
    assert complaints(text.encode()) == [
        "2:9 front-matter-broken",
        "3:8 front-matter-broken",
        "4:12 front-matter-broken",
        "7:12 front-matter-broken",
        "8:10 link-relative",
    ]


def test_a_field_that_is_there_is_not_what_an_unknown_one_was_meant_to_be(parse_file: Callable[[bytes], Issue]) -> None:
    with pytest.raises(IssueError) as caught:
        parse_file(b"---\ntitle: a\nsubject: b\npreview: c\nlanguage: en\nreview_by: 2027-03-01\n---\nText.\n")
    assert "Choose one of: preheader, topics, sponsors, corrects." in [finding.fix for finding in caught.value.findings]


def test_all_missing_fields_are_named_at_once(complaints: Complaints) -> None:
    assert complaints(b"---\n---\nText.\n") == ["1:1 front-matter-incomplete"] * 4


def test_an_unknown_field_gets_a_suggestion(parse_file: Callable[[bytes], Issue]) -> None:
    with pytest.raises(IssueError) as caught:
        parse_file(with_line("subjct: b", instead_of="subject"))
    unknown = [finding for finding in caught.value.findings if finding.rule == "front-matter-unknown"]
    assert [(str(finding.place), finding.message, finding.fix) for finding in unknown] == [
        ("issues/2026-12/issue.md:5:1", "there is no field “subjct”", "Did you mean subject?")
    ]


def test_curly_quotation_marks_round_a_value_are_not_wrapped_in_straight_ones(parse_file: Callable[[bytes], Issue]) -> None:
    with pytest.raises(IssueError) as caught:
        parse_file(with_line("subject: “Scans: what to ask”", instead_of="subject"))
    [finding] = caught.value.findings
    assert (finding.rule, finding.fix) == ("front-matter-broken", 'Write `subject: "Scans: what to ask"`.')


def test_a_second_field_of_the_same_name_is_found(complaints: Complaints) -> None:
    assert complaints(with_line("title: again")) == ["6:1 front-matter-duplicate"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("title: 2026", "5:8 front-matter-type"),
        ("title: yes and: no", "5:15 front-matter-broken"),
        ("title: true", "5:8 front-matter-type"),
        ("title:", "5:6 front-matter-empty"),
        ('title: "  "', "5:8 front-matter-empty"),
        ("title: ~", "5:8 front-matter-type"),
        ("title: [a]", "5:8 front-matter-type"),
        ("title: {a: b}", "5:8 front-matter-type"),
        ("title: !!binary aGk=", "5:8 front-matter-type"),
        ("title: Dear {{first_name|friend}}", "5:8 merge-field-misplaced"),
        (r'title: "a\x07b"', "5:8 control-character"),
        (r'title: "@\x40MM"', "5:8 control-character"),
    ],
)
def test_a_text_is_one_line_of_plain_words(complaints: Complaints, line: str, expected: str) -> None:
    assert expected in complaints(with_line(line, instead_of="title"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("review_by: 2027-02-30", ["6:12 front-matter-date"]),
        ("review_by: 1 March 2027", ["6:12 front-matter-date"]),
        ("review_by: [a]", ["6:12 front-matter-date"]),
        ("review_by:", ["6:10 front-matter-date"]),
        ("topics: tnbc", ["6:9 front-matter-type"]),
        ("topics: [a, b, a]", ["6:16 front-matter-duplicate"]),
        ("topics: [1]", ["6:10 front-matter-type"]),
        ("sponsors: Example", ["6:11 front-matter-type"]),
        ("sponsors: [Example]", ["6:12 front-matter-type"]),
        ("sponsors: [{url: https://example.org}]", ["6:12 front-matter-incomplete"]),
        ("sponsors: [{name: a, name: b}]", ["6:22 front-matter-duplicate"]),
        ("sponsors: [{name: a, [x]: b}]", ["6:22 front-matter-unknown"]),
        ("sponsors: [{name: a, url: www.example.org}]", ["6:27 link-relative"]),
        ("[x]: y", ["6:1 front-matter-unknown"]),
    ],
)
def test_a_field_of_the_wrong_type_is_placed_at_its_value(complaints: Complaints, line: str, expected: list[str]) -> None:
    assert complaints(with_line(line)) == expected


@pytest.mark.parametrize(
    "text", ["- a", "just words", "a: [1", "a: 'b", "a: *b", "%YAML 9.9", "[" * 3000, "- " * 3000, "? " * 3000]
)
def test_broken_yaml_is_one_finding(complaints: Complaints, text: str) -> None:
    found = complaints(f"---\n{text}\n---\nText.\n".encode())
    assert [rule.partition(" ")[2] for rule in found] == ["front-matter-broken"]


def test_the_language_is_that_of_the_file(complaints: Complaints) -> None:
    assert complaints(with_line("language: es", instead_of="language")) == ["5:1 language"]

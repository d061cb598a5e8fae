from __future__ import annotations

from collections.abc import Callable

import pytest

from newsletter.authoring.issue import Issue
from newsletter.authoring.source import LONGEST_FILE

GOOD = "---\ntitle: Sí\nsubject: b\npreheader: c\nlanguage: en\n---\nText.\n"
Complaints = Callable[[bytes], list[str]]


@pytest.mark.parametrize("data", [b"", b"\n\n  \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_said_to_be_empty(complaints: Complaints, data: bytes) -> None:
    assert complaints(data) == ["0:0 file-empty"]


def test_a_byte_order_mark_is_accepted(parse_file: Callable[[bytes], Issue]) -> None:
    assert parse_file(b"\xef\xbb\xbf" + GOOD.encode()).title == "Sí"


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_foreign_line_ends_make_the_same_issue(parse_file: Callable[[bytes], Issue], newline: str) -> None:
    assert parse_file(GOOD.replace("\n", newline).encode()) == parse_file(GOOD.encode())


def test_a_byte_that_is_not_utf8_is_placed(complaints: Complaints) -> None:
    assert complaints(GOOD.encode("latin-1")) == ["2:9 not-utf8"]


def test_what_else_is_wrong_is_reported_though_the_file_is_not_utf8(complaints: Complaints) -> None:
    text = GOOD + "\n[[nonsense]] and “curly” marks\n"
    expected = [f"{text[: text.index('[[')].count(chr(10)) + 1}:1 glossary-unknown"]
    assert complaints(text.encode("cp1252")) == ["2:9 not-utf8", *expected]
    assert complaints(text.encode("cp1252") + b"\0") == ["2:9 not-utf8"]


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf1", b"%PDF-1.7"])
def test_a_document_of_another_program_is_one_finding(complaints: Complaints, start: bytes) -> None:
    assert complaints(start + b"\0\x01\xff rest") == ["1:1 not-text"]


def test_utf16_is_named(complaints: Complaints) -> None:
    assert complaints(GOOD.encode("utf-16")) == ["1:1 not-utf8"]


def test_a_file_that_no_mail_can_hold_is_refused(complaints: Complaints) -> None:
    assert complaints(b"a" * (LONGEST_FILE + 1)) == ["0:0 file-too-long"]


@pytest.mark.parametrize(
    ("character", "rule"),
    [
        ("\t", "tab"),
        ("\0", "control-character"),
        ("\x0b", "control-character"),
        ("\x85", "control-character"),
        ("\u2028", "control-character"),
        ("\u202e", "control-character"),
        ("\ufeff", "control-character"),
        ("\ufffd", "control-character"),
    ],
)
def test_characters_that_nobody_sees_are_findings(wrong: Callable[[str], list[str]], character: str, rule: str) -> None:
    assert wrong(f"Good.\n\nSome {character} text{character}.\n") == [f"3:6 {rule}"]


def test_such_a_character_does_not_hide_the_mistakes_after_it(wrong: Callable[[str], list[str]]) -> None:
    assert wrong("a\tb <b>\n") == ["1:2 tab", "1:5 raw-html"]


def test_a_control_character_in_the_front_matter_is_one_finding(complaints: Complaints) -> None:
    assert complaints(GOOD.replace("b\n", "b\x07\n", 1).encode()) == ["3:11 control-character"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("A @@MM:address:@@ b\n", "1:3"),
        ("A &#64;&#64;MM b\n", "1:1"),
        ("A @`@MM`\n", "1:1"),
        ("A @[@](https://example.org)MM\n", "1:1"),
        ("`@@MM`\n", "1:2"),
        ("[a](https://example.org/&#64;@MM)\n", "1:1"),
    ],
)
def test_nobody_can_write_a_merge_token(wrong: Callable[[str], list[str]], body: str, place: str) -> None:
    assert wrong(body) == [f"{place} merge-token"]

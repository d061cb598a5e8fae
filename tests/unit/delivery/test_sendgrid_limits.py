"""Each limit of SendGrid's is looked at before the call: one step inside is taken, one step outside is not."""

from __future__ import annotations

from typing import Any

import pytest

from newsletter.delivery.transports.sendgrid_limits import (
    RESERVED_HEADERS,
    faults_of_categories,
    faults_of_request,
    telling_categories,
)

NOW = 1_800_000_000


def person(number: int = 1, **changes: Any) -> dict[str, Any]:
    plain = {
        "to": [{"email": f"reader{number}@example.org"}],
        "headers": {"List-Unsubscribe": "<" + "x" * 75 + ">"},
        "substitutions": {"-a-": "b"},
        "custom_args": {"delivery": "0" * 32},
    }
    return plain | changes


def request(people: int = 1, **changes: Any) -> dict[str, Any]:
    plain = {
        "from": {"email": "letter@example.org", "name": "Letter"},
        "subject": "Results",
        "content": [{"type": "text/plain", "value": "a"}, {"type": "text/html", "value": "b"}],
        "personalizations": [person(number) for number in range(people)],
    }
    return plain | changes


def faults(body: dict[str, Any], *, size: int = 1_000) -> str:
    return "; ".join(faults_of_request(body, size=size, now=NOW))


def test_a_request_inside_all_limits_has_no_fault() -> None:
    assert faults(request(1_000, categories=["newsletter"], send_at=NOW + 72 * 3600), size=29_999_999) == ""


@pytest.mark.parametrize("people", [0, 1_001])
def test_a_call_is_for_one_to_a_thousand_people(people: int) -> None:
    assert "personalizations" in faults(request(people))


def test_a_request_stays_below_thirty_megabytes() -> None:
    assert "fewer than 30000000" in faults(request(), size=30_000_000)


def test_send_at_lies_at_most_72_hours_ahead_and_is_a_whole_number() -> None:
    assert "72 hours" in faults(request(send_at=NOW + 72 * 3600 + 1))
    assert "whole number" in faults(request(send_at=NOW + 0.5))


def test_an_address_stands_in_a_call_once_whatever_its_capitals() -> None:
    twice = [person(1), person(2, to=[{"email": "Reader1@Example.org"}])]
    assert "twice" in faults(request(personalizations=twice))


def test_the_from_address_is_ascii() -> None:
    assert "from address" in faults(request() | {"from": {"email": "bücher@example.org", "name": "Bücher"}})


def test_neither_subject_nor_content_is_empty() -> None:
    assert "subject" in faults(request(subject=""))
    empty = [{"type": "text/plain", "value": "a"}, {"type": "text/html", "value": ""}]
    assert "the text/html part is empty" in faults(request(content=empty))


@pytest.mark.parametrize(("size", "fault"), [(9_997, False), (9_998, True)])
def test_substitutions_have_at_most_ten_thousand_bytes(size: int, *, fault: bool) -> None:
    for value in ("e" * size, "é" * (size // 2) + "e" * (size % 2)):
        assert bool(faults(request(personalizations=[person(substitutions={"-a-": value})]))) is fault


@pytest.mark.parametrize(("size", "fault"), [(9_991, False), (9_992, True)])
def test_custom_arguments_stay_below_ten_thousand_bytes(size: int, *, fault: bool) -> None:
    assert bool(faults(request(personalizations=[person(custom_args={"delivery": "0" * size})]))) is fault


@pytest.mark.parametrize("part", ["substitutions", "custom_args", "headers"])
def test_values_are_strings(part: str) -> None:
    assert "not a string" in faults(request(personalizations=[person() | {part: {"-a-": 5}}]))


@pytest.mark.parametrize("name", sorted(RESERVED_HEADERS))
def test_sendgrids_own_headers_are_not_set(name: str) -> None:
    assert "SendGrid's own" in faults(request(personalizations=[person(headers={name.title(): "x"})]))


def test_list_unsubscribe_has_at_most_77_octets() -> None:
    assert "77 octets" in faults(request(personalizations=[person(headers={"List-Unsubscribe": "<" + "x" * 76 + ">"})]))


@pytest.mark.parametrize("to", [[{"email": "a@example.org", "name": "A; B"}], [{"email": "a@example.org", "name": "A, B"}], []])
def test_a_mail_goes_to_one_person_by_a_plain_name(to: list[dict[str, str]]) -> None:
    assert "more than one person" in faults(request(personalizations=[person(to=to)]))


@pytest.mark.parametrize(
    ("categories", "said"),
    [
        (["a" * 255, *map(str, range(9))], ""),
        (["a" * 256], "longer than 255"),
        ([*map(str, range(11))], "11 categories"),
        (["été"], "outside ASCII"),
        (["letter", "Letter"], "twice"),
    ],
)
def test_categories_are_few_short_and_ascii(categories: list[str], said: str) -> None:
    found = "; ".join(faults_of_categories(categories))
    assert said in found
    assert bool(said) is bool(found)


@pytest.mark.parametrize("category", ["tnbc", "TNBC", "Triple negative", "results", "Your test results"])
def test_no_category_says_what_a_mail_is_about(category: str) -> None:
    said = {"topics": ["tnbc", "Triple negative"], "subject": "Your test results", "names": ["Mets Matters"]}
    assert telling_categories([category], **said) == [category]  # type: ignore[arg-type]


def test_the_newsletters_own_name_tells_nothing() -> None:
    assert (
        telling_categories(["mets", "newsletter"], topics=["tnbc"], subject="Mets Matters, December", names=["Mets Matters"])
        == []
    )

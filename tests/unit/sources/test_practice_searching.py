"""The practice registry's searching: what it finds, refuses and, as the real one does, ignores."""

from __future__ import annotations

from typing import Any

import pytest

from newsletter.sources.practice.searching import SearchRefusedError, select_studies
from tests.unit.sources.records import study


def record(
    number: int, status: str = "RECRUITING", *, phase: str = "PHASE2", updated: str = "2026-11-10", lat: float = 40.7
) -> Any:
    made = study(f"NCT0999{number:04}", status, briefTitle=f"Study {number} of heart disease and lung function")
    protocol = made["protocolSection"]
    protocol["designModule"]["phases"] = [phase]
    protocol["statusModule"]["lastUpdatePostDateStruct"]["date"] = updated
    protocol["contactsLocationsModule"]["locations"] = [
        {"city": "Here", "geoPoint": {"lat": lat, "lon": -74.0}},
        {"city": "Far away", "geoPoint": {"lat": -33.9, "lon": 151.2}},
    ]
    return made


RECORDS = [
    record(1, updated="2026-09-01"),
    record(2, "COMPLETED", phase="PHASE3", lat=42.0),
    record(3, phase="PHASE1", updated="2026-10-01", lat=34.0),
]


def found(**parameters: str) -> list[int]:
    named = {name.replace("_", "."): value for name, value in parameters.items()}
    return [int(one["protocolSection"]["identificationModule"]["nctId"][-4:]) for one in select_studies(RECORDS, named)]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("heart", [1, 2, 3]),
        ("lung heart", [1, 2, 3]),
        ('"heart disease"', [1, 2, 3]),
        ('"heart lung"', []),
        ("AREA[Phase]PHASE2 OR AREA[Phase]PHASE3", [1, 2]),
        ("heart AND NOT AREA[OverallStatus]COMPLETED", [1, 3]),
        ("AREA[LastUpdatePostDate]RANGE[2026-10-01,MAX]", [2, 3]),
        ("AREA[LastUpdatePostDate]RANGE[MIN, 2026-09]", [1]),
        ("(AREA[Phase]PHASE1 OR AREA[Phase]PHASE2) AND study", [1, 3]),
        ("SEARCH[Location](AREA[LocationCity]Here)", [1, 2, 3]),
        ("heart \\OR", []),  # an operator behind a backslash is a word
    ],
)
def test_expressions_find_what_they_say(query: str, numbers: list[int]) -> None:
    assert found(query_term=query) == found(filter_advanced=query) == numbers


def test_filters_narrow_and_distance_keeps_whole_records() -> None:
    assert found(filter_overallStatus="RECRUITING|COMPLETED") == [1, 2, 3]
    assert found(filter_overallStatus="RECRUITING", query_cond="heart") == [1, 3]
    near = {"filter.geo": "distance(40.7,-74.0,100mi)"}
    kept = select_studies(RECORDS, near)
    assert len(kept) == 2
    assert all(len(one["protocolSection"]["contactsLocationsModule"]["locations"]) == 2 for one in kept)
    assert len(select_studies(RECORDS, {"filter.geo": "distance(40.7,-74.0,100km)"})) == 1


def test_a_query_of_nothing_but_trial_numbers_ignores_every_filter() -> None:
    assert found(query_term="NCT09990002", filter_overallStatus="RECRUITING") == [2]
    assert found(query_cond="heart", query_term="nct09990002", filter_advanced="AREA[Phase]PHASE1") == [2]
    assert found(query_term="NCT09990002 heart", filter_overallStatus="RECRUITING") == []


def test_studies_are_sorted_by_date_where_asked() -> None:
    assert found(sort="LastUpdatePostDate:desc") == [2, 3, 1]
    assert found(sort="LastUpdatePostDate:asc") == [1, 3, 2]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("filter.overallStatus", "NOT_A_STATUS", "Invalid value in parameter `overallStatus`: `NOT_A_STATUS`"),
        ("filter.geo", "near(1,2,3mi)", "Parameter `filter.geo` has incorrect format"),
        ("query.term", "heart [1]", "Error parsing query in Other terms: extraneous input '['"),
        ("query.term", "(heart", "Error parsing query in Other terms: missing ')' at '<EOF>'"),
        ("query.cond", 'a "b', "Error parsing query in Condition or disease: token recognition error"),
        ("filter.advanced", "AREA[Colour]pink", "Error parsing query in Advanced filter: unknown area Colour"),
        ("sort", "NCTId", "Parameter `sort` has incorrect format"),
    ],
)
def test_what_the_registry_cannot_read_is_refused_in_its_words(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SearchRefusedError) as refused:
        select_studies(RECORDS, {name: value})
    assert str(refused.value).startswith(sentence)

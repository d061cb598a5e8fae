"""Whatever a registry may answer: an answer, or "could not check", and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checking.trials import TrialAnswer
from newsletter.errors import SourceError
from newsletter.sources.trials.places import find_place, miles_between
from newsletter.sources.trials.search import STATUSES, SearchAnswer, TrialSearch, search_trials
from tests.unit.sources.records import REAL_DATA, study

NEAR = find_place("10001")
SEARCH = TrialSearch("x", near=NEAR, within_miles=3000, statuses=STATUSES["any"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@dataclass
class Answering:
    """A registry that gives these pages."""

    given: Sequence[Any]

    def pages(self, params: Mapping[str, str], *, at_most: int = 20) -> Iterator[dict[str, Any]]:
        del params
        yield from self.given[:at_most]

    def ask(self, nct_ids: Sequence[str]) -> list[TrialAnswer]:
        return [TrialAnswer(nct_id) for nct_id in nct_ids]


def places_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the way to every part of a JSON value but the whole."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield (*path, name)
        yield from places_in(part, (*path, name))


def page() -> dict[str, Any]:
    records = [study("NCT09990001"), study("NCT09990002", "NOT_YET_RECRUITING"), study("NCT09990003", "AVAILABLE")]
    for record in records:
        for site in record["protocolSection"]["contactsLocationsModule"]["locations"]:
            site["geoPoint"] = {"lat": 40.7, "lon": -74.0}
    return {"studies": records, "totalCount": 3}


PLACES = list(places_in(page()))


@given(st.lists(st.tuples(st.sampled_from(PLACES), json_values), min_size=1, max_size=3))
def test_any_part_of_an_answer_may_be_anything(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    broken = page()
    for path, value in changes:
        part: Any = broken
        try:
            for name in path[:-1]:
                part = part[name]
            part[path[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change took the place away
    try:
        answer = search_trials(Answering([broken]), SEARCH)
    except SourceError:
        return
    assert isinstance(answer, SearchAnswer)
    assert all(found.trial.status in SEARCH.statuses and found.nearest for found in answer.found)


if REAL_DATA.is_dir():
    FILES = sorted((REAL_DATA / "trials").glob("NCT*.json"))

    @pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
    def test_every_real_record_is_found_by_its_status_and_its_nearest_open_site_is_the_nearest(file: Any) -> None:
        record = json.loads(file.read_text("utf-8"))
        status = record["protocolSection"]["statusModule"]["overallStatus"]
        answer = search_trials(Answering([{"studies": [record]}]), TrialSearch("x", near=NEAR, within_miles=3000))
        sites = record["protocolSection"].get("contactsLocationsModule", {}).get("locations", [])
        points = [site["geoPoint"] for site in sites if site.get("status") == "RECRUITING" and "geoPoint" in site]
        miles = min((miles_between(NEAR.lat, NEAR.lon, point["lat"], point["lon"]) for point in points), default=9999)
        assert answer.problems == ()
        if status != "RECRUITING" or miles > 3000:
            assert answer.found == ()
        else:
            assert [found.nearest.miles for found in answer.found if found.nearest] == [miles]

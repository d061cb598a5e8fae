"""Searching over real HTTP: at the practice registry, which ignores filters as the real one does, and at servers that fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.errors import SourceError, UsageError
from newsletter.settings import TrialSettings
from newsletter.sources.practice.registry import PracticeRegistry
from newsletter.sources.trials.places import find_place
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.sources.trials.search import STATUSES, SearchAnswer, TrialSearch, search_trials
from tests.unit.sources.records import study, write_records

NEW_YORK, BOSTON, LOS_ANGELES = (40.7128, -74.0060), (42.3601, -71.0589), (34.0522, -118.2437)
NEAR_NEW_YORK = find_place("10001")


def site(point: tuple[float, float] | None, status: str | None = "RECRUITING", city: str = "Somewhere") -> dict[str, Any]:
    about: dict[str, Any] = {"facility": f"{city} Clinic", "city": city, "country": "United States"}
    if status:
        about["status"] = status
    return about if point is None else {**about, "geoPoint": {"lat": point[0], "lon": point[1]}}


def trial(
    number: int,
    *sites: dict[str, Any],
    title: str = "Metastatic breast cancer",
    status: str = "RECRUITING",
    phases: tuple[str, ...] = ("PHASE2",),
    updated: str = "2026-11-10",
) -> dict[str, Any]:
    record = study(f"NCT0999{number:04}", status, briefTitle=title)
    protocol = record["protocolSection"]
    protocol["designModule"]["phases"] = list(phases)
    protocol["statusModule"]["lastUpdatePostDateStruct"]["date"] = updated
    protocol["contactsLocationsModule"]["locations"] = list(sites)
    return record


RECORDS = [
    trial(
        1, site(NEW_YORK, "COMPLETED"), site(LOS_ANGELES, city="Los Angeles"), title="Triple negative, its near site has closed"
    ),
    trial(
        2, site(BOSTON, city="Boston"), site(LOS_ANGELES), title="Triple negative metastatic breast cancer", phases=("PHASE3",)
    ),
    trial(3, site(NEW_YORK, city="New York"), title="HER2+ breast cancer AND more", updated="2026-11-12"),
    trial(4, site(NEW_YORK, None, "New York"), title="Triple negative, to come", status="NOT_YET_RECRUITING"),
    trial(5, site(NEW_YORK, "AVAILABLE"), title="Triple negative, expanded access", status="AVAILABLE", phases=()),
    trial(6, site(NEW_YORK, None), title="Triple negative, closed", status="ACTIVE_NOT_RECRUITING"),
    trial(7, site(None, city="Nowhere on a map"), title="Triple negative without coordinates", updated="2026-11-11"),
]


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[PracticeRegistry]:
    with PracticeRegistry(write_records(tmp_path / "trials.json", *RECORDS)) as registry:
        yield registry


def registry(base_url: str) -> TrialRegistry:
    return TrialRegistry(TrialSettings(base_url=base_url, timeout_seconds=5), min_interval_seconds=0, sleep=lambda _: None)


def numbers(answer: SearchAnswer) -> list[int]:
    return [int(found.trial.nct_id[-4:]) for found in answer.found]


def search_at(practice: PracticeRegistry, text: str = "triple negative", **terms: Any) -> list[int]:
    return numbers(search_trials(registry(practice.base_url), TrialSearch(text, **terms)))


def test_recruiting_trials_are_found_the_latest_update_first_then_by_number(practice: PracticeRegistry) -> None:
    assert search_at(practice) == [7, 1, 2]


@pytest.mark.parametrize(("status", "found"), [("not-yet", [4]), ("expanded", [5]), ("any", [7, 1, 2, 4, 5])])
def test_only_the_statuses_asked_for_are_found_and_never_a_closed_one(
    practice: PracticeRegistry, status: str, found: list[int]
) -> None:
    assert search_at(practice, statuses=STATUSES[status]) == found


def test_a_phase_and_a_condition_narrow_the_search(practice: PracticeRegistry) -> None:
    assert search_at(practice, phases=("PHASE3",)) == [2]
    assert search_at(practice, phases=("PHASE1", "PHASE3")) == [2]
    assert search_at(practice, condition="metastatic breast cancer") == [2]
    assert search_at(practice, text="", condition="HER2+") == [3]


def test_a_place_leaves_trials_with_an_open_site_in_reach_the_nearest_first(practice: PracticeRegistry) -> None:
    answer = search_trials(registry(practice.base_url), TrialSearch("breast cancer", near=NEAR_NEW_YORK, within_miles=250))
    assert [(found.trial.nct_id[-1], found.nearest.site.city) for found in answer.found if found.nearest] == [
        ("3", "New York"),
        ("2", "Boston"),
    ]
    assert [round(found.nearest.miles) for found in answer.found if found.nearest] == [3, 188]


def test_a_near_site_that_has_closed_does_not_make_a_trial_near(practice: PracticeRegistry) -> None:
    assert search_at(practice, near=NEAR_NEW_YORK, within_miles=50) == []
    assert search_at(practice, near=NEAR_NEW_YORK, within_miles=3000) == [2, 1]


def test_the_planned_sites_of_a_trial_to_come_count_for_its_distance(practice: PracticeRegistry) -> None:
    assert search_at(practice, near=NEAR_NEW_YORK, statuses=STATUSES["not-yet"]) == [4]


@pytest.mark.parametrize(
    "text", ['" OR AREA[Phase]PHASE3', "HER2+ breast cancer AND more", "(HER2+ [breast] \\cancer AND", "NOT HER2+"]
)
def test_what_is_typed_is_words_and_no_filter(practice: PracticeRegistry, text: str) -> None:
    assert search_at(practice, text) in ([3], [])


def test_a_trials_number_is_asked_about_since_the_registry_ignores_filters_then(practice: PracticeRegistry) -> None:
    answer = search_trials(registry(practice.base_url), TrialSearch("NCT09990006, nct9990099"))
    assert (answer.by_number, [found.trial.status for found in answer.found]) == (True, ["ACTIVE_NOT_RECRUITING"])
    assert answer.problems == ("NCT09990099 is not in the registry; look for a slip in the number.",)


def test_a_former_number_finds_the_trial_once_under_its_own(tmp_path: Path) -> None:
    records = write_records(tmp_path / "moved.json", study("NCT09990001", nctIdAliases=["NCT09990090"]))
    with PracticeRegistry(records) as practice:
        assert search_at(practice, "NCT09990090 NCT09990001") == [1]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"text": ' " [ '}, "There is no word to search for."),
        ({"text": "x", "condition": "NCT09990001"}, "is a trial's number, not a condition"),
        ({"text": "x", "within_miles": 0.0}, "between 1 and 3000 miles"),
    ],
)
def test_a_search_without_sense_is_refused_before_anybody_is_asked(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        TrialSearch(**terms)


def serve_pages(httpserver: HTTPServer, *pages: dict[str, Any]) -> TrialRegistry:
    """Give the pages in turn, each but the last with a token that leads to the next."""

    def answer(request: Request) -> Response:
        at = int(request.args.get("pageToken", "t0")[1:])
        page = {**pages[at], **({"nextPageToken": f"t{at + 1}"} if at + 1 < len(pages) else {})}
        return Response(json.dumps(page), content_type="application/json")

    httpserver.expect_request("/api/v2/studies").respond_with_handler(answer)
    return registry(httpserver.url_for("/api/v2"))


def test_every_page_is_asked_for_with_every_parameter(httpserver: HTTPServer) -> None:
    pages: list[dict[str, Any]] = [{"studies": [trial(1)], "totalCount": 3}, {"studies": [trial(2)]}, {"studies": [trial(3)]}]
    search = TrialSearch("x", condition="y", near=NEAR_NEW_YORK, phases=("PHASE2",))
    answer = search_trials(serve_pages(httpserver, *pages), search)
    assert (answer.total, answer.whole) == (3, True)
    asked = [dict(request.args) for request, _ in httpserver.log]
    assert [one.pop("pageToken", "") for one in asked] == ["", "t1", "t2"]
    assert asked[0] == asked[1] == asked[2]
    assert asked[0]["query.term"] == "x"
    assert asked[0]["filter.geo"] == "distance(40.7484,-73.9967,50mi)"
    assert asked[0]["filter.overallStatus"] == "RECRUITING"
    assert asked[0]["filter.advanced"] == "AREA[Phase]PHASE2"
    assert "query.id" not in asked[0]


def test_no_more_pages_are_read_than_allowed_and_the_answer_says_so(httpserver: HTTPServer) -> None:
    pages = [{"studies": [trial(number)], "totalCount": 5} for number in range(1, 6)]
    answer = search_trials(serve_pages(httpserver, *pages), TrialSearch("x"), most_pages=2)
    assert (numbers(answer), answer.total, answer.whole, len(httpserver.log)) == ([1, 2], 5, False, 2)


def test_a_trial_on_two_pages_is_found_once(httpserver: HTTPServer) -> None:
    answer = search_trials(serve_pages(httpserver, {"studies": [trial(1)]}, {"studies": [trial(1), trial(2)]}), TrialSearch("x"))
    assert numbers(answer) == [1, 2]


def test_statuses_and_phases_are_looked_at_again_since_filters_may_be_ignored(httpserver: HTTPServer) -> None:
    records = [
        trial(1),
        trial(2, status="COMPLETED"),
        trial(3, status="UNKNOWN"),
        trial(4, phases=("PHASE1",)),
        trial(5, phases=()),
    ]
    answer = search_trials(serve_pages(httpserver, {"studies": records, "totalCount": 5}), TrialSearch("x", phases=("PHASE2",)))
    assert numbers(answer) == [1]


def test_a_record_that_makes_no_sense_is_told_of_and_hides_no_other(httpserver: HTTPServer) -> None:
    odd_place = trial(3, site((200.0, 0.0)))
    records: list[Any] = [trial(1, site(NEW_YORK)), trial(2, status="ALMOST_RECRUITING"), odd_place, "nonsense"]
    answer = search_trials(serve_pages(httpserver, {"studies": records}), TrialSearch("x", near=NEAR_NEW_YORK))
    assert numbers(answer) == [1]
    assert [problem.split(" could not be checked")[0] for problem in answer.problems] == [
        "NCT09990002",
        "NCT09990003",
        "a record without a number",
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response("busy", 429), "later (429)"),
        (Response("<html>", 403, content_type="text/html"), "403"),
        (Response("broken", 503), "503"),
        (Response("<html>hello</html>", content_type="text/html"), "text/html where JSON was expected"),
        (Response('{"studies": [', content_type="application/json"), "not whole JSON"),
        (Response("{}", content_type="application/json"), "no list of studies"),
        (Response('{"studies": [], "totalCount": "many"}', content_type="application/json"), "totalCount"),
        (Response('{"studies": [], "totalCount": 7}', content_type="application/json"), "counts 7 trials and gave 0"),
        (Response("Error parsing query in Other terms: mismatched input '['", 400, content_type="text/plain"), "400"),
        (Response("`query.term` is unknown parameter", 400, content_type="text/plain"), "query.term"),
    ],
)
def test_whatever_is_no_answer_could_not_be_checked_and_is_never_an_empty_list(
    httpserver: HTTPServer, answer: Response, said: str
) -> None:
    httpserver.expect_request("/api/v2/studies").respond_with_response(answer)
    with pytest.raises(SourceError) as error:
        search_trials(registry(httpserver.url_for("/api/v2")), TrialSearch("x"))
    assert said in str(error.value)


def test_a_page_that_fails_leaves_no_half_answer(httpserver: HTTPServer) -> None:
    first = {"studies": [trial(1)], "totalCount": 2, "nextPageToken": "t1"}
    httpserver.expect_ordered_request("/api/v2/studies").respond_with_json(first)
    httpserver.expect_request("/api/v2/studies").respond_with_data("no", 403)
    with pytest.raises(SourceError):
        search_trials(registry(httpserver.url_for("/api/v2")), TrialSearch("x"))


def test_a_registry_that_is_not_there_could_not_be_asked() -> None:
    with pytest.raises(SourceError):
        search_trials(registry("http://127.0.0.1:9"), TrialSearch("x"))

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.checking.trials import STATUS_LABELS, TrialAnswer
from newsletter.config import load_config
from newsletter.settings import TrialSettings
from newsletter.sources.practice.registry import PracticeRegistry
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.sources.trials.turns import Turns
from tests.site_folder import REPOSITORY
from tests.unit.sources.records import study, write_records

ONE, TWO, MOVED, ABSENT = "NCT09990001", "NCT09990002", "NCT09990007", "NCT09990099"


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[PracticeRegistry]:
    file = write_records(tmp_path / "trials.json", study(ONE), study(TWO, "COMPLETED", nctIdAliases=[MOVED]))
    with PracticeRegistry(file) as registry:
        yield registry


def registry(base_url: str, *, sleep: Callable[[float], None] = lambda _: None, timeout_seconds: float = 20) -> TrialRegistry:
    settings = TrialSettings(base_url=base_url, timeout_seconds=timeout_seconds)
    return TrialRegistry(settings, min_interval_seconds=0, sleep=sleep, turns=Turns())


def ask_one(httpserver: HTTPServer, nct_id: str = ONE) -> TrialAnswer:
    [answer] = registry(httpserver.url_for("/api/v2")).ask([nct_id])
    return answer


def json_answer(content: object) -> Response:
    return Response(json.dumps(content), content_type="application/json")


def only_on_the_path(httpserver: HTTPServer, answer: Response) -> None:
    """Leave the trial out of the batch, and answer on the path as given."""
    httpserver.expect_request("/api/v2/studies").respond_with_handler(lambda _: json_answer({"studies": []}))
    httpserver.expect_request(f"/api/v2/studies/{ONE}").respond_with_response(answer)


def test_trials_are_answered_in_the_order_asked(practice: PracticeRegistry) -> None:
    answers = registry(practice.base_url).ask([TWO, ONE, ABSENT, TWO])
    assert [(answer.nct_id, answer.found.status if answer.found else None, answer.problem) for answer in answers] == [
        (TWO, "COMPLETED", ""),
        (ONE, "RECRUITING", ""),
        (ABSENT, None, ""),
    ]


def test_a_former_number_is_answered_under_it_and_says_the_new_one(practice: PracticeRegistry) -> None:
    [answer] = registry(practice.base_url).ask([MOVED])
    assert answer.found is not None
    assert (answer.found.nct_id, answer.found.alias_of, answer.found.status) == (MOVED, TWO, "COMPLETED")


@pytest.mark.parametrize("status", STATUS_LABELS)
def test_every_status_of_the_registry_arrives_and_only_an_open_study_has_open_sites(
    practice: PracticeRegistry, status: str
) -> None:
    practice.change_status(ONE, status)
    practice.change(
        ONE, lambda record: record["protocolSection"]["contactsLocationsModule"]["locations"].append({"status": "AVAILABLE"})
    )
    [answer] = registry(practice.base_url).ask([ONE])
    assert answer.found is not None
    assert answer.found.status == status
    assert len(answer.found.sites) == {"RECRUITING": 2, "AVAILABLE": 1}.get(status, 0)


def test_a_trial_that_closed_meanwhile_is_seen(practice: PracticeRegistry) -> None:
    asking = registry(practice.base_url)
    practice.change_status(ONE, "TERMINATED", why_stopped="Slow recruitment")
    [answer] = asking.ask([ONE])
    assert answer.found is not None
    assert (answer.found.status, answer.found.sites, answer.found.why_stopped) == ("TERMINATED", (), "Slow recruitment")


def test_a_trial_is_checked_on_the_newsletters_day_wherever_the_machine_stands(practice: PracticeRegistry) -> None:
    config = load_config(REPOSITORY).model_copy(update={"trials": TrialSettings(base_url=practice.base_url)})
    early_in_london = datetime(2026, 11, 24, 3, tzinfo=UTC)
    asking = TrialRegistry.of(config, lambda: early_in_london, min_interval_seconds=0)
    assert config.cadence.timezone == "America/New_York"
    assert [answer.found.checked_on for answer in asking.ask([ONE, MOVED]) if answer.found] == ["2026-11-23", "2026-11-23"]


def test_nothing_asked_is_nothing_answered() -> None:
    assert registry("http://127.0.0.1:9").ask([]) == []


@pytest.mark.parametrize(
    "nct_id", ["NCT00000000", "NCT1234567", "nct09990001", "NCT09990001|NCT1", "", "NCT0999\uff10\uff10\uff10\uff11"]
)
def test_what_is_no_nct_number_never_reaches_the_registry(httpserver: HTTPServer, nct_id: str) -> None:
    assert "is not an NCT number" in ask_one(httpserver, nct_id).problem
    assert httpserver.log == []


def test_all_trials_go_into_one_request_by_filter_ids_and_fields(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v2/studies").respond_with_json({"studies": [study(ONE), study(TWO)]})
    registry(httpserver.url_for("/api/v2/")).ask([ONE, TWO])
    [(request, _)] = httpserver.log
    assert (request.args["filter.ids"], request.args["pageSize"]) == (f"{ONE}|{TWO}", "2")
    assert "OverallStatus" in request.args["fields"]
    assert not any(name.startswith("query") for name in request.args)


def test_more_than_a_hundred_trials_go_in_several_requests(httpserver: HTTPServer) -> None:
    def answer(request: Request) -> Response:
        return json_answer({"studies": [study(nct_id) for nct_id in request.args["filter.ids"].split("|")]})

    httpserver.expect_request("/api/v2/studies").respond_with_handler(answer)
    asked = [f"NCT0999{number:04}" for number in range(1, 252)]
    assert [one.nct_id for one in registry(httpserver.url_for("/api/v2")).ask(asked)] == asked
    assert len(httpserver.log) == 3


def test_a_redirect_to_the_new_number_keeps_the_fields(httpserver: HTTPServer) -> None:
    only_on_the_path(httpserver, Response(status=301, headers={"Location": f"/api/v2/studies/{TWO}"}))
    httpserver.expect_request(f"/api/v2/studies/{TWO}").respond_with_json(study(TWO))
    answer = ask_one(httpserver)
    assert answer.found is not None
    assert (answer.found.nct_id, answer.found.alias_of) == (ONE, TWO)
    assert "OverallStatus" in httpserver.log[-1][0].args["fields"]


def test_only_the_registrys_own_sentence_about_this_number_means_absent(httpserver: HTTPServer) -> None:
    only_on_the_path(httpserver, Response(f"NCT number {ONE} not found\n", status=404))
    assert ask_one(httpserver) == TrialAnswer(ONE)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Response("NCT number NCT09990002 not found", status=404), "status 404"),
        (Response("<html>Not found</html>", status=404, content_type="text/html"), "status 404"),
        (Response("", status=403), "refused to answer"),
        (Response("", status=429), "come back later"),
        (Response("", status=503), "status 503"),
        (Response("", status=301, headers={"Location": "https://example.org/maintenance"}), "status 301"),
        (Response("<html>Busy</html>", content_type="text/html"), "answered with text/html"),
        (Response("{}", headers={"Content-Type": ""}), "answered with something"),
        (Response('{"protocol', content_type="application/json"), "not whole JSON"),
        (Response("[]", content_type="application/json"), "of another form"),
        (json_answer(study(TWO)), "another trial, NCT09990002"),
        (json_answer(study(ONE, "PAUSED")), 'the status "PAUSED"'),
        (json_answer({"protocolSection": 3}), "no sense"),
    ],
)
def test_any_other_answer_means_could_not_check(httpserver: HTTPServer, answer: Response, words: str) -> None:
    only_on_the_path(httpserver, answer)
    given = ask_one(httpserver)
    assert given.found is None
    assert words in given.problem
    assert len(given.problem.splitlines()) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Response("`fields` is unknown parameter", status=400),
        Response("", status=403),
        Response("<html></html>", content_type="text/html"),
        json_answer({"studies": {}}),
        json_answer({}),
    ],
)
def test_a_batch_that_fails_is_a_problem_of_each_of_its_trials(httpserver: HTTPServer, answer: Response) -> None:
    httpserver.expect_request("/api/v2/studies").respond_with_response(answer)
    answers = registry(httpserver.url_for("/api/v2")).ask([ONE, TWO])
    assert [given.nct_id for given in answers] == [ONE, TWO]
    assert all(given.problem and given.found is None for given in answers)
    assert not any(request.path.startswith("/api/v2/studies/") for request, _ in httpserver.log)


@pytest.mark.parametrize(
    "statuses", [("RECRUITING", "COMPLETED"), ("COMPLETED", "RECRUITING"), ("RECRUITING", "ODD", "RECRUITING")]
)
def test_of_two_records_that_differ_neither_is_believed(httpserver: HTTPServer, statuses: tuple[str, ...]) -> None:
    studies = [study(ONE, status) for status in statuses]
    httpserver.expect_request("/api/v2/studies").respond_with_handler(lambda _: json_answer({"studies": studies}))
    answer = ask_one(httpserver)
    assert answer.found is None
    assert answer.problem == "the registry gave two records of it that differ."


def test_a_record_without_sense_is_a_problem_of_its_own_trial_only(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v2/studies").respond_with_json({"studies": [study(ONE, "PAUSED"), study(TWO), 3]})
    first, second = registry(httpserver.url_for("/api/v2")).ask([ONE, TWO])
    assert "PAUSED" in first.problem
    assert second.found is not None

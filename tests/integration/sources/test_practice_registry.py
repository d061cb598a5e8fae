from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from newsletter.sources.practice_registry import PracticeRegistry
from newsletter.sources.study import FIELDS
from tests.site_folder import REPOSITORY
from tests.unit.sources.records import study, write_records

ONE, TWO, MOVED = "NCT09990001", "NCT09990002", "NCT09990007"


@pytest.fixture
def base_url(tmp_path: Path) -> Iterator[str]:
    file = write_records(tmp_path / "trials.json", study(ONE), study(TWO, nctIdAliases=[MOVED]))
    with PracticeRegistry(file) as registry:
        yield registry.base_url


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        ("/studies/NCT99999999", 404, "NCT number NCT99999999 not found"),
        ("/studies/NCT00000000", 400, "Parameter `nctId` has incorrect format"),
        ("/studies/ABC", 400, "Parameter `nctId` has incorrect format"),
        ("/studies?filter.ids=NCT09990001|X", 400, "Item 2 in parameter `filter.ids` has incorrect format"),
        ("/studies?bogusParam=1", 400, "`bogusParam` is unknown parameter"),
        (f"/studies/{ONE}?bogusParam=1", 400, "`bogusParam` is unknown parameter"),
        ("/studies?fields=Colour", 400, "Parameter 'fields' contains invalid field name: 'Colour'"),
        ("/studies?pageSize=many", 400, "Parameter `pageSize` has incorrect format"),
        ("/elsewhere", 404, "Not found"),
    ],
)
def test_errors_are_plain_text_in_the_registrys_words(base_url: str, target: str, status: int, body: str) -> None:
    answer = httpx.get(base_url + target)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (status, body, "text/plain; charset=UTF-8")


def test_the_version_is_told(base_url: str) -> None:
    version = httpx.get(f"{base_url}/version").json()
    assert version["apiVersion"] == "2.0.5"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", version["dataTimestamp"])


def test_absent_trials_are_left_out_of_a_search(base_url: str) -> None:
    answer = httpx.get(f"{base_url}/studies", params={"filter.ids": f"{ONE},NCT09990099", "countTotal": "true"}).json()
    assert answer["totalCount"] == 1
    assert answer["studies"] == [study(ONE)]


def test_a_search_without_ids_gives_all_up_to_the_page_size(base_url: str) -> None:
    assert len(httpx.get(f"{base_url}/studies?pageSize=0").json()["studies"]) == 2
    assert len(httpx.get(f"{base_url}/studies?pageSize=1").json()["studies"]) == 1


def test_a_former_number_is_found_and_on_the_path_redirects_without_the_query(base_url: str) -> None:
    assert httpx.get(f"{base_url}/studies?filter.ids={MOVED}&fields=NCTId").json() == {
        "studies": [{"protocolSection": {"identificationModule": {"nctId": TWO}}}]
    }
    answer = httpx.get(f"{base_url}/studies/{MOVED}?fields=NCTId")
    assert (answer.status_code, answer.headers["location"]) == (301, f"/api/v2/studies/{TWO}")


def test_fields_choose_pieces_and_what_is_missing_is_left_out(base_url: str) -> None:
    answer = httpx.get(f"{base_url}/studies/{ONE}?fields=NCTId|WhyStopped,LocationCountry|LocationStatus").json()
    assert answer == {
        "protocolSection": {
            "identificationModule": {"nctId": ONE},
            "contactsLocationsModule": {
                "locations": [
                    {"country": "Canada", "status": "RECRUITING"},
                    {"country": "United States", "status": "COMPLETED"},
                    {"country": "Spain", "status": "RECRUITING"},
                ]
            },
        }
    }


def test_every_field_that_the_program_asks_for_is_known(base_url: str) -> None:
    assert httpx.get(f"{base_url}/studies/{ONE}", params={"fields": "|".join(FIELDS)}).status_code == 200


def test_a_trial_may_change_while_it_is_served(tmp_path: Path) -> None:
    with PracticeRegistry(write_records(tmp_path / "trials.json", study(ONE))) as registry:
        registry.change_status(ONE, "SUSPENDED")
        status = httpx.get(f"{registry.base_url}/studies/{ONE}?fields=OverallStatus|WhyStopped").json()
    assert status == {"protocolSection": {"statusModule": {"overallStatus": "SUSPENDED"}}}


def test_it_is_reached_from_this_machine_only_and_gone_afterwards(tmp_path: Path) -> None:
    with PracticeRegistry(write_records(tmp_path / "trials.json")) as registry:
        assert registry.base_url.startswith("http://127.0.0.1:")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{registry.base_url}/version")


def test_the_practice_trials_of_this_repository_are_served() -> None:
    with PracticeRegistry(REPOSITORY / "issues" / "practice-trials.json") as registry:
        studies = httpx.get(f"{registry.base_url}/studies?fields=NCTId").json()["studies"]
    assert all(one["protocolSection"]["identificationModule"]["nctId"].startswith("NCT0999") for one in studies)
    assert studies

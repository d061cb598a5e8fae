from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from newsletter.sources.practice.registry import PracticeRegistry
from newsletter.sources.trials.study import FIELDS
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
        ("/studies?pageToken=next", 400, "Parameter `pageToken` has incorrect format"),
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


def test_pages_follow_each_other_and_only_the_first_counts(tmp_path: Path) -> None:
    numbers = [f"NCT0999{number:04}" for number in range(1, 26)]
    pages: list[dict[str, Any]] = []
    with PracticeRegistry(write_records(tmp_path / "trials.json", *(study(number) for number in numbers))) as registry:
        parameters = {"countTotal": "true", "fields": "NCTId", "pageSize": "0"}
        while not pages or "nextPageToken" in pages[-1]:
            token = {"pageToken": pages[-1]["nextPageToken"]} if pages else {}
            pages.append(httpx.get(f"{registry.base_url}/studies", params={**parameters, **token}).json())
    assert [len(page["studies"]) for page in pages] == [10, 10, 5]
    assert [page.get("totalCount") for page in pages] == [25, None, None]
    assert [one["protocolSection"]["identificationModule"]["nctId"] for page in pages for one in page["studies"]] == numbers


@pytest.mark.parametrize("written", ["nct09990001", "NCT9990001", "NCT0009990001"])
def test_a_number_is_known_in_other_spellings(base_url: str, written: str) -> None:
    assert len(httpx.get(f"{base_url}/studies?filter.ids={written}").json()["studies"]) == 1
    assert httpx.get(f"{base_url}/studies/{written}").status_code == 200


def test_an_answer_is_sent_once_for_each_load_of_data(tmp_path: Path) -> None:
    with PracticeRegistry(write_records(tmp_path / "trials.json", study(ONE), study(TWO))) as registry:
        first = httpx.get(f"{registry.base_url}/studies/{ONE}")
        tag = {"if-none-match": first.headers["etag"]}
        again = httpx.get(f"{registry.base_url}/studies/{ONE}", headers=tag)
        registry.change_status(TWO, "COMPLETED")
        after_a_load = httpx.get(f"{registry.base_url}/studies/{ONE}", headers=tag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (after_a_load.status_code, after_a_load.json()) == (200, first.json())


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


def test_records_come_change_and_go_while_they_are_served(tmp_path: Path) -> None:
    def move(record: dict[str, Any]) -> None:
        record["protocolSection"]["identificationModule"] |= {"nctId": "NCT09990003", "nctIdAliases": [ONE]}

    with PracticeRegistry(write_records(tmp_path / "trials.json", study(ONE))) as registry:
        registry.put(study(TWO))
        registry.change(ONE, move)
        listed = httpx.get(f"{registry.base_url}/studies?fields=NCTId").json()["studies"]
        moved = httpx.get(f"{registry.base_url}/studies/{ONE}")
        registry.remove(TWO)
        removed = httpx.get(f"{registry.base_url}/studies/{TWO}")
    assert [one["protocolSection"]["identificationModule"]["nctId"] for one in listed] == ["NCT09990003", TWO]
    assert moved.headers["location"] == "/api/v2/studies/NCT09990003"
    assert (removed.status_code, removed.text) == (404, f"NCT number {TWO} not found")


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

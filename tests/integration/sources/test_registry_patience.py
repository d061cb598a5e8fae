"""How often, how long and how the registry is asked: in turn, again after a while, and not without an end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Barrier

import pytest

from newsletter.config import load_config
from newsletter.errors import SourceError
from newsletter.settings import TrialSettings
from newsletter.sources.practice.registry import PracticeRegistry
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.sources.trials.turns import Turns
from tests.faulty_registry import Fault, FaultyRegistry, Wire
from tests.site_folder import REPOSITORY
from tests.unit.sources.records import study, write_records

ONE, TWO, MOVED, ABSENT = "NCT09990001", "NCT09990002", "NCT09990007", "NCT09990099"
TEXT = "text/plain; charset=UTF-8"
BUSY = Fault(503, TEXT, b"")


class FakeTime:
    """A clock that moves only when somebody sleeps on it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[FaultyRegistry]:
    file = write_records(tmp_path / "trials.json", study(ONE), study(TWO, nctIdAliases=[MOVED]))
    with PracticeRegistry(file) as practice, FaultyRegistry(practice) as faulty:
        yield faulty


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def asking(
    edge: FaultyRegistry, time: FakeTime, *, interval: float = 0, turns: Turns | None = None, timeout_seconds: float = 20
) -> TrialRegistry:
    return TrialRegistry(
        TrialSettings(base_url=edge.base_url, timeout_seconds=timeout_seconds),
        min_interval_seconds=interval,
        sleep=time.sleep,
        monotonic=time.monotonic,
        turns=turns or Turns(),
    )


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault(status, TEXT, b"") for status in (429, 500, 502, 503, 504)),
        Fault(200, "text/html", b"<html>"),
        Fault(wire=Wire.UNANNOUNCED_CUT),
    ],
    ids=str,
)
def test_a_registry_that_is_busy_for_a_moment_is_asked_again(edge: FaultyRegistry, time: FakeTime, fault: Fault) -> None:
    edge.fail_in_turn([fault] * 3)
    [answer] = asking(edge, time).ask([ONE])
    assert answer.found is not None
    assert time.slept == [2.0, 5.0, 15.0]


@pytest.mark.parametrize("wire", [Wire.CUT, Wire.CLOSED])
def test_a_cut_answer_is_asked_for_once_more(edge: FaultyRegistry, time: FakeTime, wire: Wire) -> None:
    edge.fail_in_turn([Fault(wire=wire)])
    [answer] = asking(edge, time).ask([ONE])
    assert answer.found is not None
    edge.fail_in_turn([Fault(wire=wire)] * 2)
    [answer] = asking(edge, time).ask([ONE])
    assert answer.problem
    assert time.slept == [2.0, 2.0]


@pytest.mark.parametrize(
    "fault", [Fault(403, TEXT, b""), Fault(400, TEXT, b"`x` is unknown parameter"), Fault(404, "text/html", b"")]
)
def test_an_answer_that_will_not_change_is_not_argued_with(edge: FaultyRegistry, time: FakeTime, fault: Fault) -> None:
    edge.plan = lambda _: fault
    [answer] = asking(edge, time).ask([ONE])
    assert answer.problem
    assert (len(edge.asked), time.slept) == (1, [])


def test_a_registry_that_stays_busy_is_asked_four_times(edge: FaultyRegistry, time: FakeTime) -> None:
    edge.plan = lambda _: BUSY
    [answer] = asking(edge, time).ask([ONE])
    assert "status 503" in answer.problem
    assert len(edge.asked) == 4


def test_nobody_comes_back_before_the_seconds_that_the_registry_asked_for(edge: FaultyRegistry, time: FakeTime) -> None:
    edge.fail_in_turn([Fault(429, TEXT, b"", {"Retry-After": "20"}), Fault(503, TEXT, b"", {"Retry-After": "1"})])
    [answer] = asking(edge, time).ask([ONE])
    assert answer.found is not None
    assert time.slept == [20.0, 5.0]


def test_nobody_comes_back_before_the_date_that_the_registry_named(edge: FaultyRegistry, time: FakeTime) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    edge.fail_in_turn([Fault(429, TEXT, b"", {"Retry-After": date})])
    [answer] = asking(edge, time).ask([ONE])
    assert answer.found is not None
    [slept] = time.slept
    assert 20 < slept <= 30


def test_a_registry_that_closes_for_long_is_left_alone_by_all_until_then(edge: FaultyRegistry, time: FakeTime) -> None:
    turns = Turns()
    edge.fail_in_turn([Fault(429, TEXT, b"", {"Retry-After": "600"})])
    [answer] = asking(edge, time, turns=turns).ask([ONE])
    assert "come back later (429)" in answer.problem
    [answer] = asking(edge, time, turns=turns).ask([ONE])
    assert "come back later, in 600 seconds" in answer.problem
    assert (len(edge.asked), time.slept) == (1, [])
    time.now += 600
    [answer] = asking(edge, time, turns=turns).ask([ONE])
    assert answer.found is not None


def test_a_slip_in_a_retry_after_does_not_silence_us_for_a_year(edge: FaultyRegistry, time: FakeTime) -> None:
    turns = Turns()
    edge.fail_in_turn([Fault(429, TEXT, b"", {"Retry-After": "31536000"})])
    asking(edge, time, turns=turns).ask([ONE])
    time.now += 900
    [answer] = asking(edge, time, turns=turns).ask([ONE])
    assert answer.found is not None


def test_requests_keep_their_distance(edge: FaultyRegistry, time: FakeTime) -> None:
    turns = Turns()
    asking(edge, time, interval=1, turns=turns).ask([ONE, ABSENT])
    time.now += 0.25
    asking(edge, time, interval=1, turns=turns).get("/version", {})
    assert time.slept == [1.0, 0.75]


def test_two_threads_ask_no_oftener_than_one(edge: FaultyRegistry) -> None:
    """In the time of this machine: two registries of a process, as two jobs of ``newsletter serve`` have them."""
    interval, moments = 0.15, []
    together = Barrier(2)

    def note(_: str) -> Fault:
        moments.append(datetime.now(UTC))
        return Fault()

    def ask(_: int) -> None:
        together.wait()
        for _ in range(3):
            TrialRegistry(TrialSettings(base_url=edge.base_url), min_interval_seconds=interval).get("/version", {})

    edge.plan = note
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(ask, range(2)))
    assert len(moments) == 6
    # Booked moments are exactly one interval apart; each request then takes its own little while to arrive.
    assert moments[-1] - moments[0] > timedelta(seconds=5 * interval * 0.8)


def test_only_a_registry_of_this_machine_is_asked_without_pauses() -> None:
    config = load_config(REPOSITORY)
    for address, pace in (
        ("https://registry.example/api/v2", 1.0),
        ("http://127.0.0.1:9/api/v2", 0.0),
        ("http://localhost:9", 0.0),
    ):
        registry = TrialRegistry.of(config.model_copy(update={"trials": TrialSettings(base_url=address)}))
        assert registry.min_interval_seconds == pace


def test_asking_about_many_ends_in_time_and_says_of_whom_nothing_is_known(edge: FaultyRegistry, time: FakeTime) -> None:
    """The search leaves all out, and each path is busy: without a bound this would take half an hour."""
    edge.plan = lambda path: Fault(body=b'{"studies": []}') if path.startswith("/studies?") else BUSY
    begun = time.now
    answers = asking(edge, time, interval=1).ask([f"NCT0999{number:04}" for number in range(1, 101)])
    assert time.now - begun <= 180
    assert all(answer.problem and answer.found is None for answer in answers)
    assert "answers too slowly" in answers[-1].problem


def test_a_question_ends_within_a_minute_with_its_tries(edge: FaultyRegistry, time: FakeTime) -> None:
    edge.plan = lambda _: Fault(503, TEXT, b"", {"Retry-After": "25"})
    begun = time.now
    asking(edge, time).get("/studies", {})
    assert time.now - begun == 50
    assert len(edge.asked) == 3


def test_a_batch_that_comes_in_pages_is_read_to_its_end_with_the_same_question(edge: FaultyRegistry, time: FakeTime) -> None:
    numbers = [f"NCT0999{number:04}" for number in range(1, 8)]
    for number in numbers:
        edge.practice.put(study(number))
    smaller = {"pageSize=7": "pageSize=3"}
    edge.rewrite = lambda target: target.replace(*next(iter(smaller.items())))
    answers = asking(edge, time).ask(numbers)
    assert [answer.nct_id for answer in answers if answer.found] == numbers
    questions = [dict(part.split("=") for part in path.partition("?")[2].split("&")) for path in edge.asked]
    assert [question.pop("pageToken", None) for question in questions] == [None, "from-3", "from-6"]
    assert questions[0] == questions[1] == questions[2]


def test_a_page_that_points_at_itself_ends(edge: FaultyRegistry, time: FakeTime) -> None:
    edge.plan = lambda _: Fault(body=json.dumps({"studies": [study(ONE)], "nextPageToken": "again"}).encode())
    [answer] = asking(edge, time).ask([ONE])
    assert answer.found is not None
    assert len(edge.asked) <= 2


def test_a_search_gives_its_pages_up_to_a_bound(edge: FaultyRegistry, time: FakeTime) -> None:
    pages = list(asking(edge, time).pages({"pageSize": "1", "fields": "NCTId", "countTotal": "true"}))
    assert [(len(page["studies"]), page.get("totalCount")) for page in pages] == [(1, 2), (1, None)]
    assert len(list(asking(edge, time).pages({"pageSize": "1"}, at_most=1))) == 1


def test_a_page_that_is_none_is_an_error_of_the_search(edge: FaultyRegistry, time: FakeTime) -> None:
    with pytest.raises(SourceError, match='does not know the parameter "colour"'):
        list(asking(edge, time).pages({"colour": "red"}))


def test_an_answer_of_any_status_is_given_to_who_asks_a_path(edge: FaultyRegistry, time: FakeTime) -> None:
    answer = asking(edge, time).get(f"/studies/{ABSENT}", {"fields": "NCTId"})
    assert (answer.status, answer.text) == (404, f"NCT number {ABSENT} not found")


def test_a_number_that_the_registry_does_not_take_spoils_no_other(edge: FaultyRegistry, time: FakeTime) -> None:
    """Our own check of numbers is the registry's of today; tomorrow it may take fewer."""
    item = Fault(400, TEXT, b"Item 2 in parameter `filter.ids` has incorrect format")
    alone = Fault(400, TEXT, b"Parameter `nctId` has incorrect format")
    edge.plan = lambda path: item if path.startswith("/studies?") else alone if TWO in path else Fault()
    first, second = asking(edge, time).ask([ONE, TWO])
    assert first.found is not None
    assert "does not take this for an NCT number" in second.problem


def test_a_number_that_moved_twice_is_followed(edge: FaultyRegistry, time: FakeTime) -> None:
    left_out = Fault(body=b'{"studies": []}')
    first_move = Fault(301, TEXT, b"", {"Location": f"{edge.base_url}/studies/{MOVED}"})
    edge.plan = lambda path: left_out if path.startswith("/studies?") else first_move if ABSENT in path else Fault()
    [answer] = asking(edge, time).ask([ABSENT])
    assert answer.found is not None
    assert (answer.found.nct_id, answer.found.alias_of) == (ABSENT, TWO)
    assert all("fields=NCTId%7C" in path for path in edge.asked)


def test_a_number_that_moved_to_one_that_is_absent_could_not_be_checked(edge: FaultyRegistry, time: FakeTime) -> None:
    left_out = Fault(body=b'{"studies": []}')
    move = Fault(301, TEXT, b"", {"Location": f"/api/v2/studies/{ABSENT}"})
    edge.plan = lambda path: left_out if path.startswith("/studies?") else move if ONE in path else Fault()
    [answer] = asking(edge, time).ask([ONE])
    assert "status 404" in answer.problem

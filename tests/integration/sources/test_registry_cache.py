"""What the registry calls unchanged is not sent again, and nothing is answered without asking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.checking.trials import TrialAnswer
from newsletter.config import load_config
from newsletter.settings import TrialSettings
from newsletter.sources.practice.registry import PracticeRegistry
from newsletter.sources.trials.answer_cache import AnswerCache
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.sources.trials.turns import Turns
from tests.faulty_registry import Fault, FaultyRegistry, Wire
from tests.site_folder import REPOSITORY
from tests.unit.sources.records import study, write_records

ONE, TWO, ABSENT = "NCT09990001", "NCT09990002", "NCT09990099"
JSON = "application/json"


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[FaultyRegistry]:
    file = write_records(tmp_path / "trials.json", study(ONE), study(TWO))
    with PracticeRegistry(file) as practice, FaultyRegistry(practice) as faulty:
        yield faulty


@pytest.fixture
def cache(tmp_path: Path) -> AnswerCache:
    return AnswerCache(tmp_path / "cache")


def asking(base_url: str, cache: AnswerCache) -> TrialRegistry:
    settings = TrialSettings(base_url=base_url)
    return TrialRegistry(settings, cache=cache, min_interval_seconds=0, sleep=lambda _: None, turns=Turns())


def test_an_unchanged_answer_is_not_sent_again_and_means_the_same(edge: FaultyRegistry, cache: AnswerCache) -> None:
    first = asking(edge.base_url, cache).ask([ONE, TWO])
    again = asking(edge.base_url, cache).ask([ONE, TWO])
    assert edge.statuses == [200, 304]
    assert again == first
    assert all(answer.found for answer in again)


def test_a_record_that_changed_is_seen_at_the_next_question(edge: FaultyRegistry, cache: AnswerCache) -> None:
    asking(edge.base_url, cache).ask([ONE])
    edge.practice.change_status(ONE, "TERMINATED")
    [answer] = asking(edge.base_url, cache).ask([ONE])
    assert answer.found is not None
    assert answer.found.status == "TERMINATED"
    assert edge.statuses == [200, 200]


@pytest.mark.parametrize(
    "fault", [Fault(403, "text/plain", b""), Fault(503, "text/plain", b""), Fault(200, "text/html", b""), Fault(wire=Wire.CLOSED)]
)
def test_what_is_stored_answers_nobody_whom_the_registry_does_not(edge: FaultyRegistry, cache: AnswerCache, fault: Fault) -> None:
    asking(edge.base_url, cache).ask([ONE])
    edge.plan = lambda _: fault
    [answer] = asking(edge.base_url, cache).ask([ONE])
    assert answer.found is None
    assert answer.problem


@pytest.mark.parametrize(
    "fault",
    [
        Fault(wire=Wire.UNANNOUNCED_CUT),
        Fault(200, JSON, b"<html>", {"ETag": '"x"'}),
        Fault(200, "text/html", b"<html>", {"ETag": '"x"'}),
    ],
)
def test_a_broken_answer_is_never_stored(edge: FaultyRegistry, cache: AnswerCache, fault: Fault) -> None:
    """Otherwise the registry would call it unchanged until its next load of data."""
    edge.plan = lambda _: fault
    assert asking(edge.base_url, cache).ask([ONE])[0].problem
    edge.plan = lambda _: Fault()
    assert asking(edge.base_url, cache).ask([ONE])[0].found
    assert 304 not in edge.statuses


def test_a_stored_answer_that_was_damaged_is_asked_for_anew(edge: FaultyRegistry, cache: AnswerCache) -> None:
    asking(edge.base_url, cache).ask([ONE])
    [file] = cache.folder.iterdir()
    file.write_bytes(file.read_bytes().replace(b"RECRUITING", b"TERMINATED"))
    [answer] = asking(edge.base_url, cache).ask([ONE])
    assert answer.found is not None
    assert answer.found.status == "RECRUITING"
    assert edge.statuses == [200, 200]


def test_that_a_trial_is_absent_is_asked_every_time(edge: FaultyRegistry, cache: AnswerCache) -> None:
    assert [asking(edge.base_url, cache).ask([ABSENT]) for _ in range(2)] == [[TrialAnswer(ABSENT)]] * 2
    edge.practice.put(study(ABSENT))
    assert asking(edge.base_url, cache).ask([ABSENT])[0].found


def test_a_registry_without_tags_is_asked_for_everything(edge: FaultyRegistry, cache: AnswerCache) -> None:
    edge.plan = lambda _: Fault(headers={"ETag": ""})
    assert all(asking(edge.base_url, cache).ask([ONE])[0].found for _ in range(2))
    assert edge.statuses == [200, 200]


def test_the_newsletters_cache_lies_in_its_site_folder(edge: FaultyRegistry, tmp_path: Path) -> None:
    settings = TrialSettings(base_url=edge.base_url)
    config = load_config(REPOSITORY).model_copy(update={"home": tmp_path, "trials": settings})
    for _ in range(2):
        TrialRegistry.of(config).ask([ONE])
    assert edge.statuses == [200, 304]
    assert len(list((tmp_path / "var/cache/registry").iterdir())) == 1


def test_a_cache_that_cannot_be_written_stops_nobody(edge: FaultyRegistry, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    assert asking(edge.base_url, AnswerCache(tmp_path / "cache")).ask([ONE])[0].found

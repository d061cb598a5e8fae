from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.sources.fetch import Fetched
from newsletter.sources.trials.answer_cache import AnswerCache

URL = "https://registry.example/api/v2/studies?filter.ids=NCT09990001"
ANSWER = Fetched(URL, 200, {"content-type": "application/json", "etag": '"7"', "server": "x"}, b'{"studies":\n[]}\n')
KEPT = replace(ANSWER, headers={"content-type": "application/json", "etag": '"7"'})


@pytest.fixture
def cache(tmp_path: Path) -> AnswerCache:
    return AnswerCache(tmp_path / "var" / "cache")


def only_file(cache: AnswerCache) -> Path:
    [file] = cache.folder.iterdir()
    return file


def test_an_answer_comes_back_byte_for_byte_with_its_tag(cache: AnswerCache) -> None:
    cache.keep(URL, ANSWER)
    assert cache.find(URL) == KEPT
    assert AnswerCache(cache.folder).find(URL) == KEPT


def test_nothing_is_found_of_another_address(cache: AnswerCache) -> None:
    assert cache.find(URL) is None
    cache.keep(URL, ANSWER)
    assert cache.find(f"{URL}|NCT09990002") is None


def test_a_new_answer_takes_the_place_of_the_old(cache: AnswerCache) -> None:
    cache.keep(URL, ANSWER)
    cache.keep(URL, replace(ANSWER, body=b"{}"))
    assert cache.find(URL) == replace(KEPT, body=b"{}")
    assert only_file(cache).is_file()


@pytest.mark.parametrize(
    "answer",
    [
        replace(ANSWER, status=304),
        replace(ANSWER, status=404),
        replace(ANSWER, headers={"content-type": "application/json"}),
        replace(ANSWER, headers={"etag": '"7"'}),
        replace(ANSWER, headers={"content-type": "application/json", "etag": ""}),
        replace(ANSWER, headers={"content-type": "application/json", "etag": '"caf\xe9"'}),
        replace(ANSWER, headers={"content-type": "application/json", "etag": '"7"\r\nhost: x'}),
        replace(ANSWER, headers={"content-type": "application/json", "etag": "7" * 2000}),
    ],
)
def test_only_a_good_answer_with_a_tag_is_stored(cache: AnswerCache, answer: Fetched) -> None:
    cache.keep(URL, answer)
    assert cache.find(URL) is None
    assert not cache.folder.exists()


@pytest.mark.parametrize("keep", [0, 1, 40, -1])
def test_a_cut_file_is_as_good_as_none(cache: AnswerCache, keep: int) -> None:
    cache.keep(URL, ANSWER)
    only_file(cache).write_bytes(only_file(cache).read_bytes()[:keep])
    assert cache.find(URL) is None


@pytest.mark.parametrize("data", [b"\xff\xff\n", b"{}\n", b"[]\n{}", b'{"url": 1, "headers": [], "sha256": 2}\n', b"null\n"])
def test_a_file_that_is_none_of_ours_is_as_good_as_none(cache: AnswerCache, data: bytes) -> None:
    cache.keep(URL, ANSWER)
    only_file(cache).write_bytes(data)
    assert cache.find(URL) is None


def test_a_stored_tag_that_cannot_be_sent_back_is_as_good_as_none(cache: AnswerCache) -> None:
    cache.keep(URL, ANSWER)
    file = only_file(cache)
    file.write_bytes(file.read_bytes().replace(b'\\"7\\"', b"7\\r\\nhost: x"))
    assert cache.find(URL) is None


def test_a_file_under_the_name_of_another_answer_is_not_believed(cache: AnswerCache) -> None:
    other = f"{URL}|NCT09990002"
    cache.keep(other, ANSWER)
    there = only_file(cache)
    cache.keep(URL, ANSWER)
    [here] = set(cache.folder.iterdir()) - {there}
    there.replace(here)
    assert cache.find(URL) is None


def test_what_is_too_old_is_neither_found_nor_kept(cache: AnswerCache) -> None:
    cache.keep(URL, ANSWER)
    stored = only_file(cache)
    later = AnswerCache(cache.folder, clock=lambda: datetime.fromtimestamp(stored.stat().st_mtime, UTC) + timedelta(days=15))
    assert cache.find(URL)
    assert later.find(URL) is None
    later.keep("https://registry.example/other", ANSWER)
    assert not stored.exists()


def test_the_oldest_answers_make_room_for_new_ones(cache: AnswerCache) -> None:
    small = AnswerCache(cache.folder, max_bytes=3000)
    big = replace(ANSWER, body=b"x" * 1000)
    for number in range(4):
        small.keep(f"{URL}{number}", big)
        for file in cache.folder.iterdir():
            os.utime(file, ns=(0, file.stat().st_mtime_ns - 1_000_000_000))
    assert [bool(small.find(f"{URL}{number}")) for number in range(4)] == [False, False, True, True]


def test_what_a_killed_process_left_half_written_goes_with_the_old(cache: AnswerCache) -> None:
    cache.keep(URL, ANSWER)
    left = cache.folder / f".{only_file(cache).name}.k1ll3d"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    strange = cache.folder / "README"
    strange.write_text("not ours")
    os.utime(strange, (0, 0))
    cache.keep(f"{URL}2", ANSWER)
    assert not left.exists()
    assert strange.exists()


def test_a_disk_that_takes_nothing_costs_a_transfer_and_no_answer(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    cache = AnswerCache(tmp_path / "cache")
    cache.keep(URL, ANSWER)
    assert cache.find(URL) is None

"""All checks in one run: side by side, never for long, and a damaged file is found out."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.project.examining.database import examine_file
from newsletter.project.examining.diagnosis import Diagnosis, Verdict, ok
from newsletter.project.examining.examination import NetworkCheck, collect, start


def test_whoever_does_not_answer_is_not_waited_for() -> None:
    hang = threading.Event()

    def never() -> Iterator[Diagnosis]:
        hang.wait()
        yield ok("dns.mx", "too late")

    checks = [NetworkCheck(("dns.mx",), never), NetworkCheck(("dns.spf",), lambda: [ok("dns.spf", "well")])]
    began = time.monotonic()
    found = {one.check: one for one in collect(checks, start(checks), longest=0.3)}
    hang.set()
    assert time.monotonic() - began < 2
    assert (found["dns.spf"].verdict, found["dns.mx"].verdict) == (Verdict.OK, Verdict.PROBLEM)


def test_conversations_are_held_side_by_side() -> None:
    together = threading.Barrier(5, timeout=5)

    def meet() -> list[Diagnosis]:
        together.wait()
        return [ok("dns.spf", "met")]

    checks = [NetworkCheck(("dns.spf",), meet)] * 5
    assert len(collect(checks, start(checks), longest=5)) == 5


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Make a database of some pages."""
    file = tmp_path / "letter.sqlite3"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE one (number INTEGER PRIMARY KEY, words TEXT)")
        database.executemany("INSERT INTO one (words) VALUES (?)", [(os.urandom(200).hex(),) for _ in range(2000)])
    database.close()
    return file


def test_a_whole_file_is_well_and_a_damaged_one_is_not(file: Path) -> None:
    assert examine_file(file).verdict is Verdict.OK
    content = bytearray(file.read_bytes())
    content[40_000:60_000] = bytes(20_000)
    file.write_bytes(content)
    assert examine_file(file).verdict is Verdict.PROBLEM


def test_a_file_that_is_no_database_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no database, by any means" * 100)
    assert examine_file(tmp_path / "x").verdict is Verdict.PROBLEM


def test_a_large_file_is_not_read_for_long(file: Path) -> None:
    assert examine_file(file, longest=0).verdict is Verdict.SKIPPED

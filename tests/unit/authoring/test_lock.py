from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.authoring.lock import LOCK_FILE, TrialLock, read_lock
from newsletter.authoring.trial import Trial, TrialSite
from newsletter.errors import IssueError

FOUND = Trial("NCT09990002", "Título", "RECRUITING", phases=("PHASE2",), sites=(TrialSite(country="France"),))
LOCK = TrialLock({"NCT09990002": FOUND})


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_bytes(LOCK.to_bytes())
    assert read_lock(tmp_path, "issues/2026-12") == LOCK
    assert read_lock(tmp_path, "issues/2026-12").digest == LOCK.digest


def test_no_lock_is_an_empty_lock(tmp_path: Path) -> None:
    assert read_lock(tmp_path, "issues/2026-12") == TrialLock()


def test_the_order_of_trials_does_not_change_the_bytes() -> None:
    one, two = Trial("NCT1", "a", "RECRUITING"), Trial("NCT2", "b", "RECRUITING")
    assert TrialLock({"NCT1": one, "NCT2": two}).to_bytes() == TrialLock({"NCT2": two, "NCT1": one}).to_bytes()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"trials": []}', '{"trials": {"NCT1": {"colour": "red"}}}', "\udcff"])
def test_what_is_no_lock_is_a_finding(tmp_path: Path, text: str) -> None:
    (tmp_path / LOCK_FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(IssueError) as caught:
        read_lock(tmp_path, "issues/2026-12")
    assert [finding.rule for finding in caught.value.findings] == ["trial-lock-unreadable"]

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import OperationalError
from structlog.testing import capture_logs

from newsletter.cli import ticking
from newsletter.cli.ticking import Look
from newsletter.errors import SettingsError, TransportError


@pytest.fixture(autouse=True)
def _without_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticking, "close_old_connections", lambda: None)


def looks(*outcomes: str | Exception) -> list[tuple[str, str]]:
    """Take one look after the other, each with the next outcome, and give what was logged."""
    coming: Iterator[str | Exception] = iter(outcomes)

    def work() -> str:
        outcome = next(coming)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    look = Look("postbox", work)
    with capture_logs() as logs:
        for _ in outcomes:
            look()
    return [(entry["event"], entry.get("problem", "")) for entry in logs]


def test_what_keeps_a_job_from_its_work_is_said_when_it_changes() -> None:
    said = looks("", "no key", "no key", TransportError("no server"), TransportError("no server"), "", "", "no key")
    assert said == [
        ("tick failed", "no key"),
        ("tick failed", "no server"),
        ("tick works again", ""),
        ("tick failed", "no key"),
    ]


def test_a_job_that_fails_looks_again() -> None:
    locked = OperationalError("database is locked")
    assert [event for event, _ in looks(SettingsError("wrong"), locked, "")] == ["tick failed", "tick failed", "tick works again"]


def test_a_mistake_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        looks(ZeroDivisionError())

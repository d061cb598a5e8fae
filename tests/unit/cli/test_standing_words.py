"""Where a send stands, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.cli.standing_words import duration, progress_in_words, what_it_waits_for
from newsletter.delivery.models import PausedFor
from newsletter.delivery.progress import SendProgress
from newsletter.delivery.standing import SendStanding

NEW_YORK = "America/New_York"
MORNING = datetime(2026, 12, 2, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (89, "89 seconds"),
        (90, "2 minutes"),
        (5_340, "89 minutes"),
        (5_400, "1 hour 30 minutes"),
        (500_000, "5 days"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_progress_names_rate_and_time_left_only_where_it_is_known() -> None:
    assert progress_in_words(SendProgress(500), 1_000) == "500 of 1,000 settled (50 %)"
    assert progress_in_words(SendProgress(0), 0) == "0 of 0 settled"
    moving = SendProgress(500, rate_per_minute=1_200.0, seconds_left=25.0)
    assert progress_in_words(moving, 1_000) == "500 of 1,000 settled (50 %), 1,200 a minute, about 25 seconds left"


def standing(**values: object) -> SendStanding:
    known: dict[str, object] = {"paused_for": PausedFor.NOTHING, "reason": "", **values}
    return SendStanding("2026-12", SendProgress(0), **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, []),
        ({"quiet_until": MORNING, "next_due": MORNING}, ["quiet until 08:00"]),
        ({"next_due": MORNING}, ["the next mail is due Wed 02 Dec 2026, 08:00 EST"]),
        ({"spread_until": MORNING}, ["spread until Wed 02 Dec 2026, 08:00 EST"]),
        ({"workers": ("a:1", "b:2")}, ["worked on by a:1, b:2"]),
        ({"reason": "it was begun into the outbox"}, ["it was begun into the outbox."]),
    ],
)
def test_what_a_running_send_waits_for_is_said(values: dict[str, object], words: list[str]) -> None:
    assert list(what_it_waits_for(standing(**values), NEW_YORK)) == words


@pytest.mark.parametrize(
    ("paused_for", "option"),
    [(PausedFor.PERSON, ""), (PausedFor.RESTORE, " --although-restored"), (PausedFor.AGE, " --although-old")],
)
def test_a_paused_send_says_why_and_what_to_type(paused_for: PausedFor, option: str) -> None:
    why, to_type = what_it_waits_for(standing(paused_for=paused_for, reason="wrong picture"), NEW_YORK)
    assert why == f"paused: {paused_for.label}. wrong picture."
    assert to_type == f"look at it, then: newsletter resume 2026-12 --as YOU{option}"

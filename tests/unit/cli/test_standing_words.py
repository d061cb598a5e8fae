"""Where a send stands, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

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


def standing(progress: SendProgress | None = None, **values: Any) -> SendStanding:
    known: dict[str, Any] = {"paused_for": PausedFor.NOTHING, "reason": "", **values}
    return SendStanding("2026-12", progress or SendProgress(0), **known)


MOVING = SendProgress(500, rate_per_minute=1_200.0, seconds_left=25.0)
HALF = "500 of 1,000 settled (50 %)"
HALF_AND_PACE = f"{HALF}, 1,200 a minute, about 25 seconds left"


def test_progress_names_rate_and_time_left_only_where_it_is_known() -> None:
    assert progress_in_words(standing(SendProgress(500)), 1_000) == HALF
    assert progress_in_words(standing(), 0) == "0 of 0 settled"
    assert progress_in_words(standing(MOVING), 1_000) == HALF_AND_PACE


def test_the_pace_is_not_said_of_a_send_that_rests() -> None:
    assert progress_in_words(standing(MOVING, next_due=MORNING), 1_000) == HALF
    assert progress_in_words(standing(MOVING, quiet_until=MORNING), 1_000) == HALF
    assert progress_in_words(standing(MOVING, next_due=MORNING, spread_until=MORNING), 1_000) == HALF


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
def test_what_a_running_send_waits_for_is_said(values: dict[str, Any], words: list[str]) -> None:
    assert list(what_it_waits_for(standing(**values), NEW_YORK)) == words


@pytest.mark.parametrize(
    ("paused_for", "reason", "said", "option"),
    [
        (PausedFor.PERSON, "by ada: wrong picture", "paused by ada: wrong picture", ""),
        (PausedFor.PERSON, "by ada", "paused by ada", ""),
        (PausedFor.ERRORS, "10 mails were refused.", "paused: 10 mails were refused", ""),
        (PausedFor.RESTORE, "", f"paused: {PausedFor.RESTORE.label}", " --although-restored"),
        (PausedFor.AGE, "it stood still", "paused: it stood still", " --although-old"),
    ],
)
def test_a_paused_send_says_why_and_what_to_type(paused_for: PausedFor, reason: str, said: str, option: str) -> None:
    why, to_type = what_it_waits_for(standing(paused_for=paused_for, reason=reason), NEW_YORK)
    assert why == said
    assert to_type == f"look at it, then: newsletter resume 2026-12 --as YOU{option}"

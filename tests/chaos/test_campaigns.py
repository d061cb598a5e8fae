"""Faults from all sides, by chance but the same ones every time; `make chaos` plays the same in full."""

from __future__ import annotations

import pytest

from tests.chaos.campaign import run_campaign
from tests.chaos.plan import Campaign
from tests.chaos.trials import database_on_trial

MOST_SECONDS = 60


@pytest.mark.parametrize("transport", [pytest.param("smtp", marks=pytest.mark.database), "sendgrid"])
def test_nobody_gets_two_and_nobody_is_forgotten(transport: str) -> None:
    database = database_on_trial()
    campaign = Campaign(
        name=f"{transport} on {'PostgreSQL' if database else 'SQLite'}", transport=transport, readers=1_200, sends=1, faults=7,
        seed=20261201, every=0.25, database=database, seconds=MOST_SECONDS,
    )  # fmt: skip
    account = run_campaign(campaign)
    assert account.complaints == ()
    assert account.dealt.total() >= campaign.faults
    assert account.suffered.total() > 0
    who_may_have_left_before_the_freeze = 5 * account.dealt["goodbye"]
    assert account.after.deliveries >= campaign.readers - who_may_have_left_before_the_freeze

"""The chaos suite in full: ``python -m tests.chaos [--seed N] [--deliveries N] [--minutes M] …``, or ``make chaos``.

Ends with 1 when the judge finds fault.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.chaos.campaign import Account, run_campaign
from tests.chaos.measures import left_by_one_kill, recovery
from tests.chaos.plan import Campaign
from tests.chaos.postgresql import own_postgresql
from tests.chaos.summary import Summary

READERS: Final = 20_000

SHARES: Final = {("smtp", False): 0.3, ("sendgrid", False): 0.35, ("smtp", True): 0.15, ("sendgrid", True): 0.2}
"""Of the deliveries: by transport, and whether on PostgreSQL."""

SECONDS_EACH: Final = {"smtp": 2, "sendgrid": 1}
"""Of the time that there is, in proportion: so much longer does a mail by SMTP take."""

OF_THE_TIME: Final = 0.85
"""For sending; the rest is for what comes to rest, is settled and judged."""

FAULTS_IN_A_MILLION: Final = 560
"""Of our own side; those of the servers come on top."""

FEWEST_FAULTS: Final = 40

SLOWEST_FAULTS: Final = 1.0
"""Seconds between two on average, at most."""

CONNECTIONS: Final = (1, 10, 50)


def main() -> int:
    """Play all campaigns, measure, print the summary."""
    wanted = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that everything is put away
    seed = wanted.seed if wanted.seed is not None else random.SystemRandom().randrange(1_000_000)
    _say(f"seed {seed} (again with --seed {seed}), at most {wanted.minutes:.0f} minutes")
    summary = Summary(seed)
    if not wanted.without_measures:
        kills = [left_by_one_kill(connections, seed=seed) for connections in CONNECTIONS]
        summary = replace(summary, kills=kills, recoveries=[recovery(seed=seed)])
    try:
        with _postgresql() as database:
            for campaign in _campaigns(wanted, seed=seed, database=database, began=time.monotonic()):
                summary = replace(summary, accounts=[*summary.accounts, _play(campaign)])
    finally:  # what was found until then is told whatever ends it
        _say(summary.to_text())
        if wanted.json:
            Path(wanted.json).write_text(json.dumps(summary.to_json(), indent=2), "utf-8")
    return 1 if summary.complaints else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="The chaos suite in full.")
    parser.add_argument("--seed", type=int, help="of an earlier run, to play it again")
    parser.add_argument("--deliveries", type=int, default=1_000_000, help="in all campaigns together")
    parser.add_argument("--minutes", type=float, default=40, help="after so many no new send is begun")
    parser.add_argument("--faults", type=int, help="of our side, in all campaigns together; 560 in a million deliveries")
    parser.add_argument("--without-measures", action="store_true", help="leave out what one kill leaves, and the recovery")
    parser.add_argument("--json", help="a file for the summary")
    return parser.parse_args()


def _campaigns(wanted: argparse.Namespace, *, seed: int, database: str, began: float) -> Iterator[Campaign]:
    """Share deliveries, faults and time between the transports and databases; without PostgreSQL, SQLite gets all.

    What time one leaves is the next one's.
    """
    shares = SHARES if database else {where: share for where, share in SHARES.items() if not where[1]}
    whole = sum(shares.values())
    faults = wanted.faults or max(FEWEST_FAULTS, round(FAULTS_IN_A_MILLION * wanted.deliveries / 1_000_000))
    weights = [SECONDS_EACH[transport] * share for (transport, _), share in shares.items()]
    for number, ((transport, on_postgresql), share) in enumerate(shares.items()):
        left = began + wanted.minutes * 60 * OF_THE_TIME - time.monotonic()
        seconds = max(1.0, left * weights[number] / sum(weights[number:]))
        to_deal = max(1, round(faults * share / whole))
        yield Campaign(
            name=f"{transport} on {'PostgreSQL' if on_postgresql else 'SQLite'}",
            transport=transport,
            readers=min(READERS, max(1_000, int(wanted.deliveries * share / whole))),
            sends=max(1, round(wanted.deliveries * share / whole / READERS)),
            faults=to_deal,
            seed=seed + number,
            every=min(SLOWEST_FAULTS, 0.4 * seconds / to_deal),
            database=database if on_postgresql else "",
            connections=10,
            seconds=seconds,
        )


def _play(campaign: Campaign) -> Account:
    _say(f"{campaign.name}: {campaign.sends} sends to {campaign.readers}")
    account = run_campaign(campaign, _say)
    _say(f"{campaign.name}: {account.after.deliveries} deliveries, {account.faults} faults, {len(account.complaints)} complaints")
    for complaint in account.complaints:
        _say(f"COMPLAINT: {complaint}")
    return account


@contextmanager
def _postgresql() -> Iterator[str]:
    """Run a PostgreSQL server and give its URL; empty where its package has no build."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(own_postgresql()).url
        except ImportError:
            _say("NOT RUN: the campaigns on PostgreSQL")
            url = ""
        yield url


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())

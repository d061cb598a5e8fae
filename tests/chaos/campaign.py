"""A campaign: sends one after the other under faults from all sides, and the judge's two verdicts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.ground import Ground, Server, ground_with
from tests.chaos.judge import Judgement, judge
from tests.chaos.plan import IN_DOUBT, SENDGRID_CALLS_AT_ONCE, SENDGRID_RATES, SMTP_RATES, Campaign
from tests.chaos.play import Play, Say
from tests.chaos.webhook import Webhook, webhook_on

ROUNDS: Final = 6
"""Of settling at most."""


@dataclass
class Account:
    """What a campaign came to; ``before`` and ``after`` are the judge's words, before and after the unknown were settled."""

    campaign: Campaign
    before: Judgement
    after: Judgement
    dealt: Counter[str]
    suffered: Counter[str]
    seconds: float
    complaints: tuple[str, ...] = field(default=())

    @property
    def faults(self) -> int:
        """How many there were on both sides."""
        return self.dealt.total() + self.suffered.total()


def run_campaign(campaign: Campaign, say: Say = lambda _: None) -> Account:
    """Play a campaign to its end and judge it."""
    began = time.monotonic()
    with _stage(campaign) as (ground, server, webhook):
        ground.do("add", readers=campaign.readers)
        play = Play(campaign, ground, server, say)
        play.run()
        suffered = server.faults
        explained = campaign.window * play.that_lose_sight + campaign.doubted * sum(suffered[_word(one)] for one in IN_DOUBT)
        gone = set(play.gone.read_text("ascii").split()) if play.gone.exists() else set()
        before = judge(ground, server, most_unknown=explained, gone=gone)
        if webhook is not None:
            server.repeat_events()
        _settle(ground, server, transport=campaign.transport)
        after = judge(ground, server, most_unknown=before.deliveries // 1_000 + _of_the_cancelled(ground), gone=gone)
    seconds = time.monotonic() - began
    return Account(campaign, before, after, play.dealt, suffered, seconds, before.complaints + after.complaints)


def _of_the_cancelled(ground: Ground) -> int:
    """Count the unknown of cancelled sends: what never left of these is not sent any more, and stays unknown."""
    cancelled = {one.issue for one in ground.books.sends() if one.state == "cancelled"}
    return sum(one.handover == "unknown" and one.issue in cancelled for one in ground.books.entries())


def _word(fault: str) -> str:
    return fault.replace(" ", "_")


def _settle(ground: Ground, server: Server, *, transport: str) -> None:
    """Settle the unknown and send what never left, again and again: meanwhile the servers go on failing."""
    for _ in range(ROUNDS):
        if transport == "smtp":
            ground.reconcile(server)
        # What a worker with a wrong clock recorded does not agree with the log's times, and then the log is not believed.
        ground.do("settle", journals=[str(server.journal)])
        ground.do("deliver", seconds=300)
        if ground.books.count("unknown") == _of_the_cancelled(ground):
            return


@contextmanager
def _stage(campaign: Campaign) -> Iterator[tuple[Ground, Server, Webhook | None]]:
    with ExitStack() as stack:
        settings: dict[str, object] = {
            "DELIVERY__SMTP__CONNECTIONS": campaign.connections,
            "DELIVERY__SENDGRID__CONNECTIONS": SENDGRID_CALLS_AT_ONCE,
        }
        plan: dict[str, Any] = {"seed": campaign.seed, "rates": SMTP_RATES}
        webhook = None
        if campaign.transport == "sendgrid":
            webhook = Webhook()
            plan |= {"rates": SENDGRID_RATES, "bad_addresses": 997, **webhook.plan}
            settings |= webhook.settings
        ground, server = stack.enter_context(
            ground_with(f"{campaign.transport}_server", database=campaign.database, plan=plan, settings=settings)
        )
        if webhook is not None:
            stack.enter_context(webhook_on(webhook, ground))
        yield ground, server, webhook

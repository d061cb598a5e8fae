"""Links of an issue as its files are now: asked, or known from earlier today, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rich.console import Console

from newsletter.checking.edition_links import web_addresses
from newsletter.checking.link_answers import LinkAnswer
from newsletter.checking.rules.link_answers import ASKED_RULES
from newsletter.checking.weighing import weigh_rules
from newsletter.checking.written_issue import WrittenIssue, drafts
from newsletter.clock import system_clock
from newsletter.findings import Finding, in_reading_order
from newsletter.sources.links.looking import look_at_links
from newsletter.sources.links.memory import LINK_MEMORY


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What came of a look: the answers by address (those that a person accepted have none), and what is wrong with them."""

    addresses: Sequence[str]
    answers: Mapping[str, LinkAnswer]
    findings: Sequence[Finding]


def look_at_links_of(written: WrittenIssue, *, sent_on: date, fresh: bool = False) -> LookedAt:
    """Ask every link of every edition that was not asked today; with ``fresh`` all of them. Asks nobody if so set."""
    config = written.config
    addresses = web_addresses(written.editions, base_url=config.web.base_url)
    if not config.links.ask:
        return LookedAt(addresses, {}, ())
    with Console(stderr=True).status(f"Asking the sites of {len(addresses)} links …"):
        answers = look_at_links(
            addresses, settings=config.links, memory=config.path(LINK_MEMORY), now=system_clock(), fresh=fresh
        )
    severities = {rule_id: change.severity for rule_id, change in config.checks.severity.items()}
    answered = [
        replace(draft, link_answers=answers) for draft in drafts(written.issues, written.editions, sent_on=sent_on, config=config)
    ]
    rules = [rule for rule in weigh_rules(severities) if rule.id in ASKED_RULES]
    findings = dict.fromkeys(finding for rule in rules for finding in rule.findings(answered))
    return LookedAt(addresses, answers, in_reading_order(list(findings)))

"""The look at an approved issue's links on the day before it goes out: what is broken by then, the editors hear of, once.

It holds nothing back. A page that is away belongs to somebody else, may be back within the hour, and is one link of many; a
letter that people wait for does not wait for it. A trial is another matter: see ``newsletter.publishing.releasing``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from newsletter.checking.edition_links import web_addresses
from newsletter.checking.link_answers import LinkAnswer, LinkKind, Trouble, judge_link
from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.errors import NotAllowedError
from newsletter.postbox.models import Notice
from newsletter.publishing.alerts import EDITORS_AND_PUBLISHERS, Occasion, Reader, post_occasion
from newsletter.publishing.approving import missing_approvals
from newsletter.publishing.candidates import frozen_editions, latest_candidate
from newsletter.publishing.models import Candidate, Slot, SlotState

log = structlog.get_logger()

BEFORE_THE_SEND: Final = timedelta(days=1)

BROKEN: Final = frozenset({LinkKind.DEAD, LinkKind.UNSAFE})
"""What is certain enough to mail people about; `newsletter links check` tells of suspicions and of what could not be checked."""

IN_ITS_HOUR: Final = timedelta(hours=1)
"""Before the slot: what was fine earlier that day is asked once more."""

LookAtLinks = Callable[[Sequence[str], datetime | None], Mapping[str, LinkAnswer]]
"""Gives what is known of addresses, from today's memory or by asking; what was answered before the time given does not count."""


@dataclass(frozen=True, slots=True)
class LinksWatched:
    """What one look did: how many mails were posted, and why nothing could be checked, "" where something could be."""

    mails: int
    problem: str


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """A link that leads nowhere, or that browsers warn of, and the sentence that says why."""

    address: str
    sentence: str


def watch_links(config: Config, clock: Clock, look: LookAtLinks) -> LinksWatched:
    """Look at the links of what goes out within a day, with no transaction open, and tell the editors what nobody told them."""
    mails, problem = 0, ""
    for slot, candidate in _soon(clock()):
        try:
            editions = frozen_editions(candidate.pk)
        except NotAllowedError:  # the gate says so
            continue
        in_its_hour = slot.at - IN_ITS_HOUR
        answers = look(web_addresses(editions, base_url=config.web.base_url), in_its_hour if clock() >= in_its_hour else None)
        if answers and all(answer.trouble is Trouble.OFFLINE for answer in answers.values()):
            problem = f"the links of {slot.issue} could not be checked: no site answered at all. They are asked again."
        if occasion := _occasion(slot, candidate, answers):
            posted = post_occasion(occasion, config=config, now=clock())
            log.info("alert", issue=occasion.issue, kind=occasion.kind, mails=posted)
            mails += posted
    return LinksWatched(mails, problem)


def _soon(now: datetime) -> Iterator[tuple[Slot, Candidate]]:
    """Give the approved candidates whose slot is within the day."""
    near = Slot.objects.filter(at__gt=now, at__lte=now + BEFORE_THE_SEND).exclude(state=SlotState.RELEASED)
    for slot in near.order_by("at"):
        candidate = latest_candidate(slot.issue)
        if candidate and not missing_approvals(candidate):
            yield slot, candidate


def _occasion(slot: Slot, candidate: Candidate, answers: Mapping[str, LinkAnswer]) -> Occasion | None:
    """Give the occasion to tell of the broken links, None where there are none or all were told of."""
    judged = ((address, judge_link(answer)) for address, answer in answers.items())
    broken = [BrokenLink(address, verdict.sentence) for address, verdict in judged if verdict.kind in BROKEN]
    prefix = f"link-broken/{candidate.pk}.{candidate.turn}/{slot.at.timestamp():.0f}/"
    keys = [prefix + hashlib.sha256(link.address.encode()).hexdigest()[:16] for link in broken]
    told = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True))
    untold = [key for key in keys if key not in told]
    if not untold:
        return None

    def values(reader: Reader) -> Mapping[str, object]:
        me = reader.key if "editor" in reader.person.roles else "PERSON"
        return {
            "when": reader.moment(slot.at),
            "links": broken,
            "commands": [
                f"newsletter links check {slot.issue}",
                f'newsletter hold {slot.issue} --because "…" --as {reader.key}',
                f"newsletter approve {slot.issue} --role editor --as {me}",
                f"newsletter request-review {slot.issue}",
            ],
        }

    return Occasion(untold[0], "alert-links", slot.issue, EDITORS_AND_PUBLISHERS, slot.at, values, more_keys=untold[1:])

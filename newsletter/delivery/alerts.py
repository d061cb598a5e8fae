"""The look that a scheduler takes every minute: whatever people have to be told, and were not told yet, goes into the postbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog

from newsletter.config import Config
from newsletter.delivery.send_alerts import find_send_occasions
from newsletter.errors import NewsletterError
from newsletter.publishing.alerts import not_yet_told, post_occasion, who_is_not_there
from newsletter.publishing.feed_alerts import find_feed_occasions
from newsletter.publishing.slot_alerts import find_slot_occasions
from newsletter.publishing.trial_alerts import find_trial_occasions

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AlertsPosted:
    """How many mails were posted, and what keeps people from being told, empty when nothing does."""

    mails: int
    problem: str


def post_alerts(config: Config, now: datetime) -> AlertsPosted:
    """Look at slots and sends, and post what people were not told yet: each occasion once, whoever looks and however often."""
    mails, problems = 0, [who_is_not_there(config)]
    found = [
        *find_slot_occasions(config, now),
        *find_trial_occasions(config, now),
        *find_send_occasions(now),
        *find_feed_occasions(now),
    ]
    for occasion in not_yet_told(found):
        try:
            posted = post_occasion(occasion, config=config, now=now)
        except NewsletterError as error:
            problems.append(str(error))
        else:
            mails += posted
            if posted:
                log.info("alert", issue=occasion.issue, kind=occasion.kind, mails=posted)
    return AlertsPosted(mails, "\n".join(dict.fromkeys(filter(None, problems))))

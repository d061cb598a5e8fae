"""How many readers chose a topic, for an editor who wonders whom a `for` block would reach.

Topics are health data, so a count must not tell of anybody: it is made in memory, rounded to tens, and a small one is not said.
Rounding keeps two counts, before and after one sign-up, from telling what that person chose. Nothing of it is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Final

from django.db import connection

from newsletter.subscribers.audience import last_subscription_id
from newsletter.subscribers.installation import sealer

SMALLEST_SAID: Final = 10
"""A group of fewer people is only said to be small; larger ones are rounded to tens."""

PAGE: Final = 5_000

TOPICS_PAGE = """
SELECT subscription.id, subscriber.language, subscriber.lookup, subscriber.topics
  FROM subscribers_subscription subscription
  JOIN subscribers_subscriber subscriber ON subscriber.id = subscription.subscriber_id
  LEFT JOIN subscribers_suppression suppression ON suppression.lookup = subscriber.lookup
 WHERE subscription.ended_at IS NULL AND suppression.id IS NULL
   AND (subscriber.snoozed_until IS NULL OR subscriber.snoozed_until <= %s)
   AND subscription.id > %s AND subscription.id <= %s
 ORDER BY subscription.id
 LIMIT %s"""

NO_PART: Final = ""
"""In a count: readers who would see none of the parts."""


def count_topics(on: date, *, offered: Mapping[str, Collection[str]]) -> dict[str, int | None]:
    """Count roughly how many people mailed on a day would see the part for each topic; ``NO_PART`` counts who would see none.

    ``offered`` says for which topics the mail of a language has parts. None stands for fewer than ``SMALLEST_SAID``.
    """
    exact: Counter[str] = Counter(dict.fromkeys({topic for topics in offered.values() for topic in topics} | {NO_PART}, 0))
    for language, chosen in _chosen_by_readers(on):
        seen = chosen.intersection(offered.get(language, ()))
        exact.update(seen or [NO_PART])
    return {topic: roughly(number) for topic, number in exact.items()}


def roughly(number: int) -> int | None:
    """Round to the nearest ten; None for a group so small that a number could point at somebody."""
    return None if number < SMALLEST_SAID else (number + 5) // 10 * 10


def _chosen_by_readers(on: date) -> Iterator[tuple[str, frozenset[str]]]:
    after, last, seal = 0, last_subscription_id(), sealer()
    while after < last:
        with connection.cursor() as cursor:
            cursor.execute(TOPICS_PAGE, [on.isoformat(), after, last, PAGE])
            rows = cursor.fetchall()
        if not rows:
            return
        for _, language, lookup, topics in rows:
            yield language, seal.readable_topics(topics, lookup=bytes(lookup)) or frozenset()
        after = rows[-1][0]

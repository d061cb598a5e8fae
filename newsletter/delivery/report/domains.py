"""Where mail did not arrive, by the domain of the address: opened in memory while the report is made, and kept nowhere.

A domain with few people stands with the others: a family's own domain would name them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from newsletter.delivery.models import BounceKind, Handover
from newsletter.delivery.report import statements
from newsletter.delivery.report.paging import rows_by_batch
from newsletter.errors import KeyMissingError, SealError
from newsletter.subscribers.sealing import Sealer

FEWEST_PEOPLE: Final = 5
"""With fewer a domain is not named."""

BATCHES_AT_ONCE: Final = 20
"""Of up to 1,000 deliveries, most of which did arrive and are not read."""

OTHER_DOMAINS: Final = "other domains"
ERASED: Final = "erased since"

FAILED: Final = "failed"
UNTOLD: Final = "bounced"
"""A bounce of which nobody said what kind it is."""


@dataclass(frozen=True, slots=True)
class DomainCount:
    """How many of a domain's people a mail did not reach: ``failed`` were refused, the others came back, by kind."""

    domain: str
    failed: int
    hard: int
    soft: int
    policy: int
    untold: int

    @property
    def people(self) -> int:
        """All of them."""
        return self.failed + self.hard + self.soft + self.policy + self.untold


def count_domains(send_id: int, sealer: Sealer) -> tuple[DomainCount, ...]:
    """Count failed and bounced deliveries by domain, the most hit first; what is not named, or not known, comes last."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for domain, fate in _undelivered(send_id, sealer):
        counts[domain][fate] += 1
    for domain in [name for name, fates in counts.items() if name != ERASED and fates.total() < FEWEST_PEOPLE]:
        counts[OTHER_DOMAINS].update(counts.pop(domain))
    found = [
        DomainCount(
            domain,
            fates[FAILED],
            fates[BounceKind.HARD.value],
            fates[BounceKind.SOFT.value],
            fates[BounceKind.POLICY.value],
            fates[UNTOLD],
        )
        for domain, fates in counts.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.domain in {OTHER_DOMAINS, ERASED}, -one.people, one.domain)))


def _undelivered(send_id: int, sealer: Sealer) -> Iterator[tuple[str, str]]:
    for handover, bounce, lookup, contact in rows_by_batch(statements.FIND_UNDELIVERED, send_id, batches=BATCHES_AT_ONCE):
        fate = FAILED if handover == Handover.FAILED.value else bounce or UNTOLD
        yield _domain(sealer, lookup, contact), fate


def _domain(sealer: Sealer, lookup: bytes | None, contact: bytes | None) -> str:
    if lookup is None or contact is None:
        return ERASED
    try:
        return sealer.open_contact(contact, lookup=bytes(lookup)).address.rpartition("@")[2].lower()
    except KeyMissingError:
        raise
    except SealError:
        return OTHER_DOMAINS

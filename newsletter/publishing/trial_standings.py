"""What the registry last said of each trial that stands in an issue, and who may ask it next.

A look is claimed before the registry is asked, so that of two schedulers one asks. What could not be checked changes nothing but
``asked_at``: it is never recruiting and never closed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction

from newsletter.authoring.lock import TrialLock, parse_lock
from newsletter.authoring.trial import Trial
from newsletter.checking.trials import ABSENT, NO_ANSWER, TrialAnswer, VerdictKind, judge_trial, stops_send
from newsletter.publishing.models import TrialStanding

RETRY_AFTER: Final = timedelta(hours=4)
"""So long a trial is left alone after somebody began to ask about it, whatever came of that."""

SHOWN_AS_OPEN: Final = frozenset({"open", "not_yet", "expanded"})
"""The cards that tell readers of something to ask about; a closed card tells them that there is nothing."""

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a trial was last asked about that never was."""


def claim_standings(needed: Mapping[str, datetime], *, now: datetime) -> list[str]:
    """Claim the look at those trials whose last answer is older than ``needed`` says; give them, to be asked about now.

    A process that dies with a claim leaves its trials to the next look after RETRY_AFTER.
    """
    known = set(TrialStanding.objects.filter(nct_id__in=list(needed)).values_list("nct_id", flat=True))
    fresh = [TrialStanding(nct_id=nct_id, asked_at=_NEVER) for nct_id in needed if nct_id not in known]
    TrialStanding.objects.bulk_create(fresh, ignore_conflicts=True)
    with transaction.atomic():
        rested = TrialStanding.objects.select_for_update().filter(nct_id__in=list(needed), asked_at__lte=now - RETRY_AFTER)
        due = [one.nct_id for one in rested if one.answered_at is None or one.answered_at < needed[one.nct_id]]
        TrialStanding.objects.filter(nct_id__in=due).update(asked_at=now)
    return sorted(due)


def record_answers(answers: Sequence[TrialAnswer], *, claimed_at: datetime, now: datetime, zone: ZoneInfo) -> int:
    """Write down what was answered to a claimed look; give how many trials have another status than before.

    Where somebody else has claimed a later look, theirs is what counts.
    """
    said = {answer.nct_id: answer for answer in answers if answer.in_short != NO_ANSWER}
    with transaction.atomic():
        mine = list(TrialStanding.objects.select_for_update().filter(nct_id__in=list(said), asked_at=claimed_at))
        changed = sum(_write(standing, said[standing.nct_id], now=now, zone=zone) for standing in mine)
        TrialStanding.objects.bulk_update(mine, ["status", "since", "facts", "closed_since", "answered_at"])
    return changed


def standings_of(nct_ids: Collection[str]) -> dict[str, TrialStanding]:
    """Give what is known of these trials, those that were never answered left out."""
    found = TrialStanding.objects.filter(nct_id__in=list(nct_ids), answered_at__isnull=False)
    return {standing.nct_id: standing for standing in found}


def answer_of(standing: TrialStanding) -> TrialAnswer | None:
    """Give the last answer whole; None where an older program wrote it down, or there was none."""
    if standing.status == ABSENT:
        return TrialAnswer(standing.nct_id)
    try:
        found = parse_lock(json.dumps(standing.facts).encode()).trials.get(standing.nct_id)
    except ValueError:
        return None
    return TrialAnswer(standing.nct_id, found) if found else None


def disappoints(standing: TrialStanding, *, card_status: str) -> bool:
    """Say whether a card promised its readers more than the registry's last answer does."""
    if card_status not in SHOWN_AS_OPEN:
        return False
    found = None if standing.status == ABSENT else Trial(standing.nct_id, "", standing.status)
    verdict = judge_trial(TrialAnswer(standing.nct_id, found), card_status=card_status)
    known = verdict.kind not in (VerdictKind.OPEN, VerdictKind.COULD_NOT_CHECK)
    return known and stops_send(verdict, card_status=card_status)


def _write(standing: TrialStanding, answer: TrialAnswer, *, now: datetime, zone: ZoneInfo) -> bool:
    """Put an answer into a standing, and say whether the status is another one."""
    status = answer.in_short
    locked = TrialLock(MappingProxyType({answer.nct_id: answer.found} if answer.found else {}))
    changed = status != standing.status
    if changed:
        was_closed = bool(standing.status) and _takes_nobody(standing)
        standing.status, standing.since = status, now
        if not was_closed and _takes_nobody(standing):
            standing.closed_since = now.astimezone(zone).date()
    standing.facts = json.loads(locked.to_bytes())
    standing.answered_at = now
    return changed


def _takes_nobody(standing: TrialStanding) -> bool:
    return all(disappoints(standing, card_status=card) for card in SHOWN_AS_OPEN)

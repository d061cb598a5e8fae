"""Cases for the rules about the age of what is known of a trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from newsletter.authoring.lock import TrialLock
from newsletter.authoring.trial import Trial, TrialSite
from newsletter.checking.report import Draft
from newsletter.checking.trials import TrialLimits
from tests.unit.checking.cases import Cases
from tests.unit.checking.drafts import block, written

_SENT_ON = date(2026, 12, 15)
_SPAIN = (TrialSite(country="Spain"),)
_TRIAL = Trial("NCT09990001", "An invented trial", "RECRUITING", sites=_SPAIN, verified="2026-11", checked_on="2026-12-01")


def _draft(*, country: str = "Spain", card: str = "open", **changes: Any) -> Draft:
    trial = replace(_TRIAL, **changes)
    draft = written("Text.", block("trial", {"nct_id": trial.nct_id, "status": card}))
    issue = replace(draft.issue, lock=TrialLock({trial.nct_id: trial}))
    return replace(draft, issue=issue, sent_on=_SENT_ON, trial_limits=TrialLimits(country, 12, _SENT_ON))


CASES: Mapping[str, Cases] = {
    "trial-locked-long-ago": Cases(
        fails=[_draft(checked_on="2026-11-30"), _draft(checked_on="2025-12-01")],
        passes=[_draft(), _draft(checked_on="2026-12-20"), _draft(checked_on=""), _draft(checked_on="soon")],
    ),
    "trial-worth-a-call": Cases(
        fails=[
            _draft(verified="2025-11"),
            _draft(verified=""),
            _draft(country="United States"),
            _draft(alias_of="NCT09990009"),
            _draft(card="closed"),
        ],
        passes=[_draft(), _draft(card="closed", status="COMPLETED"), _draft(status="COMPLETED", verified="2020-01")],
    ),
}

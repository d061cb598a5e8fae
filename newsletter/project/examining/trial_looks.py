"""Whether the registry still says what became of the trials that readers were shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from newsletter.config import Config
from newsletter.project.examining.diagnosis import Diagnosis, ok, skipped, warning
from newsletter.publishing.candidates import trials_of
from newsletter.publishing.trial_standings import SHOWN_AS_OPEN, standings_of
from newsletter.publishing.trial_watch import issues_gone_out

CHECK: Final = "trials.past-issues"

PATIENCE: Final = timedelta(weeks=2)
"""They are asked about once a week; one week without the registry, or without the machine, is no fault."""

NAMED: Final = 3
"""Trials named in one sentence."""


def examine_trial_looks(config: Config, *, now: datetime) -> Diagnosis:
    """Look when the registry last answered about the trials of past issues."""
    since: dict[str, datetime] = {}
    for slot, candidate in issues_gone_out(config.trials.issues_looked_after):
        for nct_id, card in trials_of(candidate).items():
            if card in SHOWN_AS_OPEN:
                since[nct_id] = max(slot.at, since.get(nct_id, slot.at))
    if not since:
        return skipped(CHECK, "No trial stands as open in an issue that went out lately.")
    known = standings_of(since)
    answered = {nct_id: known[nct_id].answered_at if nct_id in known else None for nct_id in since}
    late = sorted(nct_id for nct_id, at in since.items() if max(answered[nct_id] or at, at) < now - PATIENCE)
    if late:
        names = ", ".join(late[:NAMED]) + (f" and {len(late) - NAMED} more" if len(late) > NAMED else "")
        return warning(
            CHECK,
            f"For two weeks or longer the registry has not said whether these are still open: {names}. Pages of past issues "
            "may say that they are.",
            "newsletter serve and newsletter scheduler ask once a week; their log says why a trial could not be checked.",
        )
    first = min((at for at in answered.values() if at), default=None)
    if first is None:
        return ok(CHECK, f"Trials: {len(since)}. They are asked about for the first time after their issue went out.")
    return ok(CHECK, f"Trials: {len(since)}. No answer is older than {first:%d %b %Y, %H:%M} UTC.")

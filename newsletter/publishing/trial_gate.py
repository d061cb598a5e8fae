"""What the registry said just before a send against the candidate's cards: what stops it, what waits, what a person answers for.

Overrides are read here, under the slot's lock and in the transaction of the release: one that came in time counts, one that came
late finds the slot held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from newsletter.authoring.lock import TrialLock
from newsletter.authoring.trial import Trial
from newsletter.checking.trial_changes import changes_of
from newsletter.checking.trials import ABSENT, NO_ANSWER, TrialVerdict, VerdictKind, stops_send
from newsletter.publishing.candidates import frozen_lock, trials_of
from newsletter.publishing.models import Candidate, TrialOverride


@dataclass(frozen=True, slots=True)
class TrialStop:
    """A trial for which an issue does not go out: what its card tells readers, and what the registry says instead.

    ``said`` is the answer in short (TrialAnswer.in_short), which an override is bound to, ``sentence`` all of it in words.
    ``changes`` say what is not as it was approved.
    """

    nct_id: str
    card: str
    said: str
    kind: str
    sentence: str
    title: str = ""
    why_stopped: str = ""
    changes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give what a slot keeps of it."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Read what a slot kept."""
        return cls(**{**kept, "changes": tuple(kept["changes"])})


@dataclass(slots=True)
class TrialLook:
    """What one look found: ``stops`` need a person, ``unchecked`` may answer later, ``warnings`` stand in nobody's way."""

    stops: list[TrialStop] = field(default_factory=list)
    unchecked: list[TrialStop] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def look_at_trials(candidate: Candidate, verdicts: Sequence[TrialVerdict], *, leaves_machine: bool) -> TrialLook:
    """Sort what the registry said.

    A card without a verdict counts as one that could not be checked, and neither what it says nor an override lets it pass:
    nobody asked about it, and the next look will.
    """
    look = TrialLook()
    lock = approved_lock(candidate)
    by_trial = {verdict.nct_id: verdict for verdict in verdicts}
    overrides = {(one.nct_id, one.answer): one for one in TrialOverride.objects.filter(candidate=candidate)}
    for nct_id, card in sorted(trials_of(candidate).items()):
        asked = nct_id in by_trial
        verdict = by_trial.get(nct_id) or TrialVerdict(
            nct_id, VerdictKind.COULD_NOT_CHECK, f"{nct_id} could not be checked: the registry was not asked about it."
        )
        if asked and not stops_send(verdict, card_status=card):
            look.warnings += verdict.warnings
            continue
        override = overrides.get((nct_id, in_short(verdict))) if asked else None
        if override:
            look.warnings.append(f"{verdict.sentence} Sent as it is because {override.person} decided so: {override.reason}")
        elif verdict.kind is not VerdictKind.COULD_NOT_CHECK:
            look.stops.append(_stop(verdict, card, lock.trials.get(nct_id)))
        elif leaves_machine:
            look.unchecked.append(_stop(verdict, card, lock.trials.get(nct_id)))
        else:
            look.warnings.append(verdict.sentence)
    return look


def in_short(verdict: TrialVerdict) -> str:
    """Give the answer that a verdict is about, as an override is bound to it."""
    if verdict.answer:
        return verdict.answer.in_short
    return {VerdictKind.COULD_NOT_CHECK: NO_ANSWER, VerdictKind.ABSENT: ABSENT}.get(verdict.kind, verdict.kind.value)


def _stop(verdict: TrialVerdict, card: str, approved: Trial | None) -> TrialStop:
    found = verdict.answer.found if verdict.answer else None
    known = found or approved
    return TrialStop(
        nct_id=verdict.nct_id,
        card=card,
        said=in_short(verdict),
        kind=verdict.kind.value,
        sentence=verdict.sentence,
        title=known.brief_title if known else "",
        why_stopped=found.why_stopped if found else "",
        changes=tuple(_changes(approved, found)) if approved and found else (),
    )


def _changes(approved: Trial, found: Trial) -> list[str]:
    """Say what is new since the approval; that a sponsor looked over the record is no news of the trial."""
    return changes_of(approved, replace(found, verified=approved.verified, last_update=approved.last_update))


def approved_lock(candidate: Candidate) -> TrialLock:
    """Give what the registry had said when the candidate was approved, nothing where the stored bytes cannot be read."""
    try:
        return frozen_lock(candidate)
    except ValueError:  # not what was approved: the gate says so, and nothing goes out
        return TrialLock()

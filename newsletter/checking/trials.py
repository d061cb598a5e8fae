"""What the registry's answer about a trial means for the card that shows it.

Asking is ``newsletter.sources``' work, acting is ``publishing``'s; here is only the verdict, in words for editors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from newsletter.authoring.trial import Trial

STATUS_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "ACTIVE_NOT_RECRUITING": "Active, not recruiting",
        "COMPLETED": "Completed",
        "ENROLLING_BY_INVITATION": "Enrolling by invitation",
        "NOT_YET_RECRUITING": "Not yet recruiting",
        "RECRUITING": "Recruiting",
        "SUSPENDED": "Suspended",
        "TERMINATED": "Terminated",
        "WITHDRAWN": "Withdrawn",
        "AVAILABLE": "Available",
        "NO_LONGER_AVAILABLE": "No longer available",
        "TEMPORARILY_NOT_AVAILABLE": "Temporarily not available",
        "APPROVED_FOR_MARKETING": "Approved for marketing",
        "WITHHELD": "Withheld",
        "UNKNOWN": "Unknown status",
    }
)
"""The values of overallStatus and the registry's own labels (https://clinicaltrials.gov/api/v2/studies/enums)."""

_WHY_CLOSED: Mapping[str, str] = MappingProxyType(
    {
        "ACTIVE_NOT_RECRUITING": "it goes on, but takes nobody new",
        "COMPLETED": "it has ended as planned",
        "ENROLLING_BY_INVITATION": "it takes only people whom the study team invites",
        "SUSPENDED": "it has stopped for now and may start again",
        "TERMINATED": "it was stopped early and will not start again",
        "WITHDRAWN": "it was stopped before anybody joined",
        "NO_LONGER_AVAILABLE": "expanded access to this treatment has ended",
        "TEMPORARILY_NOT_AVAILABLE": "expanded access to this treatment has stopped for now",
        "APPROVED_FOR_MARKETING": "the treatment was approved, and expanded access has ended",
        "WITHHELD": "its sponsor does not publish it",
        "UNKNOWN": "status unknown: not verified for long",
    }
)


class VerdictKind(StrEnum):
    """What may be said of a trial."""

    OPEN = "open"
    """The registry says that it recruits."""
    NOT_YET = "not_yet"
    """It is announced and takes nobody yet."""
    EXPANDED = "expanded"
    """It is no trial to join but expanded access to a treatment, and available."""
    CLOSED = "closed"
    """A reader cannot join it, or nobody knows."""
    ABSENT = "absent"
    """The registry has no such trial."""
    COULD_NOT_CHECK = "could_not_check"
    """The registry could not be asked, or its answer made no sense; nothing may be concluded."""


NO_ANSWER: Final = "could not check"
"""What stands for an answer where the registry gave none."""

ABSENT: Final = "absent"
"""What stands for the answer that there is no such trial."""


@dataclass(frozen=True, slots=True)
class TrialAnswer:
    """What the registry answered about one trial.

    ``problem`` says why it could not be checked; with neither ``found`` nor ``problem`` the registry has no such trial.
    """

    nct_id: str
    found: Trial | None = None
    problem: str = ""

    @property
    def in_short(self) -> str:
        """The registry's status, or ``ABSENT``, or ``NO_ANSWER`` where it gave none that we know."""
        if self.problem or (self.found and self.found.status not in STATUS_LABELS):
            return NO_ANSWER
        return self.found.status if self.found else ABSENT


@dataclass(frozen=True, slots=True)
class TrialLimits:
    """From when on a trial that recruits deserves a second look: ``[trials]`` of the settings, and the day it is."""

    country: str
    verified_within_months: int
    on: date


@dataclass(frozen=True, slots=True)
class TrialVerdict:
    """What an answer means: ``sentence`` says it to an editor, without a code to look up.

    ``warnings`` are sentences about a trial that may stand and still needs a look. ``answer`` is what it was judged from.
    """

    nct_id: str
    kind: VerdictKind
    sentence: str
    warnings: tuple[str, ...] = ()
    answer: TrialAnswer | None = None


# What a card may claim, against what it may be true of: a card must not promise more than the registry does.
_PASSES: Mapping[str, frozenset[VerdictKind]] = MappingProxyType(
    {
        "open": frozenset({VerdictKind.OPEN}),
        "not_yet": frozenset({VerdictKind.NOT_YET, VerdictKind.OPEN}),
        "expanded": frozenset({VerdictKind.EXPANDED}),
        # An editor says so on purpose, and it sends nobody to a trial: it may stand whatever is answered, or nothing.
        "closed": frozenset(set(VerdictKind) - {VerdictKind.ABSENT}),
    }
)

_KINDS: Mapping[str, VerdictKind] = MappingProxyType(
    {"RECRUITING": VerdictKind.OPEN, "NOT_YET_RECRUITING": VerdictKind.NOT_YET, "AVAILABLE": VerdictKind.EXPANDED}
)
"""Every other status is closed to readers."""


def judge_trial(answer: TrialAnswer, *, card_status: str, limits: TrialLimits | None = None) -> TrialVerdict:
    """Say what the registry's answer means for a card that shows the trial as ``card_status``.

    That is open, not_yet, expanded or closed. Without ``limits`` nothing is said of age and country.
    """
    nct_id, trial = answer.nct_id, answer.found
    if answer.problem:
        return _unchecked(answer, f"{nct_id} could not be checked: {answer.problem}", card_status)
    if trial is None:
        sentence = f"{nct_id} is not in the registry; look for a slip in the number."
        return TrialVerdict(nct_id, VerdictKind.ABSENT, sentence, answer=answer)
    alias = f" {_alias(trial)}" if trial.alias_of else ""
    if trial.status not in STATUS_LABELS:
        sentence = f'{nct_id} could not be checked: the registry gave the status "{trial.status}", which we do not know.'
        return _unchecked(answer, sentence + alias, card_status)
    kind = _KINDS.get(trial.status, VerdictKind.CLOSED)
    verdict = TrialVerdict(nct_id, kind, _sentence(trial, kind, card_status) + alias, answer=answer)
    if stops_send(verdict, card_status=card_status):
        return verdict
    return replace(verdict, warnings=tuple(_warnings(trial, kind, card_status, limits)))


def stops_send(verdict: TrialVerdict, *, card_status: str) -> bool:
    """Say whether an issue with this card must not go out: the card promises more than the registry, or nobody knows."""
    return verdict.kind not in _PASSES.get(card_status, frozenset())


def _unchecked(answer: TrialAnswer, sentence: str, card_status: str) -> TrialVerdict:
    verdict = TrialVerdict(answer.nct_id, VerdictKind.COULD_NOT_CHECK, sentence, answer=answer)
    return verdict if stops_send(verdict, card_status=card_status) else replace(verdict, warnings=(sentence,))


def _sentence(trial: Trial, kind: VerdictKind, card_status: str) -> str:
    nct_id = trial.nct_id
    if kind is VerdictKind.OPEN and card_status == "expanded":
        return f"{nct_id} is a trial that is recruiting; the card calls it expanded access. Take status=expanded out."
    if kind is VerdictKind.OPEN:
        return f"{nct_id} is recruiting{_less_hopeful(card_status, 'open')}."
    if kind is VerdictKind.NOT_YET:
        early = "" if card_status in {"not_yet", "closed"} else "; a card may show it only with status=not_yet"
        return f"{nct_id} is not recruiting yet{early}{_less_hopeful(card_status, 'not_yet', 'open', 'expanded')}."
    if kind is VerdictKind.EXPANDED:
        other = "" if card_status in {"expanded", "closed"} else "; a card may show it only with status=expanded"
        said = f"{nct_id} is expanded access to a treatment outside a trial, and available{other}"
        return f"{said}{_less_hopeful(card_status, 'expanded', 'open', 'not_yet')}."
    stopped = trial.why_stopped.rstrip(".")
    reason = f" The sponsor's reason: {stopped}." if stopped else ""
    said = STATUS_LABELS[trial.status]
    return f'{nct_id} is not open to readers: the registry says "{said}" ({_WHY_CLOSED[trial.status]}).{reason}'


def _less_hopeful(card_status: str, *others: str) -> str:
    return "" if card_status in others else f"; the card still says {card_status.replace('_', ' ')}"


def _warnings(trial: Trial, kind: VerdictKind, card_status: str, limits: TrialLimits | None) -> Iterator[str]:
    if trial.alias_of:
        yield f"{trial.nct_id}: {_alias(trial)}"
    if kind.value != card_status and kind is not VerdictKind.CLOSED:
        yield _sentence(trial, kind, card_status)
    if limits is None or card_status == "closed":
        return
    if not _was_verified(trial, limits):
        when = f"was last verified by its sponsor in {trial.verified}" if trial.verified else "does not say when it was verified"
        yield f"{trial.nct_id}: the record {when}: after {limits.verified_within_months} months that is worth a call."
    if kind is VerdictKind.OPEN and not trial.sites:
        yield f"{trial.nct_id} is recruiting, but the registry names no place that takes people now."
    elif kind is not VerdictKind.NOT_YET and trial.sites and limits.country not in trial.countries:
        where = ", ".join(trial.countries) or "a country that is not named"
        yield f"{trial.nct_id} takes people in {where} only, at no place in {limits.country}."


def _was_verified(trial: Trial, limits: TrialLimits) -> bool:
    """Say whether the record was verified lately; the registry gives yyyy-mm or yyyy-mm-dd, and months are what counts."""
    year, _, month = trial.verified[: len("2026-11")].partition("-")
    if not (year.isdecimal() and month.isdecimal()):
        return False
    return (limits.on.year - int(year)) * 12 + limits.on.month - int(month) <= limits.verified_within_months


def _alias(trial: Trial) -> str:
    return f"The registry now lists it as {trial.alias_of}."

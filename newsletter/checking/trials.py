"""What the registry's answer about a trial means for the card that shows it.

Asking is ``newsletter.sources``' work, acting is ``publishing``'s; here is only the verdict, in words for editors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from newsletter.authoring.lock import TrialLock
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
        "AVAILABLE": "this is expanded access to a treatment outside a trial, not a trial to join",
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
    CLOSED = "closed"
    """A reader cannot join it, or nobody knows."""
    ABSENT = "absent"
    """The registry has no such trial."""
    COULD_NOT_CHECK = "could_not_check"
    """The registry could not be asked, or its answer made no sense; nothing may be concluded."""


@dataclass(frozen=True, slots=True)
class TrialAnswer:
    """What the registry answered about one trial.

    ``problem`` says why it could not be checked; with neither ``found`` nor ``problem`` the registry has no such trial.
    """

    nct_id: str
    found: Trial | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class TrialVerdict:
    """What an answer means: ``sentence`` says it to an editor, without a code to look up."""

    nct_id: str
    kind: VerdictKind
    sentence: str


# What a card may claim, against what it may be true of: a card must not promise more than the registry does.
_PASSES: Mapping[str, frozenset[VerdictKind]] = MappingProxyType(
    {
        "open": frozenset({VerdictKind.OPEN}),
        "not_yet": frozenset({VerdictKind.NOT_YET, VerdictKind.OPEN}),
        "closed": frozenset({VerdictKind.CLOSED, VerdictKind.NOT_YET, VerdictKind.OPEN}),
    }
)


def judge_trial(answer: TrialAnswer, *, card_status: str) -> TrialVerdict:
    """Say what the registry's answer means for a card that shows the trial as ``card_status`` (open, not_yet, closed)."""
    nct_id = answer.nct_id
    if answer.problem:
        return TrialVerdict(nct_id, VerdictKind.COULD_NOT_CHECK, f"{nct_id} could not be checked: {answer.problem}")
    trial = answer.found
    if trial is None:
        return TrialVerdict(nct_id, VerdictKind.ABSENT, f"{nct_id} is not in the registry; look for a slip in the number.")
    alias = f" The registry now lists it as {trial.alias_of}." if trial.alias_of else ""
    if trial.status not in STATUS_LABELS:
        sentence = f'{nct_id} could not be checked: the registry gave the status "{trial.status}", which we do not know.'
        return TrialVerdict(nct_id, VerdictKind.COULD_NOT_CHECK, sentence + alias)
    kind = {"RECRUITING": VerdictKind.OPEN, "NOT_YET_RECRUITING": VerdictKind.NOT_YET}.get(trial.status, VerdictKind.CLOSED)
    return TrialVerdict(nct_id, kind, _sentence(answer, trial.status, kind, card_status) + alias)


def stops_send(verdict: TrialVerdict, *, card_status: str) -> bool:
    """Say whether an issue with this card must not go out: the card promises more than the registry, or nobody knows."""
    return verdict.kind not in _PASSES.get(card_status, frozenset())


def renew_lock(lock: TrialLock, answers: Sequence[TrialAnswer]) -> TrialLock:
    """Make the lock anew from what the registry answered; only trials that were asked about stay in it.

    A trial that could not be checked, or of which only the date of the registry's data is new, keeps its entry as it is, so that
    a refresh that finds nothing new leaves the file byte-identical. A trial that the registry does not have loses its entry.
    """
    trials: dict[str, Trial] = {}
    for answer in answers:
        old = lock.trials.get(answer.nct_id)
        nothing_new = old is not None and answer.found is not None and not _changed_fields(old, answer.found)
        new = old if answer.problem or nothing_new else answer.found
        if new is not None:
            trials[answer.nct_id] = new
    return TrialLock(MappingProxyType(trials))


def describe_changes(old: TrialLock, new: TrialLock) -> list[str]:
    """Say in words what differs between two locks, trial by trial; nothing when only the date of the data is another."""
    lines = []
    for nct_id in sorted({*old.trials, *new.trials}):
        before, after = old.trials.get(nct_id), new.trials.get(nct_id)
        if after is None:
            lines.append(f"{nct_id} is no longer in the lock.")
        elif before is None:
            lines.append(f"{nct_id} is new: {_label(after.status)}.")
        else:
            lines += [
                f"{nct_id}: {_FIELD_WORDS[name]} was {_in_words(name, before)}, is now {_in_words(name, after)}."
                for name in _changed_fields(before, after)
            ]
    return lines


_FIELD_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "brief_title": "the title",
        "status": "the status",
        "why_stopped": "the reason for stopping",
        "study_type": "the kind of study",
        "phases": "the phase",
        "sex": "who may join",
        "minimum_age": "the lowest age",
        "maximum_age": "the highest age",
        "lead_sponsor": "the sponsor",
        "sponsor_class": "the kind of sponsor",
        "collaborators": "who helps to pay",
        "sites": "the number of sites",
        "contacts": "whom to ask",
        "expanded_access": "the number of its expanded access",
        "verified": "when its sponsor last verified it",
        "last_update": "the record's last update",
        "alias_of": "the registry's own number for it",
    }
)
"""Every field of a locked trial but its number and when it was asked about."""


def _changed_fields(before: Trial, after: Trial) -> list[str]:
    return [name for name in _FIELD_WORDS if getattr(before, name) != getattr(after, name)]


def _in_words(name: str, trial: Trial) -> str:
    value = getattr(trial, name)
    if name == "status":
        return f'"{_label(value)}"'
    if name == "sites":
        return counted_sites(trial)
    if name == "contacts":
        return ", ".join(contact.phone or contact.email or contact.name for contact in trial.contacts) or "not given"
    if isinstance(value, tuple):
        return ", ".join(value) or "not given"
    return "not given" if value == "" else str(value)


def counted_sites(trial: Trial) -> str:
    """Say how many sites take people, and where."""
    number = len(trial.sites)
    where = f" in {', '.join(trial.countries)}" if trial.countries else ""
    return f"{number}{where}"


def _label(status: str) -> str:
    return STATUS_LABELS.get(status, status)


def _sentence(answer: TrialAnswer, status: str, kind: VerdictKind, card_status: str) -> str:
    nct_id = answer.nct_id
    if kind is VerdictKind.OPEN:
        late = "" if card_status == "open" else f"; the card still says {card_status.replace('_', ' ')}"
        return f"{nct_id} is recruiting{late}."
    if kind is VerdictKind.NOT_YET:
        early = "" if card_status == "not_yet" else "; a card may show it only with status=not_yet"
        return f"{nct_id} is not recruiting yet{early}."
    stopped = answer.found.why_stopped.rstrip(".") if answer.found else ""
    reason = f" The sponsor's reason: {stopped}." if stopped else ""
    return f'{nct_id} is not open to readers: the registry says "{_label(status)}" ({_WHY_CLOSED[status]}).{reason}'

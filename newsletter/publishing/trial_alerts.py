"""What the editors are told of trials that changed at the registry after the approval: each change once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from newsletter.authoring.lock import TrialLock, hash_trial
from newsletter.authoring.trial import Trial
from newsletter.checking.trial_changes import describe_changes
from newsletter.checking.trials import ABSENT, TrialAnswer, judge_trial, stops_send
from newsletter.config import Config
from newsletter.postbox.models import Notice
from newsletter.publishing.alerts import Occasion, Reader
from newsletter.publishing.candidates import frozen_lock, trials_of
from newsletter.publishing.models import Candidate, Slot
from newsletter.publishing.trial_standings import answer_of, standings_of
from newsletter.publishing.trial_watch import issues_to_come
from newsletter.settings import Role

EDITORS: Final[tuple[Role, ...]] = ("editor",)

_STATE_LETTERS: Final = 16


@dataclass(frozen=True, slots=True)
class TrialChange:
    """What is not as it was approved: ``state`` tells one change from the next, ``stops`` says that the gate would refuse it."""

    nct_id: str
    title: str
    lines: Sequence[str]
    stops: bool
    state: str


def find_trial_occasions(config: Config, now: datetime) -> Iterator[Occasion]:
    """Give one occasion for each issue of which trials changed that the editors were not told of."""
    for slot, candidate in issues_to_come(config, now):
        changes = find_changes(candidate)
        untold = _untold(candidate, changes) if changes else {}
        if untold:
            yield _occasion(slot, [change for change in changes if change.nct_id in untold], list(untold.values()))


def find_changes(candidate: Candidate) -> list[TrialChange]:
    """Hold what the registry said since the approval against the frozen lock.

    When a sponsor looked over the record, and the day of its data, are no change to tell of.
    """
    try:
        lock = frozen_lock(candidate)
    except ValueError:  # the gate says so
        return []
    cards = trials_of(candidate)
    changes = []
    for nct_id, standing in sorted(standings_of(cards).items()):
        locked, answer = lock.trials.get(nct_id), answer_of(standing)
        if locked and answer and standing.answered_at and standing.answered_at > candidate.created_at:
            changes += _changes(locked, answer, card_status=cards[nct_id])
    return changes


def _changes(locked: Trial, answer: TrialAnswer, *, card_status: str) -> list[TrialChange]:
    verdict = judge_trial(answer, card_status=card_status)
    stops = stops_send(verdict, card_status=card_status)
    if answer.found is None:
        return [TrialChange(locked.nct_id, locked.brief_title, [verdict.sentence], stops, ABSENT)]
    now = replace(
        answer.found,
        verified=locked.verified,
        last_update=locked.last_update,
        data_version=locked.data_version,
        checked_on=locked.checked_on,
    )
    lines = [_without_number(line, locked.nct_id) for line in describe_changes(_lock_of(locked), _lock_of(now))]
    return [TrialChange(locked.nct_id, locked.brief_title, lines, stops, _state(now))] if lines else []


def _without_number(line: str, nct_id: str) -> str:
    """Take off the trial's number, which stands above its lines."""
    line = line.removeprefix(f"{nct_id}: ")
    return line[:1].upper() + line[1:]


def _state(trial: Trial) -> str:
    """Name what a trial is like, in whatever order the registry lists its sites."""
    sites = sorted(trial.sites, key=str)
    return hash_trial(replace(trial, sites=tuple(sites), contacts=tuple(sorted(trial.contacts, key=str))))[:_STATE_LETTERS]


def _lock_of(trial: Trial) -> TrialLock:
    return TrialLock(MappingProxyType({trial.nct_id: trial}))


def _untold(candidate: Candidate, changes: Sequence[TrialChange]) -> dict[str, str]:
    """Give, by trial, the notice of each change that is not what the editors heard last.

    They are numbered: a change, another, and the first one again are three. What went back to how it was approved is none.
    """
    prefix = f"trial-changed/{candidate.pk}.{candidate.turn}/"
    told: dict[str, list[str]] = defaultdict(list)
    for key in Notice.objects.filter(key__startswith=prefix).order_by("pk").values_list("key", flat=True):
        nct_id, _, state = key.removeprefix(prefix).partition("/")
        told[nct_id].append(state.partition("-")[2])
    return {
        change.nct_id: f"{prefix}{change.nct_id}/{len(told[change.nct_id])}-{change.state}"
        for change in changes
        if told[change.nct_id][-1:] != [change.state]
    }


def _occasion(slot: Slot, changes: Sequence[TrialChange], keys: Sequence[str]) -> Occasion:
    def values(reader: Reader) -> Mapping[str, object]:
        return {
            "when": reader.moment(slot.at),
            "trials": changes,
            "stops": any(change.stops for change in changes),
            "commands": _commands(slot.issue, changes, reader),
        }

    return Occasion(keys[0], "alert-trials", slot.issue, EDITORS, slot.at, values, more_keys=keys[1:])


def _commands(issue: str, changes: Sequence[TrialChange], reader: Reader) -> list[str]:
    me = reader.key if "editor" in reader.person.roles else "PERSON"
    stopping = [change.nct_id for change in changes if change.stops]
    return [
        *(f"newsletter trials {act} {issue} {nct_id}" for nct_id in stopping for act in ("close", "drop")),
        f"newsletter trials refresh {issue}",
        f"newsletter approve {issue} --role editor --as {me}",
        f"newsletter request-review {issue}",
    ]

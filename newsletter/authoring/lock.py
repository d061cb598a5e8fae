"""``trials.lock.json``: what the registry said of each trial that readers will see, as reviewers approve it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType

from newsletter.errors import IssueError
from newsletter.findings import Finding, Place, Severity

LOCK_FILE = "trials.lock.json"


@dataclass(frozen=True, slots=True)
class LockedTrial:
    """What a card may say of a trial without an editor's words.

    ``status`` is the registry's overallStatus, ``phases`` its Phase values; ages are the registry's words ("18 Years");
    ``countries`` those of recruiting sites, sorted; ``recruiting_sites`` how many there are. ``last_update`` and
    ``data_version`` are the registry's dates (yyyy-mm-dd). ``alias_of`` is the id under which the registry answered when it
    was another one.
    """

    nct_id: str
    brief_title: str
    status: str
    phases: tuple[str, ...] = ()
    sex: str = ""
    minimum_age: str = ""
    maximum_age: str = ""
    lead_sponsor: str = ""
    recruiting_sites: int = 0
    countries: tuple[str, ...] = ()
    contact_phone: str = ""
    last_update: str = ""
    data_version: str = ""
    alias_of: str = ""


@dataclass(frozen=True, slots=True)
class TrialLock:
    """The locked trials of one issue, by NCT id."""

    trials: Mapping[str, LockedTrial] = field(default_factory=lambda: MappingProxyType({}))

    def to_bytes(self) -> bytes:
        """Give the file's bytes: sorted, indented, the same for the same trials."""
        content = {"version": 1, "trials": {nct_id: asdict(self.trials[nct_id]) for nct_id in sorted(self.trials)}}
        return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes, in hex."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def parse_lock(data: bytes) -> TrialLock:
    """Read a lock from its bytes. Raises ValueError when they are not a lock of ours."""
    try:
        content = json.loads(data)
        trials = {
            nct_id: LockedTrial(**{**trial, "phases": tuple(trial["phases"]), "countries": tuple(trial["countries"])})
            for nct_id, trial in content["trials"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error
    return TrialLock(MappingProxyType(trials))


def read_lock(folder: Path, shown_as: str) -> TrialLock:
    """Read the lock of an issue folder; no file is an empty lock. Raises IssueError when the file is not one of ours."""
    file = folder / LOCK_FILE
    if not file.exists():
        return TrialLock()
    try:
        return parse_lock(file.read_bytes())
    except ValueError as error:
        place = Place(f"{shown_as}/{LOCK_FILE}")
        fix = "Run `newsletter trials refresh` to write it anew."
        raise IssueError([Finding("trial-lock-unreadable", Severity.ERROR, f"not a trial lock ({error})", place, fix)]) from error

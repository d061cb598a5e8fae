"""``trials.lock.json``: what the registry said of each trial that readers will see, as reviewers approve it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from newsletter.authoring.trial import Trial, TrialContact, TrialSite
from newsletter.errors import IssueError
from newsletter.findings import Finding, Place, Severity

LOCK_FILE: Final = "trials.lock.json"

VERSION: Final = 2
_FIRST_VERSION: Final = 1
"""The form that counted sites and named none; the rest of it has the same names still."""

_HASH: Final = "sha256"

_NOT_HASHED: Final = ("checked_on", "data_version")
"""When the registry was asked, not what it said."""


@dataclass(frozen=True, slots=True)
class TrialLock:
    """The locked trials of one issue, by NCT id."""

    trials: Mapping[str, Trial] = field(default_factory=lambda: MappingProxyType({}))

    def to_bytes(self) -> bytes:
        """Give the file's bytes: sorted, indented, the same for the same trials."""
        content = {"version": VERSION, "trials": {nct_id: _entry(self.trials[nct_id]) for nct_id in sorted(self.trials)}}
        return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes, in hex."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def hash_trial(trial: Trial) -> str:
    """Give SHA-256 in hex over what the registry said of a trial; the day it was asked and that of its data do not count."""
    return _hash_entry(asdict(trial))


def parse_lock(data: bytes) -> TrialLock:
    """Read a lock from its bytes. Raises ValueError, with words for a person, when they are not a lock of ours."""
    return _read(data, {VERSION: _read_entry})


def parse_frozen_lock(data: bytes) -> TrialLock:
    """Read a lock that was approved once, of the first form too: its trials have no sites, and at most one contact, a phone.

    Raises ValueError like ``parse_lock``. An editor's file of the first form is refused: cards made of it would name no place.
    """
    return _read(data, {VERSION: _read_entry, _FIRST_VERSION: _read_first_entry})


def read_lock(folder: Path, shown_as: str) -> TrialLock:
    """Read the lock of an issue folder; no file is an empty lock. Raises IssueError when the file is not one of ours."""
    file = folder / LOCK_FILE
    if not file.exists():
        return TrialLock()
    try:
        return parse_lock(file.read_bytes())
    except ValueError as error:
        place = Place(f"{shown_as}/{LOCK_FILE}")
        fix = f"Run `newsletter trials refresh {folder.name}`, which writes it anew; then look at what it says."
        message = f"the trial lock cannot be used: {error}"
        raise IssueError([Finding("trial-lock-unreadable", Severity.ERROR, message, place, fix)]) from error


def read_what_is_whole(folder: Path) -> tuple[TrialLock, str]:
    """Read a lock that is about to be written anew: its whole entries, and what is wrong with the rest, "" when nothing is."""
    file = folder / LOCK_FILE
    data = file.read_bytes() if file.exists() else TrialLock().to_bytes()
    try:
        return parse_lock(data), ""
    except ValueError as error:
        return TrialLock(MappingProxyType(dict(_whole_entries(data)))), str(error)


def _whole_entries(data: bytes) -> Iterator[tuple[str, Trial]]:
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        content = json.loads(data)
        for nct_id, entry in content["trials"].items() if content["version"] == VERSION else ():
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                yield nct_id, _read_entry(nct_id, dict(entry))


def _read(data: bytes, forms: Mapping[int, Callable[[str, dict[str, Any]], Trial]]) -> TrialLock:
    if b"<<<<<<<" in data:
        raise ValueError("it holds two states at once, since a merge was not finished")
    try:
        content = json.loads(data)
        read_entry = forms.get(content["version"])
        if read_entry is None:
            raise ValueError(f"it has the form {content['version']!r}, and this program reads {VERSION}")
        trials = {nct_id: read_entry(nct_id, dict(entry)) for nct_id, entry in content["trials"].items()}
    except json.JSONDecodeError as error:
        raise ValueError(f"it cannot be read from line {error.lineno} on: it was cut off, or changed by hand") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is not a trial lock: {error}") from error
    return TrialLock(MappingProxyType(trials))


def _entry(trial: Trial) -> dict[str, Any]:
    return {**asdict(trial), _HASH: hash_trial(trial)}


def _hash_entry(entry: Mapping[str, Any]) -> str:
    said = {name: value for name, value in entry.items() if name not in _NOT_HASHED}
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _read_entry(nct_id: str, entry: dict[str, Any]) -> Trial:
    """Read one entry. Raises ValueError where a person edited it: readers would be told what no registry said.

    The hash is that of what stands there, so that a field which a later program knows besides changes no older hash.
    """
    known = entry.pop(_HASH)
    if _hash_entry(entry) != known or entry["nct_id"] != nct_id:
        raise ValueError(f"what stands there about {nct_id} was changed by hand, and is not what the registry said")
    contacts = tuple(TrialContact(**contact) for contact in entry.pop("contacts"))
    sites = tuple(TrialSite(**site) for site in entry.pop("sites"))
    return Trial(**_with_tuples(entry), contacts=contacts, sites=sites)


def _read_first_entry(nct_id: str, entry: dict[str, Any]) -> Trial:
    phone = entry.pop("contact_phone")
    del entry["recruiting_sites"], entry["countries"]
    if entry["nct_id"] != nct_id:
        raise ValueError(f"what stands there about {nct_id} is about another trial")
    return Trial(**_with_tuples(entry), contacts=(TrialContact(phone=phone),) if phone else ())


def _with_tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}

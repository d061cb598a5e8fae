"""What the commands about an issue's trials share: asking the registry and writing the lock file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from newsletter.authoring.lock import LOCK_FILE, TrialLock
from newsletter.authoring.replacing import replace_file
from newsletter.checking.trials import TrialAnswer
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.publishing.trial_checks import record_asked
from newsletter.sources.trials.registry import TrialRegistry


def ask_registry(config: Config, issue: str, nct_ids: Sequence[str]) -> list[TrialAnswer]:
    """Ask about trials of an issue and write down when that was."""
    if not nct_ids:
        return []
    answers = TrialRegistry.of(config).ask(nct_ids)
    record_asked(issue, answers, now=system_clock())
    return answers


def write_lock(folder: Path, lock: TrialLock) -> bool:
    """Write the lock of an issue folder unless it has these bytes already; say whether it was written."""
    file = folder / LOCK_FILE
    if file.exists() and file.read_bytes() == lock.to_bytes():
        return False
    replace_file(file, lock.to_bytes())
    return True

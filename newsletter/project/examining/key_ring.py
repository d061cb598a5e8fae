"""The key ring, looked at without making one."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from typing import Final

from newsletter.config import Config
from newsletter.errors import SettingsError
from newsletter.keys import KEY_FILE, KeyRing, load_key_ring
from newsletter.project.examining.diagnosis import Diagnosis, ok, problem, skipped, warning

SPARE = "Keep a copy apart from the database's backups: without it nobody can read the list."

OLD: Final = timedelta(days=2 * 365)


def has_key_ring(config: Config) -> bool:
    """Whether there is one already: loading would make one."""
    return config.keys is not None or config.path(KEY_FILE).exists()


def examine_key_ring(config: Config, *, stored: bool, now: datetime) -> Diagnosis:
    """Look whether the ring is there, private and whole; ``stored`` says whether there is a database already."""
    file = config.path(KEY_FILE)
    if not has_key_ring(config):
        if stored:
            return problem(
                "keys.ring",
                f"There is a database and no key ring ({file}). The next command would make a new one, which opens nothing.",
                f"Restore it from your backup: cp BACKUP/keys.json {file} && chmod 600 {file}",
            )
        return skipped("keys.ring", f"There is none yet; the first command that needs it makes {file}.")
    try:
        ring = load_key_ring(config)
    except SettingsError as error:
        return problem("keys.ring", str(error))
    return _whole(config, ring, now=now)


def _whole(config: Config, ring: KeyRing, *, now: datetime) -> Diagnosis:
    file = config.path(KEY_FILE)
    versions = f"sealing with key {max(ring.seal)} of {len(ring.seal)}, links with {max(ring.link)} of {len(ring.link)}"
    if config.keys is not None:
        return ok("keys.ring", f"From NEWSLETTER_KEYS, {versions}. {SPARE}")
    folder = file.parent
    if stat.S_IMODE(folder.stat().st_mode) & 0o022:
        return problem("keys.ring", f"Others can write into {folder}, and so replace the keys.", f"chmod 700 {folder}")
    age = now - datetime.fromtimestamp(file.stat().st_mtime, UTC)
    if age > OLD:
        return warning(
            "keys.ring",
            f"{file}, {versions}; it is {age.days // 365} years old. {SPARE}",
            "See whether the copy still opens, and who had access to it since.",
        )
    return ok("keys.ring", f"{file}, {versions}, {max(age.days, 0)} days old. {SPARE}")

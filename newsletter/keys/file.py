"""Where a key ring comes from: ``NEWSLETTER_KEYS`` (JSON), else ``var/keys.json`` (mode 0600), which is made on first use."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from newsletter.config import Config
from newsletter.errors import NotAllowedError, SettingsError
from newsletter.keys.ring import KeyRing, new_ring, ring_from_json, ring_to_json

KEY_FILE: Final = "var/keys.json"

DRAFT: Final = ".keys-changed-"
"""How the drafts of a changed ring begin. One that is found later is a killed process's."""


def load_key_ring(config: Config) -> KeyRing:
    """Read the key ring, making ``var/keys.json`` when there is neither a setting nor a file.

    Raises SettingsError for one that is broken or that others on this machine could read.
    """
    if config.keys is not None:
        return ring_from_json(config.keys.get_secret_value(), "NEWSLETTER_KEYS")
    file = config.path(KEY_FILE)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        draft = file.with_name(f".keys-{secrets.token_hex(8)}.json")
        _write_private(draft, new_ring())
        try:
            os.link(draft, file)  # fails where another process was first: then its ring counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        with _folder(file):
            pass
    return read_key_file(file)


def read_key_file(file: Path) -> KeyRing:
    """Read the ring of a file; raises SettingsError for one that is broken or that others on this machine could read."""
    if file.stat().st_mode & 0o077:
        raise SettingsError(f"{file} can be read by others on this machine. Run: chmod 600 {file}")
    return ring_from_json(file.read_bytes(), str(file))


def change_key_file(file: Path, change: Callable[[KeyRing], KeyRing]) -> KeyRing:
    """Put a changed ring in the place of the one in ``file``, and give it, once it is on the disk.

    There is a whole file at every moment, and two who change it do so one after the other: ``change`` gets what is there then.
    The owner stays, so that a change by root does not lock out the service. Raises NotAllowedError where that cannot be had.
    """
    file = file.resolve()  # a link to a file of a secret store stays one
    with _folder(file) as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)
        for left in file.parent.glob(f"{DRAFT}*"):
            left.unlink()
        changed = change(read_key_file(file))
        draft = file.with_name(f"{DRAFT}{secrets.token_hex(8)}.json")
        try:
            _write_private(draft, changed)
            _keep_owner(file, draft)
            if ring_from_json(draft.read_bytes(), str(draft)) != changed:
                raise NotAllowedError(f"{draft} was not written as it should be. The key ring was left as it was.")
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    return changed


def _write_private(file: Path, ring: KeyRing) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.write(ring_to_json(ring))
        handle.flush()
        os.fsync(handle.fileno())


def _keep_owner(file: Path, draft: Path) -> None:
    owner, mine = file.stat(), draft.stat()
    if (owner.st_uid, owner.st_gid) == (mine.st_uid, mine.st_gid):
        return
    if owner.st_uid == mine.st_uid:
        with suppress(PermissionError):  # its group may read nothing of it anyway
            os.chown(draft, -1, owner.st_gid)
        return
    try:
        os.chown(draft, owner.st_uid, owner.st_gid)
    except PermissionError:
        raise NotAllowedError(f"{file} belongs to another user. Run this as that user. Nothing was changed.") from None


@contextmanager
def _folder(file: Path) -> Iterator[int]:
    """Give a file's folder to lock, and write on the disk, at the end, which names are in it."""
    handle = os.open(file.parent, os.O_RDONLY)
    try:
        yield handle
        os.fsync(handle)
    finally:
        os.close(handle)

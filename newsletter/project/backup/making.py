"""Making a backup: one private file, whole or not there, and what is in it."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery.models import Send
from newsletter.errors import NotAllowedError
from newsletter.keys import KeyRing
from newsletter.project.backup.opening import open_store
from newsletter.project.backup.rings import fingerprint, write_ring
from newsletter.publishing.models import Slot, SlotState
from newsletter.subscribers.models import Subscription, Suppression


@dataclass(frozen=True, slots=True)
class BackupContents:
    """What a backup holds, as counted when it was begun. ``ring`` is the fingerprint of the key ring, which is not in it."""

    file: str
    size: int
    made_at: datetime
    ring: str
    subscriptions: int
    suppressions: int
    sends: int
    slots_to_come: int


def make_backup(file: Path, config: Config, ring: KeyRing, clock: Clock, *, replace: bool) -> BackupContents:
    """Write a backup while everything goes on; only its owner can read it (0600), and the folder, where that is made for it.

    The file appears when it is whole, checked and on the disk. Raises NotAllowedError where it is there already, unless it is
    to be replaced.
    """
    if file.exists() and not replace:
        raise NotAllowedError(f"{file} is there already. Give another name, or --replace it.")
    now = clock()
    write_ring(ring, now=now)
    counts = {
        "subscriptions": Subscription.objects.filter(ended_at__isnull=True).count(),
        "suppressions": Suppression.objects.count(),
        "sends": Send.objects.count(),
        "slots_to_come": Slot.objects.exclude(state=SlotState.RELEASED).count(),
    }
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        open_store(config, clock).write_backup(draft)
        if replace:
            draft.replace(file)
        else:
            _put_where_nothing_is(draft, file)
    finally:
        draft.unlink(missing_ok=True)
    _sync(file.parent)
    return BackupContents(str(file), file.stat().st_size, now, fingerprint(ring), **counts)


def _put_where_nothing_is(draft: Path, file: Path) -> None:
    try:
        os.link(draft, file)
    except FileExistsError:
        raise NotAllowedError(f"{file} was made by somebody else meanwhile. Give another name, or --replace it.") from None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

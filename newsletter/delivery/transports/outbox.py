"""The default transport: a Maildir under var/. Nothing leaves the machine.

A letter's file is named after its delivery key, so that putting it there twice leaves one. In a Maildir a name may be anything
without a colon or slash that begins with no full stop (https://cr.yp.to/proto/maildir.html); what a mail program adds, as
``:2,S`` for a letter that was seen, comes after a colon.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from newsletter.delivery.dkim import DkimSigner
from newsletter.delivery.letters import Letter
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.transports.port import Answer, AnswerKind, AnswerSink
from newsletter.errors import TransportError

AT_A_TIME: Final = 20
"""Letters written before their folder is synced to disk once."""


class OutboxTransport:
    """Writes each letter to ``tmp/``, syncs it, and renames it to ``new/``."""

    name = "outbox"
    lanes = 1
    group = AT_A_TIME
    batches_at_once = 1

    def __init__(self, folder: Path, *, signer: DkimSigner | None = None) -> None:
        self._folder = folder
        self._signer = signer
        self._moved: frozenset[str] = frozenset()
        self._moved_at = 0

    async def run_lane(self, bag: Mailbag, *, answer: AnswerSink) -> None:
        """Write letters until the bag is empty; raises TransportError when the folder cannot be written."""
        while letters := await bag.take(AT_A_TIME):
            try:
                await asyncio.to_thread(self._write, letters)
            except OSError as error:
                for letter in letters:
                    answer(letter, self._after_failure(letter))
                raise TransportError(
                    f"The outbox {self._folder} cannot be written ({error.strerror}). Make room or mend its permissions; "
                    "sending goes on by itself."
                ) from None
            for letter in letters:
                answer(letter, Answer(AnswerKind.ACCEPTED))

    def _write(self, letters: Sequence[Letter]) -> None:
        for name in ("tmp", "new", "cur"):
            (self._folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        for letter in letters:
            if not self._is_there(letter.key):
                draft = self._folder / "tmp" / letter.key
                _write_synced(draft, letter.to_bytes(self._signer))
                draft.rename(self._folder / "new" / letter.key)
        _sync(self._folder / "new")

    def _is_there(self, key: str) -> bool:
        """Say whether a letter was written before; a mail program that has shown one moves it to ``cur/`` under a longer name.

        ``new/`` is asked for one name, and ``cur/`` listed only when something was moved there since: to list both for every
        few letters took time that grew with the square of the list.
        """
        if (self._folder / "new" / key).exists():
            return True
        moved_at = (self._folder / "cur").stat().st_mtime_ns
        if moved_at != self._moved_at:
            self._moved = frozenset(file.name.partition(":")[0] for file in (self._folder / "cur").iterdir())
            self._moved_at = moved_at
        return key in self._moved

    def _after_failure(self, letter: Letter) -> Answer:
        """Say what is known: a file under its final name could still be lost in a power cut."""
        if (self._folder / "new" / letter.key).exists():
            return Answer(AnswerKind.UNKNOWN, "written, but not known to be on disk")
        return Answer(AnswerKind.NOT_SENT, "the outbox could not be written")


def _write_synced(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Answers on disk with their ETags, so that a registry need not send again what it has sent before.

It never answers by itself: it holds what a server called unchanged (304, RFC 9110 section 15.4.5), and the server is asked every
time. RFC 9111's caches may answer unasked, and keep their answers in a database, which this room does without.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter.authoring.replacing import replace_file
from newsletter.clock import Clock, system_clock
from newsletter.sources.fetch import Fetched

MAX_BYTES = 50_000_000
MAX_AGE = timedelta(days=14)
"""The registry's tags change with every load of its data, on every working day."""
_SUFFIX = ".answer"
_KEPT_HEADERS = ("content-type", "etag")
_LONGEST_TAG = 1_000


@dataclass(frozen=True, slots=True)
class AnswerCache:
    """The answers in ``folder``, each in a file named after its address.

    Together they have at most ``max_bytes``, and none is older than ``max_age``. What cannot be read or
    written is as good as not there: the answer is then fetched whole.
    """

    folder: Path
    clock: Clock = system_clock
    max_bytes: int = MAX_BYTES
    max_age: timedelta = MAX_AGE

    def find(self, url: str) -> Fetched | None:
        """Give the answer that came from an address, byte for byte as it came; None when there is none to rely on."""
        file = self._file(url)
        try:
            if self._is_old(file):
                return None
            first_line, _, body = file.read_bytes().partition(b"\n")
            about = json.loads(first_line)
            headers = {name: str(about["headers"][name]) for name in _KEPT_HEADERS}
            is_whole = about["url"] == url and about["sha256"] == hashlib.sha256(body).hexdigest() and _is_tag(headers["etag"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return Fetched(url, 200, headers, body) if is_whole else None

    def keep(self, url: str, answer: Fetched) -> None:
        """Store a good answer that has a tag, and make room for it; any other is not stored."""
        if answer.status != 200 or not answer.headers.get("content-type") or not _is_tag(answer.headers.get("etag", "")):
            return
        headers = {name: answer.headers[name] for name in _KEPT_HEADERS}
        about = {"url": url, "headers": headers, "sha256": hashlib.sha256(answer.body).hexdigest()}
        # A full or read-only disk costs a transfer, never an answer.
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            replace_file(self._file(url), json.dumps(about).encode() + b"\n" + answer.body)
            self._make_room()

    def _file(self, url: str) -> Path:
        return self.folder / (hashlib.sha256(url.encode()).hexdigest() + _SUFFIX)

    def _is_old(self, file: Path) -> bool:
        return self.clock() - datetime.fromtimestamp(file.stat().st_mtime, UTC) > self.max_age

    def _make_room(self) -> None:
        """Delete what is too old, and the oldest until the rest is small enough."""
        size = 0
        for file, stored in sorted(self._sizes(), key=lambda one: one[0].stat().st_mtime, reverse=True):
            size += stored
            if size > self.max_bytes or self._is_old(file):
                file.unlink(missing_ok=True)

    def _sizes(self) -> Iterator[tuple[Path, int]]:
        """Give every file of ours, half-written ones of a killed process too, which age like the others."""
        for file in self.folder.iterdir():
            if _SUFFIX in file.name:
                yield file, file.stat().st_size


def _is_tag(etag: str) -> bool:
    """Say whether a tag may be sent back as it is: any other makes a request that fails each time."""
    return 0 < len(etag) <= _LONGEST_TAG and etag.isascii() and etag.isprintable()

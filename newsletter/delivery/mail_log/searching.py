"""Our mails in a server's log: by the Message-ID to the server's own name for a mail, and by that to what became of it.

Postfix logs the Message-ID while a mail comes in, before it has said yes: it has taken it once the queue manager knows it, or a
delivery was tried. Exim logs one line when it has taken a mail. Addresses in a log are read over and kept nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from newsletter.delivery.bounces.kinds import STATUS, kind_of_bounce
from newsletter.delivery.mail_log.lines import LogLine, read_lines
from newsletter.delivery.models import BounceKind, Outcome

MESSAGE_ID: Final = re.compile(r"message-id=<?([0-9a-f]{32})@([A-Za-z0-9.-]+)>?", re.IGNORECASE)
POSTFIX_STATUS: Final = re.compile(r"\bstatus=(sent|bounced|deferred|expired|force-expired)\b")
POSTFIX_DSN: Final = re.compile(r"\bdsn=([245]\.\d{1,3}\.\d{1,3})\b")

EXIM: Final = re.compile(r"([0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}) (<=|=>|->|>>|\*\*|==|Completed)(.*)")
EXIM_ID: Final = re.compile(r" id=([0-9a-f]{32})@([A-Za-z0-9.-]+)", re.IGNORECASE)

EXIM_WORDS: Final[Mapping[str, str]] = {"=>": "sent", "->": "sent", ">>": "sent", "**": "bounced", "==": "deferred"}

OUTCOMES: Final[Mapping[str, Outcome]] = {
    "sent": Outcome.DELIVERED,
    "deferred": Outcome.DEFERRED,
    "bounced": Outcome.BOUNCED,
    "expired": Outcome.BOUNCED,
    "force-expired": Outcome.BOUNCED,
}

RANK: Final = (None, Outcome.DEFERRED, Outcome.DELIVERED, Outcome.BOUNCED)


@dataclass(slots=True)
class Trace:
    """What a log says of one of our mails. ``begun`` is when its Message-ID was seen; ``taken`` whether the server said yes."""

    begun: datetime
    taken: bool = False
    outcome: Outcome | None = None
    status: str = ""
    bounce: BounceKind = BounceKind.NONE


class LogSearch:
    """A look for the mails with the keys ``wanted``, whose Message-IDs end in ``domain``: traces by key, and the time covered."""

    def __init__(self, wanted: Collection[str], *, domain: str) -> None:
        self.traces: dict[str, Trace] = {}
        self.first: datetime | None = None
        self.last: datetime | None = None
        self._wanted = wanted
        self._domain = domain.lower()
        self._keys: dict[str, str] = {}
        self._latest: dict[str, str] = {}

    def read(self, line: LogLine) -> None:
        """Take in one line; a log's lines come in the order they were written, and logs in any order."""
        self.first = line.at if self.first is None else min(self.first, line.at)
        self.last = line.at if self.last is None else max(self.last, line.at)
        if "postfix" in line.program:
            self._read_postfix(line)
        elif not line.program or "exim" in line.program:
            self._read_exim(line)

    def _read_postfix(self, line: LogLine) -> None:
        queue_id, colon, text = line.text.partition(": ")
        if not colon:
            return
        if text.startswith("message-id="):
            self._begin(MESSAGE_ID.match(text), queue_id, line)
        elif queue_id in self._keys:
            status = POSTFIX_STATUS.search(text)
            if status is not None:
                dsn = POSTFIX_DSN.search(text)
                self._note(queue_id, status[1], dsn[1] if dsn else "", text)
            elif "/qmgr" in line.program and ("size=" in text or text == "removed"):
                self._note(queue_id)

    def _read_exim(self, line: LogLine) -> None:
        found = EXIM.match(line.text)
        if found is None:
            return
        name, sign, text = found.groups()
        if sign == "<=":
            self._begin(EXIM_ID.search(text), name, line)
        if name in self._keys:
            word = EXIM_WORDS.get(sign, "")
            status = next((one for one in STATUS.findall(text) if one[0] == {"bounced": "5", "deferred": "4"}.get(word, "2")), "")
            self._note(name, word, status, text)

    def _begin(self, found: re.Match[str] | None, name: str, line: LogLine) -> None:
        self._keys.pop(name, None)  # short names are used again
        if found is None or found[2].lower() != self._domain or (key := found[1].lower()) not in self._wanted:
            return
        self._keys[name] = key
        self._latest[key] = name
        trace = self.traces.setdefault(key, Trace(line.at))
        trace.begun = min(trace.begun, line.at)
        # A mail that a filter gives back gets another name: what becomes of that one counts.
        trace.outcome, trace.status, trace.bounce = None, "", BounceKind.NONE

    def _note(self, name: str, word: str = "", status: str = "", text: str = "") -> None:
        key = self._keys[name]
        trace = self.traces[key]
        trace.taken = True
        outcome = OUTCOMES.get(word)
        if self._latest[key] != name or RANK.index(outcome) <= RANK.index(trace.outcome):
            return
        trace.outcome = outcome
        if outcome is Outcome.BOUNCED:
            trace.status = status or ("4.4.7" if "expired" in word else "")
            trace.bounce = kind_of_bounce(trace.status, text)


def search_logs(files: Iterable[Path], search: LogSearch, *, zone: tzinfo, near: datetime) -> None:
    """Read logs, each once, line by line. Raises UsageError for a file that cannot be read."""
    for file in files:
        for line in read_lines(file, zone=zone, near=near):
            search.read(line)

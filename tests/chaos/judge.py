"""The judge: what the servers hold against what the ledger says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from tests.chaos.books import Entry, SendLine
from tests.chaos.ground import Ground, Server
from tests.chaos.journal import Held, read_held

AT_REST = {"accepted", "failed", "excluded", "unknown"}
NOT_HELD = {"failed", "excluded", "queued"}
FINISHED = {"done", "cancelled"}
SHOWN = 5
"""Examples given of each complaint."""


@dataclass(frozen=True)
class Judgement:
    """What was found. ``complaints`` is empty when all is well."""

    deliveries: int
    held: int
    handovers: Mapping[str, int]
    doubled: int
    forgotten: int
    complaints: tuple[str, ...]

    @property
    def unknown(self) -> int:
        """How many are unknown."""
        return self.handovers.get("unknown", 0)


@dataclass
class _Findings:
    complaints: list[str] = field(default_factory=list)

    def find(self, complaint: str, which: Collection[object]) -> int:
        if which:
            some = ", ".join(str(one) for one in list(which)[:SHOWN])
            self.complaints.append(f"{len(which)} {complaint}: {some}")
        return len(which)


def judge(
    ground: Ground, server: Server, *, most_unknown: int, gone: Collection[str] = (), issues: Collection[str] = ()
) -> Judgement:
    """Judge everything that was sent so far, or ``issues`` alone.

    ``gone`` are keys that cannot have been begun before their reader left.
    """
    sends = [one for one in ground.books.sends() if not issues or one.issue in issues]
    wanted = {one.issue for one in sends}
    every = ground.books.entries()
    known = {one.key: one for one in every}
    entries = [one for one in every if one.issue in wanted]
    held = [one for one in read_held(server.journal) if one.key not in known or known[one.key].issue in wanted]
    found = _Findings()
    if missing := set(issues) - wanted:
        found.find("sends were never begun", missing)
    doubled, forgotten = _compare(found, entries, known, held)
    _add_up(found, sends, entries)
    found.find("audiences lack somebody", [one for one in ground.books.left_out() if one[0] in wanted])
    unknown = [one.key for one in entries if one.handover == "unknown"]
    if len(unknown) > most_unknown:
        found.find(f"unknown, where {most_unknown} can be explained", unknown)
    found.find("held, though their readers had left before", {one.key for one in held} & set(gone))
    found.find("unknown that no report lists, or none of those it does", set(unknown) ^ ground.reported_unknown(sorted(wanted)))
    handovers = Counter(one.handover for one in entries)
    return Judgement(len(entries), len(held), handovers, doubled, forgotten, tuple(found.complaints))


def _compare(found: _Findings, entries: list[Entry], known: Mapping[str, Entry], held: list[Held]) -> tuple[int, int]:
    copies = Counter(one.key for one in held)
    found.find("held that the ledger has never heard of", [key for key in copies if key not in known])
    doubled = found.find("held twice", [key for key, number in copies.items() if number > 1])
    readers = Counter((known[one.key].issue, one.address) for one in held if one.key in known)
    doubled += found.find("readers got an issue twice", [one for one, number in readers.items() if number > 1])
    found.find(
        "went to another reader",
        [one.key for one in held if one.key in known and one.address != f"reader{known[one.key].reader}@example.org"],
    )
    forgotten = found.find(
        "accepted, and nobody holds it", [e.key for e in entries if e.handover == "accepted" and not copies[e.key]]
    )
    found.find("held, and yet the ledger says otherwise", [e.key for e in entries if e.handover in NOT_HELD and copies[e.key]])
    forgotten += found.find("left in the middle", [e.key for e in entries if e.handover not in AT_REST])
    return doubled, forgotten


def _add_up(found: _Findings, sends: list[SendLine], entries: list[Entry]) -> None:
    number = Counter(one.issue for one in entries)
    found.find("sends do not end", [one for one in sends if one.state not in FINISHED])
    found.find("sums do not hold", [one for one in sends if one.frozen != number[one.issue]])

"""When refusals are plainly not the readers' fault: what pauses a send before everybody on the list is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from newsletter.delivery.handovers import Record
from newsletter.delivery.models import Delivery, Handover, Send
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.settings import DeliverySettings

FEWEST_FAILED: Final = 50
"""Fewer failed say nothing about a percentage."""

REFUSALS: Final = frozenset({AnswerKind.POLICY, AnswerKind.FINAL})

LOST_PER_LANE: Final = 3
"""Answers lost one after the other: a server that restarts takes one of each lane; three of each are a server that is ill."""


class RefusalWatch:
    """Counts refusals and lost answers in a row, for each send apart, over all runs of a worker.

    An accepted letter begins the count anew. ``lanes`` is how many answers may be lost at one moment.
    """

    def __init__(self, settings: DeliverySettings, *, lanes: int = 1) -> None:
        self.lanes = lanes
        self._settings = settings
        self._in_a_row: dict[int, Counter[AnswerKind]] = {}

    def judge(self, send_id: int, answer: Answer) -> str:
        """Count an answer; give why the send is to be paused, or "" where it may go on."""
        if answer.kind is AnswerKind.ACCEPTED:
            self._in_a_row.pop(send_id, None)
        if answer.kind is AnswerKind.UNKNOWN:
            return self._judge_lost(send_id, answer)
        if answer.kind not in REFUSALS:
            return ""
        counted = self._in_a_row.setdefault(send_id, Counter())
        counted[answer.kind] += 1
        if counted[AnswerKind.POLICY] >= self._settings.pause_after_policy_refusals:
            what = "were refused for what we are (sender address, authentication or reputation), not for whom they went to"
        elif counted[AnswerKind.POLICY] + counted[AnswerKind.FINAL] >= self._settings.pause_after_refusals:
            what = "were refused for good: look whether the fault is the mail's or the server's"
        else:
            return ""
        del self._in_a_row[send_id]
        refused = counted[AnswerKind.POLICY] + counted[AnswerKind.FINAL]
        return f"{refused} mails, one after the other, {what}. The last answer was: {answer.reason or 'no reason given'}."

    def _judge_lost(self, send_id: int, answer: Answer) -> str:
        counted = self._in_a_row.setdefault(send_id, Counter())
        counted[AnswerKind.UNKNOWN] += 1
        if counted[AnswerKind.UNKNOWN] < LOST_PER_LANE * self.lanes:
            return ""
        del self._in_a_row[send_id]
        return (
            f"{counted[AnswerKind.UNKNOWN]} answers, one after the other, said nothing of what became of the mails, which are "
            f"unknown now ({answer.reason or 'no reason given'}). Look whether the server works."
        )

    def forget(self, send_id: int) -> None:
        """Begin anew, since the send was paused and a person looks at it."""
        self._in_a_row.pop(send_id, None)


@dataclass(slots=True)
class _Tally:
    failed: int
    accepted: int


class FailureTally:
    """Counts, send by send, how many of those handed over have failed since a person last resumed it.

    It begins with what the ledger knows and goes on with what this worker records: a look at a million rows for each step would
    cost more than the mails.
    """

    def __init__(self, settings: DeliverySettings) -> None:
        self._settings = settings
        self._tallies: dict[int, _Tally] = {}

    def judge(self, send_id: int, records: Sequence[Record]) -> str:
        """Count what is about to be recorded; give why the send is to be paused, or "" where it may go on."""
        new = Counter(one.handover for one in records)
        tally = self._tallies.get(send_id)
        if tally is None:
            if not new[Handover.FAILED]:
                return ""
            tally = self._tallies[send_id] = _count(send_id)
        tally.failed += new[Handover.FAILED]
        tally.accepted += new[Handover.ACCEPTED]
        percent = 100 * tally.failed / max(tally.failed + tally.accepted, 1)
        if not new[Handover.FAILED] or tally.failed < FEWEST_FAILED or percent < self._settings.pause_when_failed_percent:
            return ""
        del self._tallies[send_id]
        return (
            f"{tally.failed} of {tally.failed + tally.accepted} mails that were handed over have failed ({percent:.1f} percent)."
        )

    def forget(self, send_id: int) -> None:
        """Begin anew with what the ledger knows."""
        self._tallies.pop(send_id, None)


def _count(send_id: int) -> _Tally:
    handed_over = Delivery.objects.filter(send_id=send_id)
    seen = Send.objects.only("seen_failed", "seen_accepted").get(pk=send_id)
    return _Tally(
        max(handed_over.filter(handover=Handover.FAILED).count() - seen.seen_failed, 0),
        max(handed_over.filter(handover=Handover.ACCEPTED).count() - seen.seen_accepted, 0),
    )

"""Bugs that others have shipped, planted into a worker by name: each must turn the judge red."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.db import connection, transaction

from newsletter.delivery import ledger, runner, statements
from newsletter.delivery.handovers import move_deliveries
from newsletter.delivery.models import Handover
from newsletter.delivery.transports.port import AnswerKind
from newsletter.subscribers import audience
from tests.chaos.named_steps import replace


def _claim_without_fence() -> None:
    """Let whoever comes claim what another one holds, and nobody look whether what they hold is still theirs."""
    for name in ("FIND_CLAIMABLE", "CLAIM"):
        statement = getattr(statements, name)
        assert "leased_at IS NULL" in statement
        setattr(statements, name, re.sub(r"(b\.)?leased_at IS NULL", "1 = 1", statement))
    replace("newsletter.delivery.ledger:_hold", lambda _: lambda *_: None)


def _recorded_before_the_wire() -> None:
    """Mark a person sent before the send, as Mailtrain does."""

    def wrap(take_step: Callable[..., Any]) -> Callable[..., Any]:
        def take(*given: Any, **named: Any) -> Any:
            with transaction.atomic(), connection.cursor() as cursor:
                step = take_step(*given, **named)
                ids = [one.delivery_id for one in step.marked]
                move_deliveries(cursor, ids, source=Handover.SENDING, target=Handover.ACCEPTED)
                return step

        return take

    replace("newsletter.delivery.ledger_thread:take_step", wrap)


def _lost_answer_retried() -> None:
    """Try again what nobody answered for."""

    def wrap(record_for: Callable[..., Any]) -> Callable[..., Any]:
        def judge(answer: Any, *given: Any, **named: Any) -> Any:
            kind = AnswerKind.RETRYABLE if answer.kind is AnswerKind.UNKNOWN else answer.kind
            return record_for(dataclasses.replace(answer, kind=kind), *given, **named)

        return judge

    replace("newsletter.delivery.runner:record_for", wrap)


def _marked_without_commit() -> None:
    """Keep the marks in the worker's memory, and write them down together with what became of them."""

    def wrap(take_step: Callable[..., Any]) -> Callable[..., Any]:
        def take(*given: Any, **named: Any) -> Any:
            _set_handover("sending", [one.delivery_id for one in named["records"]])
            step = take_step(*given, **named)
            _set_handover("queued", [one.delivery_id for one in step.marked])
            return step

        return take

    replace("newsletter.delivery.ledger_thread:take_step", wrap)


def _set_handover(handover: str, delivery_ids: Sequence[int]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany("UPDATE delivery_delivery SET handover = %s WHERE id = %s", [(handover, one) for one in delivery_ids])


def _unknown_swept_back() -> None:
    """Queue again what a dead worker left behind."""

    def wrap(record: Callable[..., Any]) -> Callable[..., Any]:
        def write(cursor: Any, records: Any, **named: Any) -> Any:
            swept = [
                dataclasses.replace(one, handover=Handover.QUEUED, reason="") if one.reason == ledger.LEFT_BEHIND else one
                for one in records
            ]
            return record(cursor, swept, **named)

        return write

    replace("newsletter.delivery.ledger:record", wrap)


def _checkpoint_at_fetch() -> None:
    """Call a batch done when it is fetched, as listmonk does."""

    def wrap(claim_next: Callable[..., Any]) -> Callable[..., Any]:
        def claim(*given: Any, **named: Any) -> Any:
            found = claim_next(*given, **named)
            if found is not None:
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE delivery_batch SET done = TRUE WHERE id = %s", [found.batch_id])
            return found

        return claim

    replace("newsletter.delivery.ledger_thread:LedgerThread._claim_next", wrap)
    statements.RENEW_LEASE = statements.RENEW_LEASE.replace("AND NOT done", "")  # type: ignore[misc]


def _no_credit_window() -> None:
    """Mark as many as there are."""
    runner.MARKED_AT_ONCE = 400  # type: ignore[misc]


def _exclusions_at_freeze_only() -> None:
    """Mail also those who said goodbye after the audience was frozen."""
    before = audience.ADDRESSEES
    audience.ADDRESSEES = before.replace("subscription.ended_at IS NOT NULL THEN 'ended'", "FALSE THEN ''")
    assert before != audience.ADDRESSEES


PLANTS: Final[Mapping[str, Callable[[], None]]] = {
    "claim without fence": _claim_without_fence,
    "recorded before the wire": _recorded_before_the_wire,
    "lost answer retried": _lost_answer_retried,
    "marked without commit": _marked_without_commit,
    "unknown swept back": _unknown_swept_back,
    "checkpoint at fetch": _checkpoint_at_fetch,
    "no credit window": _no_credit_window,
    "exclusions at freeze only": _exclusions_at_freeze_only,
}

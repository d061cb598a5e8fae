"""What SendGrid says of deliveries that were lost sight of (docs/adr/0014): by its log, or by cancelling their calls.

Nothing found is never a proof that nothing left: its log lags behind (up to a minute was seen) and promises no completeness.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import structlog

from newsletter.config import Config
from newsletter.delivery.doubt import Clue, InDoubt, Verdict
from newsletter.delivery.models import Outcome
from newsletter.delivery.provider_calls import begin_to_cancel, confirm_cancelled, forget_old_calls, is_cancelled
from newsletter.delivery.transports.sendgrid_client import SendgridClient, servers_time
from newsletter.delivery.transports.sendgrid_request import CALL_ARGUMENT, CUSTOM_ARGUMENT
from newsletter.errors import TransportError

log = structlog.get_logger()

CANCELS_UNTIL: Final = 660.0
"""Seconds before its ``send_at`` until which a call is cancelled: SendGrid says ten minutes, and one is for a slow answer."""

MOST_PENDING: Final = 10
"""Batches that may be cancelled and not yet discarded (docs.sendgrid.com, cancel scheduled sends)."""

MOST_ASKED: Final = 200
"""Deliveries looked up in the log at one go; the others are asked for the next time."""

MOST_MAILS: Final = 20
"""Mails to one address that are looked at: those of the last month."""

RETENTION: Final = timedelta(days=30)
"""SendGrid's log goes back so far."""

SECONDS_BETWEEN: Final = 0.1
"""Between two questions to the log; its rate is not published, and 429 ends the round."""

OUTCOMES: Final[Mapping[str, Outcome | None]] = {
    "processed": None,
    "delivered": Outcome.DELIVERED,
    "deferred": Outcome.DEFERRED,
    "bounced": Outcome.BOUNCED,
    "blocked": Outcome.BOUNCED,
}
"""Words of the log that prove that SendGrid took a mail."""

SCHEDULED: Final = "/v3/user/scheduled_sends"


def sendgrid_clues(config: Config, in_doubt: Sequence[InDoubt], *, now: datetime) -> list[Clue]:
    """Say of each delivery what is known of it, as ``delivery.sendgrid.in_doubt`` allows to find out.

    Call it with no transaction open: SendGrid is asked, and what it confirms is stored. Raises TransportError without a key.
    """
    forget_old_calls(now)
    settings = config.delivery.sendgrid
    cancelled = {one.call for one in in_doubt if one.call and is_cancelled(one.call)}
    never_left = [Clue(one.key, Verdict.NEVER_LEFT, reason="its call was cancelled") for one in in_doubt if one.call in cancelled]
    others = [one for one in in_doubt if one.call not in cancelled]
    if not others or settings.in_doubt == "events":
        return never_left + [Clue(one.key, Verdict.NOT_FOUND) for one in others]
    with SendgridClient(settings) as client:
        if settings.in_doubt == "cancel":
            return never_left + _Cancelling(client, now).clues(others)
        return never_left + _LogReading(client, now).clues(others)


class _Cancelling:
    """Cancels calls whose moment is ahead: whoever was in one is certainly not mailed by it."""

    def __init__(self, client: SendgridClient, now: datetime) -> None:
        self._client = client
        self._now = now.timestamp()
        self._started = time.monotonic()

    def clues(self, in_doubt: Sequence[InDoubt]) -> list[Clue]:
        moments = {one.call: one.send_at for one in in_doubt if one.call and one.send_at is not None}
        found, problem = dict[str, bool](), ""
        try:
            pending = self._pending()
            for ref, send_at in sorted(moments.items(), key=lambda call: call[1]):
                found[ref] = self._cancel(ref, send_at, pending)
        except TransportError as error:
            problem = str(error)
            log.warning("calls in doubt were not cancelled", problem=problem)
        return [self._clue(one, found, problem) for one in in_doubt]

    def _clue(self, one: InDoubt, found: Mapping[str, bool], problem: str) -> Clue:
        if found.get(one.call):
            return Clue(one.key, Verdict.NEVER_LEFT, reason="its call was cancelled")
        return Clue(one.key, Verdict.NOT_FOUND, reason=problem)

    def _pending(self) -> set[str]:
        """Give what is cancelled, or paused, and not yet discarded."""
        return {str(ref) for ref, _ in _statuses(self._client.ask("GET", SCHEDULED))}

    def _cancel(self, ref: str, send_at: float, pending: set[str]) -> bool:
        """Cancel a call; say whether it certainly was, in time."""
        if not self._is_ahead(send_at, self._now + time.monotonic() - self._started):
            return False
        if (ref not in pending and len(pending) >= MOST_PENDING) or not begin_to_cancel(ref):
            return False
        if ref not in pending:
            self._client.send("POST", SCHEDULED, body={"batch_id": ref, "status": "cancel"})
            pending.add(ref)
        return self._confirm(ref, send_at)

    def _confirm(self, ref: str, send_at: float) -> bool:
        """Ask whether a call is cancelled, and whether by SendGrid's own clock it was in time."""
        response = self._client.send("GET", f"{SCHEDULED}/{quote(ref)}")
        theirs = servers_time(response)
        if response.status_code != 200 or theirs is None:
            return False
        ours = self._now + time.monotonic() - self._started
        if (ref, "cancel") not in _statuses(self._client.read(response)) or not self._is_ahead(send_at, max(ours, theirs)):
            return False
        confirm_cancelled(ref)
        return True

    @staticmethod
    def _is_ahead(send_at: float, now: float) -> bool:
        return now < send_at - CANCELS_UNTIL


class _LogReading:
    """Looks deliveries up in the Email Logs: by address, since the log finds none by custom argument, and then mail by mail."""

    def __init__(self, client: SendgridClient, now: datetime) -> None:
        self._client = client
        self._now = now

    def clues(self, in_doubt: Sequence[InDoubt]) -> list[Clue]:
        first = int(self._now.timestamp()) % len(in_doubt)  # so that in the end everybody's turn comes
        turn = [*in_doubt[first:], *in_doubt[:first]]
        found, problem = dict[str, Clue](), ""
        try:
            for one in turn[:MOST_ASKED]:
                found[one.key] = self._look_up(one)
        except TransportError as error:
            problem = str(error)
            log.warning("sendgrid's log was not read", problem=problem)
        return [found.get(one.key) or Clue(one.key, Verdict.NOT_FOUND, reason=problem) for one in in_doubt]

    def _look_up(self, one: InDoubt) -> Clue:
        since = (self._now.astimezone(UTC) - RETENTION).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = f'to_email="{one.address}" AND sg_message_id_created_at > TIMESTAMP "{since}"'
        listed = self._ask("POST", "/v3/logs", body={"query": query, "limit": MOST_MAILS})
        messages = listed.get("messages") if isinstance(listed, dict) else None
        for message in messages if isinstance(messages, list) else []:
            if isinstance(message, dict) and isinstance(message.get("sg_message_id"), str):
                detail = self._ask("GET", f"/v3/logs/{quote(message['sg_message_id'], safe='')}")
                if isinstance(detail, dict) and (clue := _read_detail(detail, one.key)) is not None:
                    return clue
        return Clue(one.key, Verdict.NOT_FOUND)

    def _ask(self, method: str, path: str, *, body: Mapping[str, Any] | None = None) -> Any:
        time.sleep(SECONDS_BETWEEN)
        return self._client.ask(method, path, body=body)


def _statuses(answer: Any) -> list[tuple[object, object]]:
    """Give batch ids and what is to become of them."""
    rows = answer if isinstance(answer, list) else []
    return [(row.get("batch_id"), row.get("status")) for row in rows if isinstance(row, dict)]


def _read_detail(detail: Mapping[str, Any], key: str) -> Clue | None:
    """Read what the log says of one mail; None where it is not about this delivery, or proves nothing of it."""
    events = [event for event in detail.get("events") or [] if isinstance(event, dict)]
    arguments = _arguments([detail, *events])
    status = detail.get("status")
    if arguments.get(CUSTOM_ARGUMENT) != key:
        return None
    if CALL_ARGUMENT in arguments and status in {"processed", "dropped"}:
        return None  # also a call that was cancelled is processed, and dropped at its moment
    if status == "dropped":
        return Clue(key, Verdict.REFUSED, reason="dropped by SendGrid")
    if status not in OUTCOMES:
        return None
    moments = [event["timestamp"] for event in events if isinstance(event.get("timestamp"), int)]
    at = datetime.fromtimestamp(min(moments), UTC) if moments else None
    return Clue(key, Verdict.TAKEN, at=at, outcome=OUTCOMES[str(status)], reason=f"SendGrid's log says {status}")


def _arguments(places: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """Give the custom arguments of a mail: they stand with the mail or with its events."""
    found: dict[str, object] = {}
    for place in places:
        if isinstance(place.get("custom_args"), dict):
            found |= place["custom_args"]
    return found

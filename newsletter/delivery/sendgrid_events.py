"""What SendGrid reports, put into our words: parsed without a database.

Of a report we keep its kind, its moment and a status code: SendGrid's own reason quotes addresses.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import orjson

from newsletter.delivery.bounces.kinds import STATUS, kind_of_bounce
from newsletter.delivery.models import BounceKind, Handover, Outcome
from newsletter.delivery.reports import Farewell, Report
from newsletter.delivery.transports.sendgrid_request import CALL_ARGUMENT, CUSTOM_ARGUMENT

KEY: Final = re.compile(r"[0-9a-f]{32}")
KIND: Final = re.compile(r"[a-z_]{1,40}")
CALL: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")

TRACKING: Final = frozenset({"open", "click"})
"""Never asked for, and never kept should they come."""

OUTCOMES: Final[Mapping[str, Outcome]] = {
    "deferred": Outcome.DEFERRED,
    "delivered": Outcome.DELIVERED,
    "bounce": Outcome.BOUNCED,
    "spamreport": Outcome.COMPLAINED,
}
"""Events that say how a mail fared."""

TAKEN: Final = frozenset({"processed", "deferred", "delivered", "bounce", "spamreport"})
"""Events that prove that SendGrid had taken the mail."""

FAREWELLS: Final[Mapping[str, Farewell]] = {
    "spamreport": Farewell.COMPLAINED,
    "unsubscribe": Farewell.UNSUBSCRIBED,
    "group_unsubscribe": Farewell.UNSUBSCRIBED,
}
"""Events by which a reader leaves."""

DROPPED: Final[Mapping[str, Farewell]] = {
    "Bounced Address": Farewell.BOUNCED,
    "Invalid": Farewell.BOUNCED,
    "Spam Reporting Address": Farewell.COMPLAINED,
    "Unsubscribed Address": Farewell.UNSUBSCRIBED,
}
"""Reasons of ``dropped`` that speak of the reader (docs.sendgrid.com, event webhook reference)."""

CLASSIFIED: Final[Mapping[str, BounceKind]] = {
    "invalid address": BounceKind.HARD,
    "mailbox unavailable": BounceKind.SOFT,
    "technical": BounceKind.SOFT,
    "technical failure": BounceKind.SOFT,
    "reputation": BounceKind.POLICY,
    "content": BounceKind.POLICY,
    "frequency or volume too high": BounceKind.POLICY,
}
"""SendGrid's own classes of bounces; of "unclassified" the status code decides."""

LONGEST_TIMESTAMP: Final = 4e9


def parse_events(body: bytes) -> list[Report]:
    """Read a webhook's body; what is not about a mail of ours is left out. Raises ValueError when it is no list."""
    events = _read(body)
    if not isinstance(events, list):
        raise ValueError("the events are not a list")  # noqa: TRY004 - one error for whatever the body may be
    return [report for event in events if isinstance(event, dict) and (report := _parse_with_call(event)) is not None]


def _read(body: bytes) -> object:
    """Read JSON, also such as quotes half a character of a server's words: for one event the others are not to be lost."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            return json.loads(body.decode("utf-8", "replace"))
        except RecursionError as error:
            raise ValueError("the events are nested without end") from error


def _parse_with_call(event: Mapping[str, Any]) -> Report | None:
    report, call = _parse(event), event.get(CALL_ARGUMENT)
    return report._replace(call=call) if report is not None and isinstance(call, str) and CALL.fullmatch(call) else report


def _parse(event: Mapping[str, Any]) -> Report | None:
    key, kind, timestamp = event.get(CUSTOM_ARGUMENT), event.get("event"), event.get("timestamp")
    if not (isinstance(key, str) and KEY.fullmatch(key) and isinstance(kind, str) and KIND.fullmatch(kind)):
        return None
    if kind in TRACKING or not isinstance(timestamp, int | float) or not 0 <= timestamp < LONGEST_TIMESTAMP:
        return None
    at, dedupe = _moment(timestamp), _dedupe(event, key, kind, timestamp)
    outcome = OUTCOMES.get(kind)
    evidence = Handover.ACCEPTED if kind in TAKEN else None
    if kind == "bounce":
        bounce = _kind_of_bounce(event)
        farewell = Farewell.BOUNCED if bounce is BounceKind.HARD else Farewell.NONE
        return Report(key, kind, at, dedupe, _bounce_reason(event), outcome, evidence, bounce, farewell)
    if kind == "dropped":
        said = str(event.get("reason", ""))
        reason = said if said in DROPPED else "dropped by SendGrid"
        return Report(key, kind, at, dedupe, reason, outcome, Handover.FAILED, farewell=DROPPED.get(said, Farewell.NONE))
    return Report(key, kind, at, dedupe, "", outcome, evidence, farewell=FAREWELLS.get(kind, Farewell.NONE))


@lru_cache(maxsize=4096)
def _moment(timestamp: float) -> datetime:
    """Many events of one post happened in the same second."""
    return datetime.fromtimestamp(timestamp, UTC)


def _dedupe(event: Mapping[str, Any], key: str, kind: str, timestamp: float) -> str:
    """sg_event_id changes when a post is repeated (sendgrid-nodejs issue 1435), so it is no part of this."""
    named = f"{key}\0{kind}\0{timestamp}\0{event.get('sg_message_id', '')}\0{event.get('attempt', '')}"
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()


def _status(event: Mapping[str, Any]) -> str:
    status = str(event.get("status", ""))
    return status if STATUS.fullmatch(status) else ""


def _bounce_reason(event: Mapping[str, Any]) -> str:
    return " ".join(part for part in ("blocked" if event.get("type") == "blocked" else "", _status(event)) if part)


def _kind_of_bounce(event: Mapping[str, Any]) -> BounceKind:
    """SendGrid's own class counts where it gives one; a block says nothing about the address."""
    if event.get("type") == "blocked":
        return BounceKind.POLICY
    classified = CLASSIFIED.get(str(event.get("bounce_classification", "")).lower())
    return classified or kind_of_bounce(_status(event), str(event.get("reason", "")))

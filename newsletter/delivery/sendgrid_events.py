"""What SendGrid reports, put into our words: parsed without a database.

Of a report we keep its kind, its moment and a status code: SendGrid's own reason quotes addresses.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import orjson

from newsletter.delivery.models import Handover, Outcome
from newsletter.delivery.transports.sendgrid_request import CUSTOM_ARGUMENT

KEY: Final = re.compile(r"[0-9a-f]{32}")
STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
KIND: Final = re.compile(r"[a-z_]{1,40}")

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


class Farewell(StrEnum):
    """What an event means for the reader."""

    NONE = ""
    """They stay."""
    BOUNCED = "bounced"
    """The address does not exist: suppress it and end the subscription."""
    COMPLAINED = "complained"
    """They reported spam: suppress and end."""
    UNSUBSCRIBED = "unsubscribed"
    """They said goodbye by SendGrid's own means: end."""


DROPPED: Final[Mapping[str, Farewell]] = {
    "Bounced Address": Farewell.BOUNCED,
    "Invalid": Farewell.BOUNCED,
    "Spam Reporting Address": Farewell.COMPLAINED,
    "Unsubscribed Address": Farewell.UNSUBSCRIBED,
}
"""Reasons of ``dropped`` that speak of the reader (docs.sendgrid.com, event webhook reference)."""


@dataclass(frozen=True, slots=True)
class Report:
    """One event about one of our deliveries; ``dedupe`` is the same however often and under whichever event id it comes."""

    key: str
    kind: str
    at: datetime
    dedupe: str
    reason: str = ""
    outcome: Outcome | None = None
    evidence: Handover | None = None
    farewell: Farewell = Farewell.NONE


def parse_events(body: bytes) -> list[Report]:
    """Read a webhook's body; what is not about a delivery of ours is left out. Raises ValueError when it is no list."""
    events = orjson.loads(body)
    if not isinstance(events, list):
        raise ValueError("the events are not a list")  # noqa: TRY004 - one error for whatever the body may be
    return [report for event in events if isinstance(event, dict) and (report := _parse(event)) is not None]


def _parse(event: Mapping[str, Any]) -> Report | None:
    key, kind, timestamp = event.get(CUSTOM_ARGUMENT), event.get("event"), event.get("timestamp")
    if not (isinstance(key, str) and KEY.fullmatch(key) and isinstance(kind, str) and KIND.fullmatch(kind)):
        return None
    if kind in TRACKING or not isinstance(timestamp, int | float) or not 0 <= timestamp < 4e9:
        return None
    report = Report(key, kind, datetime.fromtimestamp(timestamp, UTC), _dedupe(event, key, kind, timestamp))
    return _judged(report, event)


def _dedupe(event: Mapping[str, Any], key: str, kind: str, timestamp: float) -> str:
    """sg_event_id changes when a post is repeated (sendgrid-nodejs issue 1435), so it is no part of this."""
    parts = [key, kind, str(timestamp), str(event.get("sg_message_id", "")), str(event.get("attempt", ""))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _judged(report: Report, event: Mapping[str, Any]) -> Report:
    def told(*, reason: str = "", farewell: Farewell = Farewell.NONE, evidence: Handover | None = None) -> Report:
        return Report(
            report.key,
            report.kind,
            report.at,
            report.dedupe,
            reason=reason,
            outcome=OUTCOMES.get(report.kind),
            evidence=evidence or (Handover.ACCEPTED if report.kind in TAKEN else None),
            farewell=farewell,
        )

    match report.kind:
        case "bounce":
            return told(reason=_bounce_reason(event), farewell=Farewell.BOUNCED if _is_dead(event) else Farewell.NONE)
        case "dropped":
            reason = str(event.get("reason", ""))
            known = reason if reason in DROPPED else "dropped by SendGrid"
            return told(reason=known, farewell=DROPPED.get(reason, Farewell.NONE), evidence=Handover.FAILED)
        case "spamreport":
            return told(farewell=Farewell.COMPLAINED)
        case "unsubscribe" | "group_unsubscribe":
            return told(farewell=Farewell.UNSUBSCRIBED)
        case _:
            return told()


def _status(event: Mapping[str, Any]) -> str:
    status = str(event.get("status", ""))
    return status if STATUS.fullmatch(status) else ""


def _bounce_reason(event: Mapping[str, Any]) -> str:
    return " ".join(part for part in ("blocked" if event.get("type") == "blocked" else "", _status(event)) if part)


def _is_dead(event: Mapping[str, Any]) -> bool:
    """Whether the address does not exist. A block, a full mailbox or a policy says nothing about that."""
    if event.get("type") == "blocked":
        return False
    classification = str(event.get("bounce_classification", "")).lower()
    if classification and classification != "unclassified":
        return classification == "invalid address"
    return _status(event).startswith(("5.1.", "5.0."))

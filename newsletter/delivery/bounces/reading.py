"""From one mail that came back to what it reports: RFC 3464 first, RFC 5965 for complaints, a guess for the rest."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from flufl.bounce import all_failures

from newsletter.delivery.bounces.kinds import STATUS, kind_of_bounce
from newsletter.delivery.bounces.own_mail import OwnMail
from newsletter.delivery.bounces.parts import field_blocks, find_part, returned_messages, said_in
from newsletter.delivery.models import BounceKind, Handover, Outcome
from newsletter.delivery.reports import Farewell, Report

LONGEST_WORDS: Final = 20_000
"""Characters of a mail in which words about a failure are looked for: what follows is mostly the mail that came back."""

SENDERS_OF_BOUNCES: Final = ("mailer-daemon", "postmaster", "mail delivery", "maildelivery", "mail-daemon", "<>")

REPLIES: Final[Mapping[str, tuple[str, ...]]] = {
    "auto-submitted": ("auto-replied",),
    "precedence": ("auto_reply",),
    "x-autoreply": ("",),
    "x-autorespond": ("",),
}
"""Headers of automatic replies (RFC 3834), with what their values hold. Reports of servers carry some of them as well."""


UNREADABLE: Final = (AttributeError, LookupError, TypeError, ValueError)
"""What flufl.bounce's detectors raise of mail that has no From, two, or bytes that are no text in it; the standard library's
parser raises some of them too, of a boundary with a NUL in its name."""

MOST_BOUNDARIES: Final = 40
"""In one mail. Every line is compared with every boundary that is open, and the parser calls itself for each: a report has one,
and the mail that it returns a few."""

OLDEST: Final = timedelta(days=90)
"""A mail comes back within a week, and may wait to be read. What is reported of a mail dates its handover: one forged date of the
first year would end every look at its send, since no time zone knows that year."""

DELIMITER: Final = re.compile(rb"[\r\n]--")
MOST_DELIMITERS: Final = 1_000
"""In one mail: lines that may begin a part, of which a hundred thousand take a quarter of a minute."""

# It writes a traceback of each of these.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


WITH_FIELDS: Final = ("message/delivery-status", "message/global-delivery-status", "message/feedback-report")
"""Parts whose fields may name our mail: by its envelope's id or sender, or by its Message-ID."""


class Action(StrEnum):
    """What a server did about a mail (RFC 3464, 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    COMPLAINED = "complained"
    """Its reader reported it (RFC 5965)."""


KINDS: Final[Mapping[Action, tuple[str, Outcome | None]]] = {
    Action.FAILED: ("bounce", Outcome.BOUNCED),
    Action.DELAYED: ("deferred", Outcome.DEFERRED),
    Action.DELIVERED: ("delivered", Outcome.DELIVERED),
    Action.RELAYED: ("relayed", None),
    Action.EXPANDED: ("relayed", None),
    Action.COMPLAINED: ("spamreport", Outcome.COMPLAINED),
}
"""The event and the outcome of each action."""

MILDEST: Final = (Action.DELIVERED, Action.RELAYED, Action.EXPANDED, Action.DELAYED, Action.FAILED)
"""Of several recipients of one mail (an address that forwards to two) the luckiest counts: there its reader has got it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a mail says of one of ours. ``status`` is empty where it gives none."""

    action: Action
    status: str = ""
    bounce: BounceKind = BounceKind.NONE


def read_report(content: bytes, own: OwnMail, *, now: datetime) -> Report | None:
    """Read a mail's bytes; None when it is no report, or none about a mail with a key of ours.

    Nothing that somebody may send keeps the mails behind it waiting: what cannot be read is no report.
    """
    if content.lower().count(b"boundary") > MOST_BOUNDARIES or len(DELIMITER.findall(content)) > MOST_DELIMITERS:
        return None
    try:
        message = message_from_bytes(content)
        said = find_said(message)
        key = find_key(message, own) if said is not None else None
    except (*UNREADABLE, RecursionError):
        return None
    return None if said is None or key is None else _report(message, key, said, now=now)


def find_said(message: Message) -> Said | None:
    """Find what a message reports; None for mail of people and for automatic replies."""
    status_part = find_part(message, "message/delivery-status") or find_part(message, "message/global-delivery-status")
    if status_part is not None:
        told = [_of_recipient(block) for block in field_blocks(status_part) if "action" in block or "status" in block]
        return min(told, key=_mildness, default=None)
    complaint = find_part(message, "message/feedback-report")
    if complaint is not None:
        return _of_complaint(complaint)
    return _without_a_report(message)


def find_key(message: Message, own: OwnMail) -> str | None:
    """Find which mail of ours a message is about."""
    if key := own.find_key_by_recipient(message):
        return key
    for part in (find_part(message, content_type) for content_type in WITH_FIELDS):
        for name, value in (field for block in (field_blocks(part) if part is not None else ()) for field in block.items()):
            if key := own.find_key_in_field(name, str(value)):
                return key
    for returned in returned_messages(message):
        found = own.find_key_in_message_id(str(returned.get("Message-ID", "")))
        if key := found or own.find_key_in_address(str(returned.get("Return-Path", ""))):
            return key
    return own.find_quoted_key(said_in(message))


def _of_recipient(fields: Message) -> Said:
    diagnostic = " ".join(str(fields.get("Diagnostic-Code", "")).split())
    found = STATUS.search(str(fields.get("Status", ""))) or STATUS.search(diagnostic)
    status = found[0] if found else ""
    word = (str(fields.get("Action", "")).lower().split() or [""])[0].strip("();,.")
    by_status = {"2": Action.DELIVERED, "4": Action.DELAYED}.get(status[:1], Action.FAILED)
    action = Action(word) if word in MILDEST else by_status
    bounce = kind_of_bounce(status, diagnostic) if action is Action.FAILED else BounceKind.NONE
    return Said(action, status, bounce)


def _mildness(said: Said) -> tuple[int, int]:
    order = (BounceKind.NONE, BounceKind.POLICY, BounceKind.SOFT, BounceKind.HARD)
    return MILDEST.index(said.action), order.index(said.bounce)


def _of_complaint(part: Message) -> Said | None:
    fields = next(iter(field_blocks(part)), None)
    kind = str(fields.get("Feedback-Type", "")).strip().lower() if fields is not None else ""
    # "not-spam" takes a complaint back; "auth-failure" (RFC 6591) and others are about us.
    return Said(Action.COMPLAINED) if kind in {"abuse", "fraud", "opt-out"} else None


def _without_a_report(message: Message) -> Said | None:
    """Ask flufl.bounce whether this is a bounce at all: it knows what servers wrote before, and beside, RFC 3464."""
    if message.get_content_type() == "multipart/report" or _is_reply(message) or not _is_of_a_server(message):
        return None
    try:
        temporary, permanent = all_failures(message)
    except UNREADABLE:
        return None
    if not (temporary or permanent):
        return None
    words = said_in(message)[:LONGEST_WORDS]
    if not permanent:
        return Said(Action.DELAYED)
    bounce = kind_of_bounce("", words)
    found = next((one for one in STATUS.findall(words) if not one.startswith("2")), "")
    return Said(Action.FAILED, found, bounce)


def _is_reply(message: Message) -> bool:
    values = ((str(message.get(name)).lower(), held) for name, held in REPLIES.items() if name in message)
    return any(part in value for value, held in values for part in held)


def _is_of_a_server(message: Message) -> bool:
    sender = f"{message.get('From', '')} {message.get('Return-Path', '')} {message.get('Sender', '')}".lower()
    return any(name in sender for name in SENDERS_OF_BOUNCES)


def _report(message: Message, key: str, said: Said, *, now: datetime) -> Report:
    kind, outcome = KINDS[said.action]
    written = str(message.get("Date", ""))
    dedupe = hashlib.sha256(f"{key}\0{kind}\0{said.status}\0{written}".encode("utf-8", "replace")).hexdigest()
    farewell = Farewell.BOUNCED if said.bounce is BounceKind.HARD else Farewell.NONE
    return Report(
        key,
        kind,
        _moment(written, now=now),
        dedupe,
        reason=said.status,
        outcome=outcome,
        evidence=Handover.ACCEPTED,
        bounce=said.bounce,
        farewell=Farewell.COMPLAINED if said.action is Action.COMPLAINED else farewell,
    )


def _moment(written: str, *, now: datetime) -> datetime:
    """Give when a mail says it was written, and the present for what is no date, lies ahead, or lies too far back to be true."""
    try:
        at = parsedate_to_datetime(written)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return now
    return at if now - OLDEST <= at <= now else now

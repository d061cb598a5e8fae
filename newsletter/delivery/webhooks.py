"""Where SendGrid posts its events. Only what its key has signed is looked at, and only while it is fresh."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import structlog
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from sendgrid.helpers.eventwebhook import EventWebhookHeader

from newsletter.config import Config
from newsletter.delivery.evidence import take_reports
from newsletter.delivery.sendgrid_events import parse_events
from newsletter.errors import SettingsError

log = structlog.get_logger()

MOST_BYTES: Final = 5_000_000
OLDEST: Final = timedelta(hours=25)
"""SendGrid repeats a post for 24 hours."""

FURTHEST_AHEAD: Final = timedelta(minutes=10)

WRITING: Final = threading.Lock()
"""SQLite has one writer, and whoever waits for it sleeps for up to a tenth of a second at a time; this wakes them at once."""

LONGEST_TURN: Final = 20.0
"""Seconds after which a post no longer waits for its turn, but for SQLite itself."""


@csrf_exempt
@require_POST
def sendgrid_events(request: HttpRequest) -> HttpResponse:
    """Take events: 200 when they are stored, 400 for nonsense, 403 for a wrong or old signature, 404 without a key."""
    config: Config = settings.NEWSLETTER
    public_key = config.delivery.sendgrid.webhook_public_key
    if not public_key:
        return HttpResponseNotFound("No key for SendGrid's events is set here.\n", content_type="text/plain")
    try:
        body = request.body if int(request.META.get("CONTENT_LENGTH") or 0) <= MOST_BYTES else None
    except (RequestDataTooBig, ValueError):
        body = None
    if body is None:
        return _refuse(413, "More than 5 MB in one post.")
    now = timezone.now()
    fault = _why_not_trusted(request, body, public_key, now=now)
    if fault:
        return _refuse(403, fault)
    try:
        reports = parse_events(body)
    except ValueError:
        return _refuse(400, "The body is no list of events.")
    with _in_turn():
        taken = take_reports(reports, config.delivery, now=now)
    log.info("sendgrid events", new=taken.new, known=taken.known, foreign=taken.foreign)
    return HttpResponse("", content_type="text/plain")


@contextmanager
def _in_turn() -> Iterator[None]:
    holds = connection.vendor == "sqlite" and WRITING.acquire(timeout=LONGEST_TURN)
    try:
        yield
    finally:
        if holds:
            WRITING.release()


def _why_not_trusted(request: HttpRequest, body: bytes, public_key: str, *, now: datetime) -> str:
    signature = request.headers.get(EventWebhookHeader.SIGNATURE, "")
    timestamp = request.headers.get(EventWebhookHeader.TIMESTAMP, "")
    if not (signature and timestamp):
        return "The signature's headers are missing."
    if not is_signed(body, signature=signature, timestamp=timestamp, public_key=public_key):
        return "The signature is wrong."
    try:
        age = now.timestamp() - int(timestamp)
    except ValueError:
        return "The timestamp is no number."
    return "" if -FURTHEST_AHEAD.total_seconds() <= age <= OLDEST.total_seconds() else "The signature is too old or too new."


def is_signed(body: bytes, *, signature: str, timestamp: str, public_key: str) -> bool:
    """Whether SendGrid signed exactly these bytes (ECDSA, SHA-256, over timestamp and body); they are not stripped or changed.

    It is what SendGrid's own verifier does, which takes text only and reads the key anew for every post. Raises SettingsError for
    a public key that is none.
    """
    key = read_public_key(public_key)
    try:
        key.verify(base64.b64decode(signature), timestamp.encode() + body, ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@lru_cache(maxsize=4)
def read_public_key(public_key: str) -> EllipticCurvePublicKey:
    """Read the key as SendGrid shows it: the Base64 inside of a PEM file. Raises SettingsError."""
    pem = f"-----BEGIN PUBLIC KEY-----\n{public_key}\n-----END PUBLIC KEY-----"
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey):
        raise SettingsError("delivery.sendgrid.webhook_public_key is not a key. Copy it from SendGrid's mail settings.")
    return key


def _refuse(status: int, reason: str) -> HttpResponse:
    log.warning("sendgrid events refused", status=status, reason=reason)
    return HttpResponse(f"{reason}\n", status=status, content_type="text/plain")

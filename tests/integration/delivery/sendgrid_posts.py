"""Posts of SendGrid's events, signed as it signs them."""

from __future__ import annotations

import base64
import json
import random
import time
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from newsletter.config import Config
from newsletter.delivery.handovers import Record
from newsletter.delivery.ledger import claim_batch, take_step
from newsletter.delivery.models import Delivery, Handover
from newsletter.delivery.webhooks import sendgrid_events
from tests.contract.delivery.samples import NOW, TODAY, prepared_send

KEY = ec.generate_private_key(ec.SECP256R1())


def public_key() -> str:
    der = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def configured(key: str) -> Config:
    config: Config = settings.NEWSLETTER
    sendgrid = config.delivery.sendgrid.model_copy(update={"webhook_public_key": key})
    return config.model_copy(update={"delivery": config.delivery.model_copy(update={"sendgrid": sendgrid})})


def signature(body: bytes, timestamp: str) -> str:
    return base64.b64encode(KEY.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()


def post(body: bytes, *, timestamp: str = "", signed: str | None = None, method: str = "POST") -> HttpResponse:
    timestamp = timestamp or str(int(time.time()))
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature(body, timestamp) if signed is None else signed,
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }
    request = RequestFactory().generic(method, "/webhooks/sendgrid", body, content_type="application/json", headers=headers)
    return sendgrid_events(request)


def event(delivery: Delivery, kind: str, *, at: int = 1_796_137_300, **more: Any) -> dict[str, Any]:
    return {
        "email": "reader@example.org",
        "timestamp": at,
        "event": kind,
        "sg_event_id": base64.b64encode(random.randbytes(8)).decode(),  # noqa: S311 - it changes, that is all
        "sg_message_id": "14c5d75ce93.dfd.64b469",
        "delivery": delivery.key,
        **more,
    }


def tell(*events: dict[str, Any]) -> None:
    response = post(json.dumps(events).encode() + b"\r\n")
    assert response.status_code == 200, response.content


def in_flight(count: int = 1) -> list[Delivery]:
    """Deliveries that were marked and of which nothing is known."""
    prepared_send(count)
    held = claim_batch("w", lease_seconds=10, now=NOW)
    assert held is not None
    marked = take_step(held, records=[], room=count, on=TODAY, now=NOW).marked
    take_step(held, records=[Record(one.delivery_id, Handover.UNKNOWN, "lost") for one in marked], room=0, on=TODAY, now=NOW)
    return list(Delivery.objects.order_by("pk"))

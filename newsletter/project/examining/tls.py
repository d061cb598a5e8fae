"""Certificates: how long they last."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from newsletter.project.examining.diagnosis import Diagnosis, ok, problem, skipped, warning

SOON, NOW = timedelta(days=21), timedelta(days=3)
"""Let's Encrypt renews 30 days before the end: what is nearer was not renewed."""

RENEW: Final = "Renew it, and see why it was not renewed by itself: certbot renew --dry-run"


def examine_certificate(check: str, certificate: Mapping[str, Any] | None, *, whose: str, now: datetime) -> Diagnosis:
    """Say how long a certificate lasts, as ``SSLSocket.getpeercert()`` gives it; that it is trusted is known already."""
    if not certificate or "notAfter" not in certificate:
        return skipped(check, f"{whose} showed no certificate.")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    said = f"The certificate of {whose} ends on {ends:%d %b %Y}, in {(ends - now).days} days."
    if ends - now < NOW:
        return problem(check, said, RENEW)
    if ends - now < SOON:
        return warning(check, said, RENEW)
    return ok(check, said)

"""Invented service mails."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import ServiceContent, post
from tests.contract.delivery.samples import NOW

ADDRESS = "maria@metsmatters.example"
SECRET = "the-secret-of-the-link"


def content(
    address: str = ADDRESS, *, text: str = f"Open {SECRET}.\n", subject: str = "Please review issue 2026-12"
) -> ServiceContent:
    return ServiceContent(address, "en", subject, text, f'<!doctype html><html lang="en"><body><p>{SECRET} ñ</p></body></html>')


def posted(address: str = ADDRESS, *, now: datetime = NOW, lasts: timedelta = timedelta(days=1)) -> ServiceMail:
    return post("review-request", content(address), now=now, expires_at=now + lasts)

"""What a reader takes with them: everything that is stored about them as JSON (docs/own-data.md), or as one page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import orjson
from django.template.loader import render_to_string

from newsletter.subscribers.installation import config, page_design
from newsletter.subscribers.own_data import OwnData, OwnSubscription
from newsletter.subscribers.own_records import MailedIssue
from newsletter.subscribers.web.own_words import local_day, own_parts
from newsletter.subscribers.web.page_design import Words

FORMAT: Final = "newsletter-own-data"
FORMAT_VERSION: Final = 1
"""Grows when a field changes its meaning or goes; new fields may come at any time."""


def own_json(data: OwnData, *, now: datetime) -> bytes:
    """Give everything as JSON: UTF-8, the fields in the documented order, moments in UTC."""
    letter = config().newsletter
    content = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "made_at": now,
        "newsletter": letter.name,
        "organisation": letter.organisation,
        "person": {
            "address": data.contact.address,
            "first_name": data.contact.first_name,
            "language": data.language,
            "topics": None if data.topics is None else sorted(data.topics),
            "paused_until": data.snoozed_until,
            "stored_since": data.created_at,
            "address_since": data.address_since,
        },
        "subscriptions": [_subscription(one) for one in data.subscriptions],
        "issues": [_issue(one) for one in data.issues],
        "service_mails": [{"kind": mail.kind, "posted_at": mail.at, "state": mail.state} for mail in data.mails],
        "links": [
            {"purpose": link.purpose, "made_at": link.at, "works_until": link.until, "used_at": link.used_at}
            for link in data.links
        ],
        "form_requests": [{"kind": request.kind, "asked_at": request.at} for request in data.requests],
        "suppression": {"reason": data.suppression.reason, "since": data.suppression.at} if data.suppression else None,
        "retention_days": {name: days for name, days in config().retention if isinstance(days, int)},
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)


def own_page(data: OwnData, words: Words, *, now: datetime) -> str:
    """Give everything as one page to read or print, which loads nothing from anywhere."""
    values = {
        "language": words.language,
        "words": words.sections,
        "letter": config().newsletter,
        "theme": page_design().theme,
        "parts": own_parts(data, words),
        "day": local_day(words, now),
    }
    return render_to_string("my_data_copy.html.j2", values)


def _subscription(one: OwnSubscription) -> dict[str, Any]:
    consent = one.consent
    return {
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "end_reason": one.end_reason or None,
        "consent": {
            "given_at": consent.at,
            "source": consent.source,
            "wording": consent.wording,
            "language": consent.language,
            "text": consent.text,
        },
    }


def _issue(one: MailedIssue) -> dict[str, Any]:
    return {
        "issue": one.issue,
        "title": one.title,
        "released_on": one.day,
        "sent_at": one.sent_at,
        "became": one.became,
        "note": one.note,
        "events": [{"kind": event.kind, "at": event.at, "note": event.note} for event in one.events],
    }

"""What a reviewer does with their link over HTTP, and what is recorded of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.test import Client

from newsletter.postbox.models import ServiceMail
from newsletter.publishing.models import Approval, AuditEntry, Objection, ReviewRequest
from tests.contract.publishing.review_samples import token_of


def path(request: ReviewRequest) -> str:
    return f"/review/{token_of(request)}"


def shown(client: Client, request: ReviewRequest) -> str:
    response = client.get(path(request))
    assert response.status_code == 200
    return response.content.decode()


def press(client: Client, request: ReviewRequest, answer: str, **fields: Any) -> Any:
    values = {"answer": answer, "candidate": request.candidate.digest, "read": "yes"} | fields
    values = {name: value for name, value in values.items() if value is not None}
    headers = fields.pop("headers", {})
    return client.post(path(request), urlencode(values), "application/x-www-form-urlencoded", headers=headers)


def recorded() -> tuple[int, int, int, int, list[Any]]:
    answers = list(ReviewRequest.objects.values_list("answer", "answered_at", "expires_at"))
    counts = (model.objects.count() for model in (Approval, Objection, ServiceMail, AuditEntry))
    approvals, objections, mails, acts = counts
    return approvals, objections, mails, acts, answers

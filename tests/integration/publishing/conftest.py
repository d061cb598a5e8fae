"""A request for a review, and the people who may be asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import settings

from newsletter.publishing.models import ReviewRequest
from tests.contract.publishing.review_samples import ask, site


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "NEWSLETTER", site())


@pytest.fixture
def review(people: None) -> ReviewRequest:
    [request] = ask("maria", now=datetime.now(UTC)).requests
    return request

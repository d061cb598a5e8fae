"""What the examined pages need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings


@pytest.fixture(scope="session", autouse=True)
def static_url() -> Iterator[None]:
    """Name the folder of static files, of which we have none: Django's live server does not start without the name."""
    with override_settings(STATIC_URL="/static/"):
        yield

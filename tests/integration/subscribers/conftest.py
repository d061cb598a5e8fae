"""A reader in the database, and everything that is stored about readers, to compare before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from newsletter.subscribers.models import Subscriber, Subscription, Suppression
from tests.readers import SignedUp, sign_up

Stored = list[list[tuple[Any, ...]]]


@pytest.fixture
def reader(db: None) -> SignedUp:
    """Ana, who reads English and chose one topic."""
    return sign_up()


@pytest.fixture
def stored(db: None) -> Callable[[], Stored]:
    """Give every row about readers."""

    def everything() -> Stored:
        return [list(model.objects.order_by("pk").values_list()) for model in (Subscriber, Subscription, Suppression)]

    return everything

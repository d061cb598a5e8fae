"""A reader in the database, and everything that is stored about readers, to compare before and after."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client

from newsletter.postbox.models import ServiceMail
from newsletter.subscribers.models import (
    Erasure,
    FarewellCount,
    MailedLink,
    ReaderRequest,
    Subscriber,
    Subscription,
    Suppression,
)
from tests.readers import NOVEMBER, SignedUp, sign_up

Stored = list[list[tuple[Any, ...]]]

ABOUT_READERS = (Subscriber, Subscription, Suppression, MailedLink, ReaderRequest, Erasure, FarewellCount, ServiceMail)

Press = Callable[..., str]

URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture
def reader(db: None) -> SignedUp:
    """Ana, who reads English and chose one topic."""
    return sign_up()


@pytest.fixture
def stored(db: None) -> Callable[[], Stored]:
    """Give every row about readers."""

    def everything() -> Stored:
        return [list(model._default_manager.order_by("pk").values_list()) for model in ABOUT_READERS]

    return everything


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Hold the clock at the moment of the goodbye."""
    with time_machine.travel(NOVEMBER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def press(client: Client, clock: time_machine.Traveller) -> Press:
    """Press a button of a reader's page; give the answer as text."""

    def send(page: str, token: str, *, status: int = 200, **fields: str) -> str:
        response = client.post(f"/{page}/{token}", urlencode(fields), URLENCODED)
        assert response.status_code == status
        return html.unescape(response.content.decode())

    return send


def mark_in(page: str) -> str:
    found = re.search(r'name="back" value="([^"]+)"', page)
    return found[1] if found else ""


def reasons_in(page: str) -> list[str]:
    return re.findall(r'name="reason" value="(\w+)"', page)


def is_subscribed(reader: SignedUp) -> bool:
    return Subscription.objects.filter(subscriber=reader.subscriber(), ended_at__isnull=True).exists()

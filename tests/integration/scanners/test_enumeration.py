"""A public form gives away nothing about an address: the same words, the same headers, the same work, whoever it belongs to.

Work is compared by the statements that the database is asked, not by the clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletter.subscribers.answering import answer_sign_up
from newsletter.subscribers.choices import Choices
from newsletter.subscribers.erasing import ask_erasure
from newsletter.subscribers.erasure_steps import run_erasures
from newsletter.subscribers.installation import choices, sealer
from newsletter.subscribers.models import EndReason, ErasureReason, SuppressionReason
from newsletter.subscribers.subscribing import end_subscription, snooze
from newsletter.subscribers.suppressing import suppress
from tests.integration.scanners.corpus import URLENCODED
from tests.readers import NOVEMBER, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]

WAITED = timedelta(seconds=30)

STAMP = re.compile(r'name="stamp" value="([^"]+)"')

NOT_THE_SAME_TWICE = re.compile(r"""nonce(?:="|-)[^"']+|WyI[\w%.:-]{40,}""")
"""The nonce of a page's style, and the stamp of its form."""


def unknown(_: str) -> None:
    """Nobody has this address."""


def known(address: str) -> None:
    sign_up(address)


def known_in_spanish(address: str) -> None:
    sign_up(address, language="es", first_name="", topics=())


def paused(address: str) -> None:
    reader = sign_up(address)
    snooze(reader.subscription_id, until=NOVEMBER.date() + timedelta(days=60), today=NOVEMBER.date())


def gone(address: str) -> None:
    end_subscription(sign_up(address).subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)


def complained(address: str) -> None:
    reader = sign_up(address)
    end_subscription(reader.subscription_id, reason=EndReason.COMPLAINED, now=NOVEMBER)
    suppress(reader.subscriber(), reason=SuppressionReason.COMPLAINED, now=NOVEMBER)


def suppressed(address: str) -> None:
    suppress(sealer().lookup(address), reason=SuppressionReason.DIED, now=NOVEMBER)


def being_erased(address: str) -> None:
    ask_erasure(sign_up(address).subscriber().pk, reason=ErasureReason.ASKED, now=NOVEMBER)


def erased(address: str) -> None:
    being_erased(address)
    run_erasures(now=NOVEMBER)


def asked_already(address: str) -> None:
    offered: Choices = choices()
    lookup = sealer().lookup(address)
    answer_sign_up(address, "Eve", offered.current_wording, lookup=lookup, language="en", now=NOVEMBER)


WHO = (unknown, known, known_in_spanish, paused, gone, complained, suppressed, being_erased, erased, asked_already)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def stamp(path: str) -> str:
    found = STAMP.search(Client().get(path).content.decode())
    assert found
    return found[1]


def form(path: str, address: str, *, moved: bool) -> dict[str, str]:
    typed = {"stamp": stamp(path) if moved else "x", "address": address}
    return typed if path == "/lost-link" else typed | {"first_name": "Eve", "language": "en", "consent": "yes"}


def answer(path: str, typed: dict[str, str], **headers: str) -> tuple[str, list[str]]:
    """Give everything that a visitor is told, and what the database was asked for it."""
    with CaptureQueriesContext(connection) as asked:
        response: HttpResponse = Client().post(path, urlencode(typed), URLENCODED, headers=headers)  # type: ignore[assignment]
    told = f"{response.status_code} {sorted(response.headers.items())} {response.content.decode()}"
    return NOT_THE_SAME_TWICE.sub("", told), [without_values(one["sql"]) for one in asked.captured_queries]


def without_values(sql: str) -> str:
    """Leave of a statement what was asked, without about whom."""
    return re.sub(r"'[^']*'|X'[0-9a-f]*'|\\x[0-9a-f]+|\b\d+\b|s\d+_x\d+|_[0-9a-f]{8,}\w*", "?", sql)


@pytest.mark.parametrize("address", ["ana.perez@example.org", "ANA.PEREZ@EXAMPLE.ORG"])
@pytest.mark.parametrize("path", ["/subscribe", "/lost-link"])
@pytest.mark.parametrize("good", [True, False], ids=["a whole form", "a form without its stamp"])
def test_whoever_an_address_belongs_to_the_answer_and_the_work_are_the_same(path: str, address: str, *, good: bool) -> None:
    with time_machine.travel(NOVEMBER, tick=False) as clock:
        shown = form(path, address, moved=good)
        clock.shift(WAITED)
        heard = {}
        for who in WHO:
            with undone():
                who("ana.perez@example.org")
                heard[who.__name__] = answer(path, shown)
    told, work = heard["unknown"]
    assert told.startswith("200 ")
    assert any("INSERT" in one for one in work) == good
    for name, (other_told, other_work) in heard.items():
        assert other_told == told, name
        assert other_work == work, name

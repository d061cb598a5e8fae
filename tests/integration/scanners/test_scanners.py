"""Whatever a mail scanner does with the links of a mail, nobody is unsubscribed, subscribed, moved, paused or erased by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver
from pytest_django.plugin import DjangoDbBlocker

from tests.integration.scanners.corpus import CORPUS, URLENCODED, Behaviour, Sent
from tests.integration.scanners.doors import Door, open_doors, routes, rows
from tests.readers import NOVEMBER, sign_up

pytestmark = pytest.mark.django_db

SINCE_THE_PAGE_WAS_SHOWN = timedelta(seconds=30)

NOBODY_ACTS_HERE = {
    "": "the start page",
    "issues/": "the archive",
    "issues/<str:name>/": "the archive",
    "issues/<str:name>/<str:language>/": "the archive",
    "feed.xml": "the archive's feed",
    "feed.<str:language>.xml": "the archive's feed",
    "assets/<str:name>": "pictures",
    "privacy": "says what is kept",
    "subscribe/embed.js": "a script",
    "subscribe/stamp": "gives a stamp to a script, and keeps nothing",
}

NOT_FOR_READERS = {
    "webhooks/sendgrid": "signed by the provider: tests/integration/delivery/test_webhook_refusals.py",
    "review/<str:token>": "of the medical reviewer: tests/integration/publishing/test_review_page.py",
    "review/<str:token>/mail/<str:language>/<int:number>/<str:scheme>": "the same",
    "review/<str:token>/web/<str:language>": "the same",
}


@pytest.fixture(scope="module")
def doors(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[Door]]:
    """Give every button of every page, made once; by now a person would have read what is beside it."""
    del django_db_setup
    with django_db_blocker.unblock(), undone(), time_machine.travel(NOVEMBER, tick=False) as clock:
        opened = open_doors(sign_up(), now=NOVEMBER)
        clock.shift(SINCE_THE_PAGE_WAS_SHOWN)
        yield opened


@contextmanager
def undone() -> Iterator[None]:
    """Take back in the database whatever is done in the block."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def rows_written() -> int:
    """Give how many rows this connection to SQLite has written so far: where it wrote none nothing has to be compared."""
    return int(connection.connection.total_changes)


def send(sent: Sent) -> HttpResponse:
    headers = dict(sent.headers)
    return Client().generic(sent.method, sent.path, sent.body, sent.kind, headers=headers)  # type: ignore[return-value]


def press(door: Door) -> HttpResponse:
    return Client().post(door.path, door.body, URLENCODED)  # type: ignore[return-value]


@pytest.mark.parametrize("behaviour", CORPUS, ids=lambda behaviour: behaviour.name)
def test_a_scanner_changes_nothing(doors: list[Door], behaviour: Behaviour) -> None:
    before, wrong = rows(), []
    for sent in (sent for door in doors for sent in behaviour.at(door)):
        with undone():
            written = rows_written()
            response = send(sent)
            if (
                (rows_written() > written and rows() != before)
                or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
                or response.cookies
            ):
                wrong.append(f"{response.status_code} {sent.method} {sent.path} {sent.body[:100]!r}")
    assert wrong == []


@pytest.mark.parametrize("length", ["", "0", "5", "-1"])
def test_a_form_of_another_length_than_it_says_or_in_chunks_changes_nothing(doors: list[Door], length: str) -> None:
    """A body in chunks has no Content-Length (RFC 9112, 6.1): whoever reads it ends it where it says."""
    before = rows()
    for door in (door for door in doors if not door.is_public):
        with undone():
            response = Client().generic("POST", door.path, door.body, URLENCODED, CONTENT_LENGTH=length)
            assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            assert rows() == before, door


def test_a_link_for_one_purpose_is_worth_nothing_at_another_page(doors: list[Door]) -> None:
    before = rows()
    leaving = {"u/<str:token>", "unsubscribe/<str:token>", "relative/<str:token>"}
    for door in doors:
        for other in doors:
            same = door.route == other.route or {door.route, other.route} <= leaving
            if door.token and other.token and not same:
                path = "/" + other.route.replace("<str:token>", door.token)
                assert send(Sent("GET", path)).status_code == 404
                assert send(Sent("POST", path, other.body)).status_code == 404
    assert rows() == before


def test_the_test_itself_a_press_changes_something_at_every_door_for_people(doors: list[Door]) -> None:
    for door in doors:
        before = rows()
        with undone():
            assert press(door).status_code < 500
            if door.route != "subscribe/embedded":
                assert rows() != before, door


def test_a_press_that_is_sent_again_changes_nothing_more(doors: list[Door]) -> None:
    for door in (door for door in doors if not door.is_public):
        with undone():
            press(door)
            after = rows()
            for _ in range(2):
                assert press(door).status_code < 500
                send(Sent("GET", door.path))
                assert rows() == after, door


def test_no_route_is_forgotten(doors: list[Door]) -> None:
    known = {door.route for door in doors} | NOBODY_ACTS_HERE.keys() | NOT_FOR_READERS.keys()
    assert set(routes(get_resolver())) == known

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client, override_settings

from newsletter.keys import KeyRing
from newsletter.keys.in_use import RingInUse
from newsletter.subscribers.links import LinkSigner, Purpose
from newsletter.subscribers.models import EndReason
from newsletter.subscribers.subscribing import end_subscription
from tests.integration.subscribers.conftest import Stored
from tests.readers import NOVEMBER, SignedUp, sign_up

pytestmark = pytest.mark.database

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=----FormBoundaryjWmhtjORrn"
EXAMPLE_OF_THE_RFC = (
    "------FormBoundaryjWmhtjORrn\r\n"
    'Content-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
    "One-Click\r\n"
    "------FormBoundaryjWmhtjORrn--\r\n"
)


@contextmanager
def using_links_of(ring: KeyRing) -> Iterator[None]:
    with override_settings(RING_IN_USE=RingInUse(ring)):
        yield


@pytest.mark.parametrize(("body", "content_type"), [("List-Unsubscribe=One-Click", URLENCODED), (EXAMPLE_OF_THE_RFC, MULTIPART)])
def test_one_click_ends_the_subscription_at_once(client: Client, reader: SignedUp, body: str, content_type: str) -> None:
    response = client.post(f"/u/{reader.unsubscribe}", body, content_type)
    assert response.status_code == 200
    assert response.content.decode() == "You are unsubscribed from Mets Matters. Thank you for reading.\n"
    assert "Location" not in response.headers
    assert not response.cookies
    assert reader.subscription().end_reason == EndReason.UNSUBSCRIBED


def test_one_click_is_answered_in_the_readers_language(client: Client, db: None) -> None:
    reader = sign_up(language="es")
    response = client.post(f"/u/{reader.unsubscribe}", "List-Unsubscribe=One-Click", URLENCODED)
    assert response.headers["Content-Language"] == "es"
    assert response.content.decode().startswith("Su suscripción a Mets Matters ha terminado.")


def test_one_click_works_again_and_the_first_end_stays(client: Client, reader: SignedUp) -> None:
    end_subscription(reader.subscription_id, reason=EndReason.BOUNCED, now=NOVEMBER)
    response = client.post(f"/u/{reader.unsubscribe}", "List-Unsubscribe=One-Click", URLENCODED)
    assert response.status_code == 200
    assert (reader.subscription().end_reason, reader.subscription().ended_at) == (EndReason.BOUNCED, NOVEMBER)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", URLENCODED),
        ("List-Unsubscribe=Yes", URLENCODED),
        ("List-Unsubscribe=One-Click&x=1", URLENCODED),
        ("List-Unsubscribe=One-Click&List-Unsubscribe=One-Click", URLENCODED),
        ('{"List-Unsubscribe": "One-Click"}', "application/json"),
        ("List-Unsubscribe=One-Click", "text/plain"),
        (EXAMPLE_OF_THE_RFC.replace("One-Click", "Yes"), MULTIPART),
        ("goodbye=yes", URLENCODED),
    ],
)
def test_any_other_post_is_refused_with_the_button_and_changes_nothing(
    client: Client, reader: SignedUp, stored: Callable[[], Stored], body: str, content_type: str
) -> None:
    before = stored()
    response = client.post(f"/u/{reader.unsubscribe}", body, content_type)
    assert response.status_code == 400
    assert f'action="/unsubscribe/{reader.unsubscribe}"' in response.content.decode()
    assert stored() == before


def test_the_page_has_one_button_that_posts_to_a_path_of_its_own(client: Client, reader: SignedUp) -> None:
    html = client.get(f"/u/{reader.unsubscribe}").content.decode()
    assert html.count("<button") == 1
    assert f'<form method="post" action="/unsubscribe/{reader.unsubscribe}">' in html
    assert reader.manage not in html


def test_pressing_the_button_ends_the_subscription_and_says_how_to_come_back(client: Client, reader: SignedUp) -> None:
    response = client.post(f"/unsubscribe/{reader.unsubscribe}", "goodbye=yes", URLENCODED)
    html = response.content.decode()
    assert response.status_code == 200
    assert "You are unsubscribed" in html
    assert 'href="mailto:editors@metsmatters.example"' in html
    assert reader.subscription().end_reason == EndReason.UNSUBSCRIBED


def test_pressing_again_later_says_that_it_was_done_already(client: Client, reader: SignedUp) -> None:
    for seconds, sentence in ((0, "From now on"), (11, "You have already left")):
        with time_machine.travel(NOVEMBER + timedelta(seconds=seconds), tick=False):
            response = client.post(f"/unsubscribe/{reader.unsubscribe}", "goodbye=yes", URLENCODED)
        assert sentence in response.content.decode()
    assert "You have already left" in client.get(f"/u/{reader.unsubscribe}").content.decode()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", URLENCODED),
        ("goodbye=no", URLENCODED),
        ("goodbye=yes&goodbye=yes", URLENCODED),
        ("goodbye=yes&x=1", URLENCODED),
        ("List-Unsubscribe=One-Click", URLENCODED),
        ("goodbye=yes", "text/plain"),
        ("goodbye=yes" + "&" * 20_000, URLENCODED),
        ("&".join(["a"] * 4_000), URLENCODED),
    ],
)
def test_a_post_without_the_button_is_refused_and_changes_nothing(
    client: Client, reader: SignedUp, stored: Callable[[], Stored], body: str, content_type: str
) -> None:
    before = stored()
    assert client.post(f"/unsubscribe/{reader.unsubscribe}", body, content_type).status_code == 400
    assert stored() == before


def test_the_link_of_an_old_issue_still_lets_a_returned_reader_go(client: Client, reader: SignedUp) -> None:
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    returned = sign_up()
    assert returned.subscription_id != reader.subscription_id
    client.post(f"/u/{reader.unsubscribe}", "List-Unsubscribe=One-Click", URLENCODED)
    assert returned.subscription().end_reason == EndReason.UNSUBSCRIBED


def test_a_reader_can_leave_even_when_their_data_cannot_be_opened(client: Client, reader: SignedUp) -> None:
    subscriber = reader.subscriber()
    subscriber.contact = subscriber.topics = b"\x63" + bytes(60)
    subscriber.save()
    assert client.get(f"/u/{reader.unsubscribe}").status_code == 200
    assert client.post(f"/u/{reader.unsubscribe}", "List-Unsubscribe=One-Click", URLENCODED).status_code == 200
    assert reader.subscription().ended_at


def test_a_link_of_a_retired_key_still_unsubscribes_and_manages_nothing(client: Client, reader: SignedUp) -> None:
    ring: KeyRing = settings.KEY_RING
    retired = KeyRing(ring.seal, ring.lookup, {**ring.link, 9: bytes(32)}, frozenset(ring.link), ring.django)
    public_id = bytes(reader.subscription().public_id)
    with using_links_of(retired):
        assert client.get(f"/m/{reader.manage}").status_code == 404
        assert client.get(f"/m/{LinkSigner(retired).token(public_id, Purpose.MANAGE)}").status_code == 200
        assert client.post(f"/u/{reader.unsubscribe}", "List-Unsubscribe=One-Click", URLENCODED).status_code == 200
    assert reader.subscription().ended_at

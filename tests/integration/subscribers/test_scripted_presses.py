"""A POST that a script made in a browser which would have named a person: asked about once more, and nobody is locked out."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.integration.subscribers.conftest import URLENCODED, Stored, is_subscribed
from tests.mailed import mails
from tests.readers import SignedUp, sign_up

pytestmark = pytest.mark.database

CHROMIUM_SCRIPT = {"Sec-Fetch-Mode": "navigate", "Sec-CH-UA": '"Chromium";v="156"', "User-Agent": "Chrome/156.0 Safari/537.36"}


@pytest.mark.parametrize(
    ("page", "body"),
    [
        ("m", "action=goodbye"),
        ("m", "action=choices&topic=trials&topic=living&language=es"),
        ("m", "action=pause&months=2"),
        ("m", "action=stored"),
        ("unsubscribe", "goodbye=yes"),
        ("relative", "died=yes"),
    ],
)
def test_a_press_that_nobody_made_does_nothing_and_the_second_press_does_the_same(
    client: Client, reader: SignedUp, stored: Callable[[], Stored], page: str, body: str
) -> None:
    def send(form: str) -> HttpResponse:
        path = f"/{page}/{reader.manage if page == 'm' else reader.unsubscribe}"
        return client.post(path, form, URLENCODED, headers=CHROMIUM_SCRIPT)  # type: ignore[return-value]

    before = stored()
    asked = send(body)
    shown = asked.content.decode()
    assert asked.status_code == 200
    assert "Please press once more" in shown
    assert (stored(), mails()) == (before, [])
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', shown)
    assert urlencode(fields) == body
    assert "Please press once more" in send(urlencode(fields)).content.decode()
    done = send(urlencode([*fields, ("again", "yes")])).content.decode()
    assert "Please press once more" not in done
    assert (stored(), mails()) != (before, [])


@pytest.mark.usefixtures("db")
def test_it_is_asked_about_in_the_readers_language(client: Client) -> None:
    reader = sign_up(language="es")
    asked = client.post(f"/unsubscribe/{reader.unsubscribe}", "goodbye=yes", URLENCODED, headers=CHROMIUM_SCRIPT)
    assert "Por favor, pulse una vez más" in asked.content.decode()


def test_one_click_is_not_asked_about(client: Client, reader: SignedUp) -> None:
    headers = {**CHROMIUM_SCRIPT, "Sec-Fetch-Mode": "cors"}
    response = client.post(f"/u/{reader.unsubscribe}", "List-Unsubscribe=One-Click", URLENCODED, headers=headers)
    assert response.status_code == 200
    assert not is_subscribed(reader)


@pytest.mark.parametrize(("page", "body"), [("m", "action=goodbye"), ("unsubscribe", "goodbye=yes"), ("relative", "died=yes")])
def test_a_fetch_is_refused_without_a_second_chance(
    client: Client, reader: SignedUp, stored: Callable[[], Stored], page: str, body: str
) -> None:
    before = stored()
    path = f"/{page}/{reader.manage if page == 'm' else reader.unsubscribe}"
    response = client.post(path, f"{body}&again=yes", URLENCODED, headers={"Sec-Fetch-Mode": "cors"})
    assert response.status_code == 400
    assert stored() == before

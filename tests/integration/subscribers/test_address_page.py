from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import MailedLink
from tests.integration.subscribers.conftest import Stored
from tests.mailed import mails, move_token
from tests.readers import NOVEMBER, SignedUp, sign_up

pytestmark = pytest.mark.database

NEW = "eva.new@sample.example"
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOVEMBER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def path(reader: SignedUp) -> str:
    """Have Ana ask to move; give the path of the link at the new address."""
    return f"/address/{move_token(reader, NEW, now=NOVEMBER)}"


def text_of(response: object) -> str:
    assert isinstance(response, HttpResponse)
    return re.sub(r'nonce="[^"]*"', "", response.content.decode())


def page_of(client: Client, path: str) -> str:
    found = re.search(r'name="page" value="(\w+)"', text_of(client.get(path)))
    assert found is not None
    return found[1]


def press(client: Client, path: str, page: str) -> HttpResponse:
    form = urlencode({"page": page, "act": "move"})
    return client.post(path, form, "application/x-www-form-urlencoded")  # type: ignore[return-value]


def is_at_new_address(reader: SignedUp) -> bool:
    return bytes(reader.subscriber().lookup) == sealer().lookup(NEW)


def test_looking_changes_nothing_and_shows_both_addresses_masked(client: Client, path: str, stored: Callable[[], Stored]) -> None:
    before, links = stored(), list(MailedLink.objects.values_list())
    html = text_of(client.get(path))
    assert "It now goes to a•••@e•••.org. With the button it comes to e•••@s•••.example." in html
    assert not re.search("ana|eva", html, re.IGNORECASE)
    client.head(path)
    client.options(path)
    assert (stored(), list(MailedLink.objects.values_list())) == (before, links)


def test_the_button_moves_and_says_the_same_when_it_is_pressed_twice(client: Client, reader: SignedUp, path: str) -> None:
    page = page_of(client, path)
    first, second = press(client, path, page), press(client, path, page)
    assert (first.status_code, second.status_code) == (HTTPStatus.OK, HTTPStatus.OK)
    assert "Your newsletter has a new address" in text_of(first)
    assert "Your newsletter has a new address" in text_of(second)
    assert not first.cookies
    assert is_at_new_address(reader)
    assert len(mails("address-moved")) == 1


def test_another_page_of_the_same_link_is_over_once_it_was_pressed(client: Client, path: str) -> None:
    mine, yours = page_of(client, path), page_of(Client(), path)
    press(client, path, mine)
    for response in (press(Client(), path, yours), Client().get(path)):
        assert isinstance(response, HttpResponse)
        assert response.status_code == HTTPStatus.GONE
        assert "This link no longer works" in text_of(response)
        assert "•••" not in text_of(response)


def test_after_a_day_the_link_is_over(client: Client, reader: SignedUp, path: str, clock: time_machine.Traveller) -> None:
    page = page_of(client, path)
    clock.move_to(NOVEMBER + A_DAY)
    assert press(client, path, page).status_code == HTTPStatus.GONE
    assert not is_at_new_address(reader)


def test_what_a_program_sends_moves_nobody(client: Client, reader: SignedUp, path: str) -> None:
    page = page_of(client, path)
    urlencoded = "application/x-www-form-urlencoded"
    pressed = urlencode({"page": page, "act": "move"})
    client.post(path, pressed, urlencoded, headers={"sec-fetch-mode": "cors"})
    client.post(path, pressed, urlencoded, headers={"sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"})
    client.post(path, {"page": page, "act": "move"})
    client.post(path, urlencode({"page": page}), urlencoded)
    client.post(path, "List-Unsubscribe=One-Click", urlencoded)
    assert not is_at_new_address(reader)


def test_an_address_that_signed_up_meanwhile_is_told_that_it_has_the_letter(client: Client, path: str) -> None:
    page = page_of(client, path)
    sign_up(NEW)
    response = press(client, path, page)
    assert response.status_code == HTTPStatus.CONFLICT
    assert "Your newsletter comes here already" in text_of(response)


def test_a_link_that_nobody_was_mailed_leads_nowhere(client: Client, reader: SignedUp) -> None:
    for token in ("x" * 32, reader.manage):
        assert client.get(f"/address/{token}").status_code == HTTPStatus.NOT_FOUND
        assert press(client, f"/address/{token}", "0" * 32).status_code == HTTPStatus.NOT_FOUND


def test_the_page_speaks_the_language_of_whoever_moves(client: Client, db: None) -> None:
    path = f"/address/{move_token(sign_up(language='es'), NEW, now=NOVEMBER)}"
    assert "¿Quiere recibir su boletín en esta dirección?" in text_of(client.get(path))
    assert "Su boletín tiene una dirección nueva" in text_of(press(client, path, page_of(client, path)))

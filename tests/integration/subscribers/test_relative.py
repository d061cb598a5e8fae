"""What a family finds who tells us that a reader has died."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests.integration.subscribers.conftest import URLENCODED, Press, Stored, is_subscribed, mark_in
from tests.mailed import mails
from tests.readers import SignedUp

pytestmark = pytest.mark.database


@pytest.mark.parametrize("gone", [False, True])
def test_one_press_ends_and_suppresses_and_the_words_are_quiet(
    press: Press, client: Client, reader: SignedUp, *, gone: bool
) -> None:
    if gone:
        press("unsubscribe", reader.unsubscribe, goodbye="yes")
    shown = client.get(f"/relative/{reader.unsubscribe}").content.decode()
    assert shown.count("<button") == 1
    for _ in range(2):
        page = press("relative", reader.unsubscribe, died="yes")
        assert "We are so sorry" in page
        assert "844-ASK-SHARE" in page
        assert "by December 5, 2026." in page
    assert mails() == []
    assert not is_subscribed(reader)


def test_every_link_says_the_same_afterwards_and_nothing_brings_them_back(press: Press, client: Client, reader: SignedUp) -> None:
    mark = mark_in(press("unsubscribe", reader.unsubscribe, goodbye="yes"))
    press("relative", reader.unsubscribe, died="yes")
    for path in (f"/u/{reader.unsubscribe}", f"/m/{reader.manage}", f"/relative/{reader.unsubscribe}"):
        shown = client.get(path).content.decode()
        assert "We are so sorry" in shown
        assert "<form" not in shown
        assert "/subscribe" not in shown
    assert "We are so sorry" in press("unsubscribe", reader.unsubscribe, back=mark)
    assert not is_subscribed(reader)


@pytest.mark.parametrize("page", ["m", "u", "unsubscribe"])
def test_quiet_words_lead_there(client: Client, reader: SignedUp, page: str) -> None:
    shown = client.get(f"/{page}/{reader.manage if page == 'm' else reader.unsubscribe}").content.decode()
    found = re.search(r'<a href="(/relative/[\w-]+)">', shown)
    assert found
    assert client.get(found[1]).status_code == 200


@pytest.mark.parametrize("body", ["", "died=no", "died=yes&died=yes", "died=yes&x=1", "goodbye=yes"])
def test_any_other_form_shows_the_button_and_changes_nothing(
    client: Client, reader: SignedUp, stored: Callable[[], Stored], body: str
) -> None:
    before = stored()
    response = client.post(f"/relative/{reader.unsubscribe}", body, URLENCODED)
    assert response.status_code == 400
    assert b"We are sorry for your loss" in response.content
    assert stored() == before

"""The sign-up form on other sites: who may use it by script, and what that script is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.test import Client

from newsletter.subscribers.models import ReaderRequest
from tests.integration.subscribers.test_public_forms import ADDRESS, changed_settings, form, press

pytestmark = pytest.mark.django_db

ORIGIN: Final = "https://www.charity.example"


@pytest.fixture
def _one_site_may_embed() -> Iterator[None]:
    with changed_settings(embed_origins=(ORIGIN,)):
        yield


@pytest.mark.usefixtures("_one_site_may_embed")
def test_only_sites_that_are_named_may_use_the_form_by_script(client: Client) -> None:
    for origin, status in ((ORIGIN, 200), ("https://elsewhere.example", 403), ("null", 403), ("", 403)):
        headers = {"Origin": origin} if origin else {}
        asked = client.get("/subscribe/stamp", headers=headers)
        sent = press(client, "/subscribe/embedded", form(f"{status}@example.org"), headers=headers)
        assert (asked.status_code, sent.status_code) == (status, status)
        for response in (asked, sent):
            allowed = response.headers.get("Access-Control-Allow-Origin")
            assert allowed == (ORIGIN if status == 200 else None)
            assert "Origin" in response.headers["Vary"]
            assert "Access-Control-Allow-Credentials" not in response.headers
            assert not response.cookies
    assert ReaderRequest.objects.count() == 1


@pytest.mark.usefixtures("_one_site_may_embed")
def test_a_script_is_told_what_the_page_would_say(client: Client) -> None:
    def send(**fields: str) -> Any:
        return press(client, "/subscribe/embedded?lang=es", form(**fields), headers={"Origin": ORIGIN}).json()

    wrong = send(address="x", consent="")
    assert set(wrong["problems"]) == {"address", "consent"}
    again = send(stamp="")
    assert again["sentences"] == ["Por favor, pulse el botón una vez más. Lo que escribió sigue ahí."]
    taken = send(stamp=again["stamp"])
    assert taken["sentences"][0] == f"Un correo nuestro va en camino a esta dirección: {ADDRESS}"
    assert "stamp" not in taken
    assert ReaderRequest.objects.count() == 1


def test_the_script_is_kept_by_browsers_and_asked_for_by_its_tag(client: Client) -> None:
    script = client.get("/subscribe/embed.js")
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert script.headers["Cache-Control"] == "public, max-age=3600"
    assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert client.get("/subscribe/embed.js", headers={"If-None-Match": script.headers["ETag"]}).status_code == 304

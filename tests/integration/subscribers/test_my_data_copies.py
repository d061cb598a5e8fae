"""What is taken along from behind a fresh link, and what its pages never do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import time_machine

from tests.integration.subscribers.my_data_visits import ADDRESS, Visitor, text_of
from tests.mailed import fresh_token
from tests.readers import NOVEMBER, SignedUp, sign_up

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def clock() -> object:
    with time_machine.travel(NOVEMBER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def token(reader: SignedUp) -> str:
    """Mail a fresh link to Ana."""
    return fresh_token(reader, now=NOVEMBER)


def test_json_is_a_download_with_everything(token: str) -> None:
    response = Visitor(token).opened().press("json")
    assert response.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert response.headers["Cache-Control"] == "no-store"
    content = json.loads(response.content)
    assert (content["format"], content["version"]) == ("newsletter-own-data", 1)
    assert content["person"] == {
        "address": ADDRESS,
        "first_name": "Ana",
        "language": "en",
        "topics": ["tnbc"],
        "paused_until": None,
        "stored_since": "2026-11-05T15:00:00Z",
        "address_since": None,
    }
    assert content["subscriptions"][0]["consent"]["wording"] == "2026-11"
    assert content["service_mails"] == [{"kind": "my-data", "posted_at": "2026-11-05T15:00:00Z", "state": "queued"}]


def names_in(value: object) -> set[str]:
    """Give the name of every field, however deep."""
    if isinstance(value, dict):
        return {*value, *names_in(list(value.values()))}
    return {name for one in value for name in names_in(one)} if isinstance(value, list) else set()


def test_every_field_of_the_json_is_documented(token: str) -> None:
    visitor = Visitor(token).opened()
    visitor.press("address", address="new@example.net")
    content = json.loads(visitor.press("json").content)
    del content["retention_days"]
    told = (Path(__file__).parents[3] / "docs/own-data.md").read_text("utf-8")
    assert [name for name in sorted(names_in(content)) if f"`{name}`" not in told] == []


def test_the_page_to_print_loads_nothing_from_anywhere(token: str) -> None:
    response = Visitor(token).opened().press("page")
    assert response.headers["Content-Disposition"] == 'attachment; filename="my-data.html"'
    html = text_of(response)
    assert ADDRESS in html
    assert not re.findall(r"<(?:script|link|img|iframe|form)|https?://|src=|@import|url\(", html)


def test_everything_is_said_in_spanish_to_whoever_reads_spanish(db: None) -> None:
    reader = sign_up(language="es")
    visitor = Visitor(fresh_token(reader, now=NOVEMBER))
    assert "Abrir mi página" in text_of(visitor.look())
    assert "Todo lo que guardamos sobre usted" in text_of(visitor.press("open"))
    assert "¿Borrar todo sobre usted?" in text_of(visitor.press("erase"))
    assert 'filename="mis-datos.json"' in visitor.press("json").headers["Content-Disposition"]
    assert "Le estamos olvidando" in text_of(visitor.press("erase-all"))


def test_no_cookie_is_ever_set(token: str) -> None:
    visitor = Visitor(token).opened()
    for act in ("open", "name", "address", "call-off", "json", "page", "erase", "nonsense", "erase-all"):
        assert not visitor.press(act).cookies
    assert not visitor.client.cookies

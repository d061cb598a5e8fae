"""A link of a newsletter may be in anybody's hands: with it alone nobody ever reads a whole name or address (DESIGN 4.12)."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from newsletter.errors import AddressError
from newsletter.keys import KeyRing
from newsletter.keys.in_use import RingInUse
from newsletter.subscribers.addresses import parse_address
from newsletter.subscribers.models import EndReason
from tests.integration.scanners.corpus import URLENCODED
from tests.integration.scanners.doors import rows
from tests.readers import NOVEMBER, SignedUp, sign_up

pytestmark = pytest.mark.django_db

FORMS = (
    "",
    "action=choices&language=es&topic=trials",
    "action=choices&language=en",
    "action=pause&months=2",
    "action=pause&until=1999-01-01",
    "action=resume",
    "action=stored",
    "action=erase",
    "action=goodbye",
    "goodbye=yes",
    "died=yes",
    "act=open&page=00000000000000000000000000000000",
    "List-Unsubscribe=One-Click",
    "address=eve@example.org&first_name=Eve&consent=yes",
)

MARK = "Zqxjvkw"
"""Begins every name and address, so that nothing else on a page is taken for one."""

HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x>',
    "{{ words }}",
    "{address}",
    "%s%(name)s",
    "\u202egro.elpmaxe",
    "O'Hara & S\u00f6hne",
)

NAMES = st.text(max_size=40) | st.sampled_from(HOSTILE_NAMES)

LOCAL_PARTS = st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,30}(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,12})?", fullmatch=True)

DOMAINS = st.sampled_from(["example.org", "mail.example.com", "b\u00fccher.example", "xn--bcher-kva.example"])


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def everything_said(client: Client, reader: SignedUp) -> str:
    """Give every answer that the two links of a letter can bring about, with nothing quoted in any way."""
    said = []
    leave = reader.unsubscribe
    for path in (f"/m/{reader.manage}", f"/u/{leave}", f"/unsubscribe/{leave}", f"/relative/{leave}"):
        for form in FORMS:
            with undone():
                answers = [client.post(path, form, URLENCODED), client.get(path)]
                answers.append(client.post(path, form, URLENCODED, headers={"Sec-Fetch-Mode": "navigate"}))
            said += [f"{answer.headers} {answer.content.decode()}" for answer in answers]
    text = "\n".join(said)
    return "\n".join(unicodedata.normalize("NFC", one).casefold() for one in (text, html.unescape(text), unquote(text)))


@hypothesis_settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NAMES, local=LOCAL_PARTS, domain=DOMAINS)
@example(name="<b>Annabel</b>", local="o'hara+x", domain="example.org")
@example(name="{{address}} {name}", local="{name}.{address}", domain="b\u00fccher.example")
def test_with_the_links_of_a_letter_nobody_reads_a_name_or_an_address(client: Client, name: str, local: str, domain: str) -> None:
    name = MARK + name
    try:
        address = parse_address(f"{MARK}{local}@{domain}")
    except AddressError:
        return
    with undone(), time_machine.travel(NOVEMBER, tick=False):
        said = everything_said(client, sign_up(address, first_name=name))
    assert MARK.casefold() not in said
    for secret in (address, name):
        assert unicodedata.normalize("NFC", secret).casefold() not in said


def test_a_link_of_a_retired_key_says_goodbye_and_nothing_else(client: Client) -> None:
    reader = sign_up()
    ring = settings.RING_IN_USE.ring()
    retired = KeyRing(ring.seal, ring.lookup, {**ring.link, 9: bytes(32)}, frozenset(ring.link), ring.django)
    with override_settings(RING_IN_USE=RingInUse(retired)):
        before = rows()
        for form in FORMS:
            assert client.post(f"/m/{reader.manage}", form, URLENCODED).status_code == 404
            assert client.post(f"/relative/{reader.unsubscribe}", form, URLENCODED).status_code == 404
            assert client.post(f"/u/{reader.manage}", form, URLENCODED).status_code == 404
        for path in (f"/m/{reader.manage}", f"/relative/{reader.unsubscribe}"):
            assert client.get(path).status_code == 404
        page = client.get(f"/u/{reader.unsubscribe}").content.decode()
        assert not re.findall(r'(?:href|action)="/(?:m|relative|my-data)/', page)
        assert rows() == before
        assert client.post(f"/unsubscribe/{reader.unsubscribe}", "goodbye=yes", URLENCODED).status_code == 200
    assert reader.subscription().end_reason == EndReason.UNSUBSCRIBED

"""Whatever stands in a link where a token should be: a page, no fault of ours, and nothing changed."""

from __future__ import annotations

import base64
import string
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.subscribers.links import LinkSigner, Purpose
from tests.integration.scanners.corpus import URLENCODED
from tests.integration.scanners.doors import Door, open_doors, rows
from tests.readers import NOVEMBER, invented_ring, sign_up

PUBLIC_ID = b"12345678"

SIGNER = LinkSigner(invented_ring(link=(1, 2), retired=(1,)))

ANYTHING = st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode())

ALIKE = st.text("ABCXYZabcxyz019-_=+/.%", min_size=30, max_size=38)


@st.composite
def damaged(draw: st.DrawFn, token: str) -> str:
    """Draw a token with a bit flipped, a part left out or put in, or another letter."""
    at = draw(st.integers(0, len(token) - 1))
    kind = draw(st.sampled_from(["bit", "cut", "grow", "letter", "case"]))
    if kind == "bit":
        raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        raw[at % len(raw)] ^= 1 << draw(st.integers(0, 7))
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")
    if kind == "cut":
        return token[:at] + token[at + draw(st.integers(1, 8)) :]
    if kind == "grow":
        return token[:at] + draw(st.text(min_size=1, max_size=8)) + token[at:]
    if kind == "case":
        return token[:at] + token[at].swapcase() + token[at + 1 :]
    return token[:at] + draw(st.characters()) + token[at + 1 :]


@given(token=ANYTHING | ALIKE | st.sampled_from(Purpose).flatmap(lambda purpose: damaged(SIGNER.token(PUBLIC_ID, purpose))))
def test_only_the_one_spelling_of_a_token_is_read(token: str) -> None:
    for purpose in Purpose:
        assert SIGNER.read(token, purpose) == (PUBLIC_ID if token == SIGNER.token(PUBLIC_ID, purpose) else None)


@given(bit=st.integers(0, 199), purpose=st.sampled_from(Purpose))
def test_every_bit_of_a_token_counts(bit: int, purpose: Purpose) -> None:
    raw = bytearray(base64.urlsafe_b64decode(SIGNER.token(PUBLIC_ID, purpose) + "=="))
    raw[bit // 8] ^= 1 << bit % 8
    flipped = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert SIGNER.read(flipped, Purpose.MANAGE) is None
    assert SIGNER.read(flipped, Purpose.UNSUBSCRIBE) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_of_the_last_letters_that_mean_the_same_octets_one_is_read(purpose: Purpose) -> None:
    token = SIGNER.token(PUBLIC_ID, purpose)
    spelled = [token[:-1] + letter for letter in string.ascii_letters + string.digits + "-_"]
    assert [one for one in spelled if SIGNER.read(one, purpose)] == [token]


@pytest.fixture
def doors(db: None) -> Iterator[list[Door]]:
    """Give every button that a token leads to."""
    with time_machine.travel(NOVEMBER, tick=False):
        yield [door for door in open_doors(sign_up(), now=NOVEMBER) if door.token]


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_link_that_was_not_mailed_changes_anything_or_fails(client: Client, doors: list[Door], data: st.DataObject) -> None:
    door = data.draw(st.sampled_from(doors))
    token = data.draw(ANYTHING | ALIKE | damaged(door.token))
    if token == door.token:
        return
    before = rows()
    path = "/" + door.route.replace("<str:token>", quote(token, safe="", errors="surrogatepass"))
    for response in (client.get(path), client.post(path, door.body, URLENCODED)):
        assert response.status_code in {400, 404}
    assert rows() == before

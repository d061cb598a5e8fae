from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import SettingsError
from newsletter.subscribers.links import LinkSigner, Purpose, ReaderLinks
from tests.readers import invented_ring

SIGNER = LinkSigner(invented_ring())
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
public_ids = st.binary(min_size=8, max_size=8)
purposes = st.sampled_from(Purpose)


@given(public_id=public_ids, purpose=purposes)
def test_a_token_gives_back_its_public_id_in_34_characters(public_id: bytes, purpose: Purpose) -> None:
    token = SIGNER.token(public_id, purpose)
    assert len(token) == 34
    assert SIGNER.read(token, purpose) == public_id


@given(public_id=public_ids, purpose=purposes, place=st.integers(0, 33), other=st.sampled_from(ALPHABET))
def test_a_token_with_any_character_changed_is_refused(public_id: bytes, purpose: Purpose, place: int, other: str) -> None:
    token = SIGNER.token(public_id, purpose)
    changed = token[:place] + other + token[place + 1 :]
    assert SIGNER.read(changed, purpose) == (public_id if changed == token else None)


@given(public_id=public_ids, purpose=purposes, bit=st.integers(0, 199))
def test_a_token_with_any_bit_flipped_is_refused(public_id: bytes, purpose: Purpose, bit: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(SIGNER.token(public_id, purpose) + "=="))
    raw[bit // 8] ^= 1 << bit % 8
    assert SIGNER.read(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), purpose) is None


@given(public_id=public_ids)
def test_a_token_for_one_purpose_is_worth_nothing_for_the_other(public_id: bytes) -> None:
    assert SIGNER.read(SIGNER.token(public_id, Purpose.UNSUBSCRIBE), Purpose.MANAGE) is None
    assert SIGNER.read(SIGNER.token(public_id, Purpose.MANAGE), Purpose.UNSUBSCRIBE) is None


@given(text=st.text(max_size=40), purpose=purposes)
def test_anything_else_is_refused_quietly(text: str, purpose: Purpose) -> None:
    assert SIGNER.read(text, purpose) is None


@given(text=st.text(alphabet=ALPHABET + "=+/é\n", min_size=34, max_size=34), purpose=purposes)
def test_anything_of_the_right_length_is_refused_quietly(text: str, purpose: Purpose) -> None:
    assert SIGNER.read(text, purpose) is None


def test_a_second_spelling_of_the_same_bytes_is_refused() -> None:
    token = SIGNER.token(b"12345678", Purpose.MANAGE)
    same_bytes = [token[:-1] + last for last in ALPHABET if last != token[-1]]
    same_bytes = [
        other for other in same_bytes if base64.urlsafe_b64decode(other + "==") == base64.urlsafe_b64decode(token + "==")
    ]
    assert len(same_bytes) == 15
    assert [SIGNER.read(other, Purpose.MANAGE) for other in same_bytes] == [None] * 15


def test_the_newest_key_in_use_signs_and_an_older_one_still_reads() -> None:
    rotated = LinkSigner(invented_ring(link=(1, 2)))
    old = SIGNER.token(b"12345678", Purpose.MANAGE)
    assert rotated.read(old, Purpose.MANAGE) == b"12345678"
    assert rotated.token(b"12345678", Purpose.MANAGE) != old
    assert SIGNER.read(rotated.token(b"12345678", Purpose.MANAGE), Purpose.MANAGE) is None


def test_a_retired_key_still_unsubscribes_and_does_nothing_else() -> None:
    rotated = LinkSigner(invented_ring(link=(1, 2), retired=[1]))
    assert rotated.read(SIGNER.token(b"12345678", Purpose.UNSUBSCRIBE), Purpose.UNSUBSCRIBE) == b"12345678"
    assert rotated.read(SIGNER.token(b"12345678", Purpose.MANAGE), Purpose.MANAGE) is None


def test_a_retired_key_never_signs() -> None:
    signer = LinkSigner(invented_ring(link=(1, 2), retired=[2]))
    assert base64.urlsafe_b64decode(signer.token(b"12345678", Purpose.MANAGE) + "==")[0] == 1


def test_a_ring_whose_link_keys_are_all_retired_is_refused() -> None:
    with pytest.raises(SettingsError, match="Every link key"):
        LinkSigner(invented_ring(retired=[1]))


def test_a_public_id_has_eight_bytes() -> None:
    with pytest.raises(ValueError, match="eight bytes"):
        SIGNER.token(b"1234567", Purpose.MANAGE)


def test_list_unsubscribe_stays_within_77_octets() -> None:
    links = ReaderLinks("https://news.sharecancersupport.org", SIGNER)
    assert len(f"<{links.unsubscribe_url(b'12345678')}>") == 74
    assert links.manage_url(b"12345678").startswith("https://news.sharecancersupport.org/m/")


@given(public_ids)
def test_both_links_are_those_made_one_by_one(public_id: bytes) -> None:
    """They are made together for every mail, since one HMAC serves both."""
    links = ReaderLinks("https://news.example.org", SIGNER)
    assert links.both_urls(public_id) == (links.manage_url(public_id), links.unsubscribe_url(public_id))

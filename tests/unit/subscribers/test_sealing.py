from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import KeyMissingError, SealError
from newsletter.subscribers.sealing import Contact, Sealer
from tests.readers import invented_ring

SEALER = Sealer(invented_ring())
ROW = SEALER.lookup("ana@example.org")
ANA = Contact("ana@example.org", "Ana")


@given(address=st.text(), first_name=st.text(), row=st.binary(min_size=32, max_size=32))
def test_a_contact_opens_as_it_was_sealed(address: str, first_name: str, row: bytes) -> None:
    contact = Contact(address, first_name)
    assert SEALER.open_contact(SEALER.seal_contact(contact, lookup=row), lookup=row) == contact


@given(topics=st.frozensets(st.text(max_size=20), max_size=8))
def test_topics_open_as_they_were_sealed(topics: frozenset[str]) -> None:
    assert SEALER.open_topics(SEALER.seal_topics(topics, lookup=ROW), lookup=ROW) == topics


@given(data=st.data())
def test_a_sealed_value_with_any_bit_flipped_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(SEALER.seal_contact(ANA, lookup=ROW))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealError):
        SEALER.open_contact(bytes(sealed), lookup=ROW)


@given(junk=st.binary(max_size=120))
def test_what_was_never_sealed_does_not_open(junk: bytes) -> None:
    with pytest.raises(SealError):
        SEALER.open_topics(junk, lookup=ROW)


def test_a_value_does_not_open_in_another_row() -> None:
    sealed = SEALER.seal_contact(ANA, lookup=ROW)
    with pytest.raises(SealError):
        SEALER.open_contact(sealed, lookup=SEALER.lookup("eva@example.org"))


def test_a_value_does_not_open_in_another_column() -> None:
    with pytest.raises(SealError):
        SEALER.open_topics(SEALER.seal_contact(ANA, lookup=ROW), lookup=ROW)


def test_the_same_value_never_looks_the_same_twice() -> None:
    assert SEALER.seal_contact(ANA, lookup=ROW) != SEALER.seal_contact(ANA, lookup=ROW)


def test_the_size_does_not_say_how_many_topics_were_chosen() -> None:
    nothing, much = (SEALER.seal_topics(topics, lookup=ROW) for topics in ([], ["tnbc", "her2", "hormone", "trials", "living"]))
    assert len(nothing) == len(much)


def test_what_an_old_key_sealed_still_opens_and_the_newest_key_seals() -> None:
    old = SEALER.seal_contact(ANA, lookup=ROW)
    rotated = Sealer(invented_ring(seal=(1, 2)))
    assert rotated.open_contact(old, lookup=ROW) == ANA
    assert rotated.seal_contact(ANA, lookup=ROW)[0] == 2


def test_a_missing_key_is_told_apart_from_a_changed_value() -> None:
    sealed = Sealer(invented_ring(seal=(1, 2))).seal_contact(ANA, lookup=ROW)
    with pytest.raises(KeyMissingError, match="key 2, which the key ring does not have"):
        SEALER.open_contact(sealed, lookup=ROW)


@pytest.mark.parametrize("same", ["Ana@Example.ORG", "  ana@example.org ", "ANA@EXAMPLE.ORG"])
def test_one_person_has_one_lookup_however_they_write_their_address(same: str) -> None:
    assert SEALER.lookup(same) == ROW


def test_a_domain_has_one_lookup_in_unicode_and_in_ascii() -> None:
    assert SEALER.lookup("ana@bücher.example") == SEALER.lookup("ana@xn--bcher-kva.example")
    assert SEALER.lookup("ana@bu\u0308cher.example") == SEALER.lookup("ana@bücher.example")


def test_two_people_have_two_lookups() -> None:
    assert len({SEALER.lookup(address) for address in ("mary@example.org", "mary+news@example.org", "mary@example.com")}) == 3


def test_a_lookup_without_the_key_cannot_be_guessed() -> None:
    ring = invented_ring()
    other = Sealer(type(ring)(ring.seal, b"m" * 32, ring.link, ring.retired_links, ring.django))
    assert other.lookup("ana@example.org") != ROW


def test_a_contact_shows_nothing_of_itself() -> None:
    assert repr(ANA) == "Contact()"

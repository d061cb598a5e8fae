"""Whatever bytes stand in a column: they open as what was sealed for this row and purpose, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import KeyMissingError, SealError
from newsletter.sealing import HEAD_LENGTH, RowSeal
from newsletter.subscribers.sealing import Contact, Sealer
from tests.readers import invented_ring

RING = invented_ring(seal=(1, 2, 7))
SEAL = RowSeal(RING.seal)

values = st.lists(st.text(max_size=40), max_size=5)
purposes = st.sampled_from([b"contact", b"topics", b"service mail", b"mailed link", b"reader request", b"erasure step"])
rows = st.binary(min_size=1, max_size=40)


@given(value=values, purpose=purposes, row=rows, version=st.sampled_from([1, 2, 7]))
def test_a_value_opens_as_it_was_sealed_also_after_it_was_sealed_again(
    value: list[str], purpose: bytes, row: bytes, version: int
) -> None:
    sealed = RowSeal({version: RING.seal[version]}).seal(value, purpose=purpose, row=row)
    again = SEAL.reseal(sealed, purpose=purpose, row=row)
    assert (sealed[0], again[0]) == (version, 7)
    assert len(again) == len(sealed)
    assert again[1:HEAD_LENGTH] != sealed[1:HEAD_LENGTH], "a nonce is never used twice"
    for one in (sealed, memoryview(sealed), again):
        assert SEAL.open(one, purpose=purpose, row=row) == value


@given(data=st.data(), value=values, purpose=purposes, row=rows)
def test_any_other_bytes_do_not_open(data: st.DataObject, value: list[str], purpose: bytes, row: bytes) -> None:
    sealed = SEAL.seal(value, purpose=purpose, row=row)
    start = data.draw(st.integers(0, len(sealed)))
    end = data.draw(st.integers(start, len(sealed)))
    changed = sealed[:start] + data.draw(st.binary(max_size=24)) + sealed[end:]
    if changed == sealed:
        return
    with pytest.raises(SealError):
        SEAL.open(changed, purpose=purpose, row=row)
    with pytest.raises(SealError):
        SEAL.reseal(changed, purpose=purpose, row=row)


@given(junk=st.binary(max_size=300), purpose=purposes, row=rows)
def test_bytes_that_nobody_sealed_do_not_open(junk: bytes, purpose: bytes, row: bytes) -> None:
    with pytest.raises(SealError):
        SEAL.open(junk, purpose=purpose, row=row)


@given(value=values, purpose=purposes, other=purposes, row=rows, elsewhere=rows)
def test_a_value_opens_in_its_own_place_only(
    value: list[str], purpose: bytes, other: bytes, row: bytes, elsewhere: bytes
) -> None:
    sealed = SEAL.seal(value, purpose=purpose, row=row)
    if (other, elsewhere) == (purpose, row):
        return
    with pytest.raises(SealError):
        SEAL.open(sealed, purpose=other, row=elsewhere)


@given(version=st.integers(0, 255).filter(lambda version: version not in RING.seal), rest=st.binary(min_size=40, max_size=80))
def test_a_key_that_is_not_there_is_named(version: int, rest: bytes) -> None:
    with pytest.raises(KeyMissingError, match=f"key {version},"):
        SEAL.open(bytes([version]) + rest, purpose=b"contact", row=b"row")


addresses = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)


@given(first=addresses, second=addresses, name=st.text(max_size=20))
def test_one_persons_values_never_open_as_anothers(first: str, second: str, name: str) -> None:
    sealer = Sealer(RING)
    mine, theirs = sealer.lookup(first), sealer.lookup(second)
    sealed = sealer.seal_contact(Contact(first, name), lookup=mine)
    if mine == theirs:
        return
    with pytest.raises(SealError):
        sealer.open_contact(sealed, lookup=theirs)

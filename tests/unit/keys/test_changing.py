from __future__ import annotations

import pytest

from newsletter.errors import NotAllowedError
from newsletter.keys.changing import with_new_link_key, with_new_seal_key, with_retired_link_key, without_seal_key
from newsletter.keys.ring import new_ring, ring_from_json, ring_to_json
from tests.readers import invented_ring


def test_a_new_seal_key_has_the_next_number_and_nothing_else_changes() -> None:
    ring = invented_ring(seal=(1, 4), link=(1, 2), retired=(1,))
    changed = with_new_seal_key(ring)
    assert {version: changed.seal[version] for version in (1, 4)} == ring.seal
    assert max(changed.seal) == 5
    assert changed.seal[5] not in ring.seal.values()
    assert (changed.lookup, changed.link, changed.retired_links, changed.django) == (
        ring.lookup,
        ring.link,
        ring.retired_links,
        ring.django,
    )


def test_there_is_no_key_256() -> None:
    with pytest.raises(NotAllowedError, match="There is no key 256"):
        with_new_seal_key(invented_ring(seal=(1, 255)))
    ring = invented_ring(link=(1,))
    full = type(ring)(ring.seal, ring.lookup, {255: bytes(32)}, frozenset(), "x")
    with pytest.raises(NotAllowedError, match="There is no key 256"):
        with_new_link_key(full, retire_others=False)


def test_a_new_link_key_comes_with_another_key_of_djangos_and_leaves_older_links_good() -> None:
    ring = invented_ring(link=(1, 2))
    changed = with_new_link_key(ring, retire_others=False)
    assert (set(changed.link), changed.retired_links) == ({1, 2, 3}, frozenset())
    assert changed.django != ring.django
    assert with_new_link_key(ring, retire_others=True).retired_links == {1, 2}


def test_the_last_link_key_in_use_is_not_retired() -> None:
    assert with_retired_link_key(invented_ring(link=(1, 2)), 1).retired_links == {1}
    with pytest.raises(NotAllowedError, match="only one in use"):
        with_retired_link_key(invented_ring(link=(1, 2), retired=(1,)), 2)
    with pytest.raises(NotAllowedError, match="no link key 7"):
        with_retired_link_key(invented_ring(), 7)


def test_the_key_that_seals_is_never_forgotten() -> None:
    assert set(without_seal_key(invented_ring(seal=(1, 2)), 1).seal) == {2}
    with pytest.raises(NotAllowedError, match="the one that seals"):
        without_seal_key(invented_ring(seal=(1, 2)), 2)
    with pytest.raises(NotAllowedError, match="no seal key 7"):
        without_seal_key(invented_ring(), 7)


def test_a_ring_is_read_as_it_was_written() -> None:
    for ring in (new_ring(), invented_ring(seal=(1, 9), link=(2, 3), retired=(2,))):
        assert ring_from_json(ring_to_json(ring), "here") == ring

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from newsletter.errors import KeyMissingError
from newsletter.keys import in_use
from newsletter.keys.changing import with_new_link_key, with_new_seal_key, without_seal_key
from newsletter.keys.file import change_key_file
from newsletter.keys.in_use import MadeOfRing, RingInUse
from newsletter.keys.ring import KeyRing, ring_to_json
from newsletter.sealing import RowSeal
from newsletter.subscribers.links import LinkSigner, Purpose
from newsletter.subscribers.sealing import Contact, Sealer
from tests.readers import invented_ring

ANA = Contact("ana@example.org", "Ana")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "keys.json"
    file.touch(0o600)
    file.write_text(ring_to_json(invented_ring()), "utf-8")
    return file


@pytest.fixture
def rings(file: Path) -> RingInUse:
    """Give the ring of a process that has just looked at its file."""
    rings = RingInUse(invented_ring(), file)
    rings.ring()
    return rings


def write(file: Path, ring: KeyRing) -> None:
    change_key_file(file, lambda _: ring)


def test_what_another_process_sealed_a_moment_ago_opens(file: Path, rings: RingInUse) -> None:
    mine = Sealer.of(rings)
    row = mine.lookup(ANA.address)
    theirs = Sealer(change_key_file(file, with_new_seal_key))
    assert mine.open_contact(theirs.seal_contact(ANA, lookup=row), lookup=row) == ANA


def test_a_link_that_another_process_signed_a_moment_ago_is_read(file: Path, rings: RingInUse) -> None:
    mine = LinkSigner.of(rings)
    theirs = LinkSigner(change_key_file(file, lambda ring: with_new_link_key(ring, retire_others=False)))
    assert mine.read(theirs.token(b"12345678", Purpose.MANAGE), Purpose.MANAGE) == b"12345678"
    assert mine.read(LinkSigner(invented_ring(link=(9,))).token(b"12345678", Purpose.MANAGE), Purpose.MANAGE) is None


def test_a_changed_ring_is_used_within_seconds_for_what_is_sealed_and_signed(
    file: Path, rings: RingInUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal, signer = MadeOfRing(lambda: rings, RowSeal.of), MadeOfRing(lambda: rings, LinkSigner.of)
    change_key_file(file, lambda ring: with_new_link_key(with_new_seal_key(ring), retire_others=True))
    old = signer().token(b"12345678", Purpose.MANAGE)
    assert seal().seal([""], purpose=b"p", row=b"r")[0] == 1
    monkeypatch.setattr(in_use, "monotonic", lambda: rings._look_at)
    assert seal().seal([""], purpose=b"p", row=b"r")[0] == 2
    assert signer().token(b"12345678", Purpose.MANAGE) != old
    assert signer().read(old, Purpose.MANAGE) is None
    assert seal() is seal()


def test_a_ring_that_is_not_changed_is_the_same_object(rings: RingInUse) -> None:
    assert rings.look_again() is rings.look_again()


@pytest.mark.parametrize("broken", ["{", "{}", ""])
def test_a_broken_file_is_said_once_and_the_ring_works_on(file: Path, rings: RingInUse, broken: str) -> None:
    before = rings.look_again()
    file.write_text(broken)
    with capture_logs() as logs:
        assert rings.look_again() is before
        assert rings.look_again() is before
    assert [entry["event"] for entry in logs] == ["key ring not read again"]
    file.unlink()
    assert rings.look_again() is before


def test_another_installations_ring_is_not_taken_up(file: Path, rings: RingInUse) -> None:
    before = rings.look_again()
    write(file, replace(invented_ring(seal=(1, 2)), lookup=b"x" * 32))
    with capture_logs() as logs:
        assert rings.look_again() is before
    assert "another installation" in logs[0]["problem"]


def test_an_older_copy_put_back_takes_no_key_away_and_is_said(file: Path, rings: RingInUse) -> None:
    change_key_file(file, with_new_seal_key)
    newer = rings.look_again()
    write(file, invented_ring())
    with capture_logs() as logs:
        assert rings.look_again().seal == newer.seal
    assert "an older one" in logs[0]["problem"]
    assert not any(key.hex() in str(logs) for key in newer.seal.values())


def test_a_forgotten_key_is_nothing_to_talk_about(file: Path, rings: RingInUse) -> None:
    change_key_file(file, with_new_seal_key)
    rings.look_again()
    change_key_file(file, lambda ring: without_seal_key(ring, 1))
    with capture_logs() as logs:
        assert max(rings.look_again().seal) == 2
    assert not logs


def test_a_key_that_nobody_has_is_still_missing(rings: RingInUse) -> None:
    with pytest.raises(KeyMissingError, match="key 7"):
        RowSeal.of(rings).open(RowSeal({7: bytes(32)}).seal([""], purpose=b"p", row=b"r"), purpose=b"p", row=b"r")


def test_many_threads_open_what_a_newer_key_sealed(file: Path, rings: RingInUse) -> None:
    seal = MadeOfRing(lambda: rings, RowSeal.of)
    problems: list[BaseException] = []
    values: list[bytes] = []
    over = threading.Event()

    def work() -> None:
        try:
            while not over.is_set():
                for value in values[-20:]:
                    assert seal().open(value, purpose=b"p", row=b"r") == ["Ana"]
        except BaseException as error:  # noqa: BLE001 - carried to the test
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    values.extend(RowSeal(change_key_file(file, with_new_seal_key).seal).seal(["Ana"], purpose=b"p", row=b"r") for _ in range(9))
    over.set()
    for thread in threads:
        thread.join()
    assert not problems

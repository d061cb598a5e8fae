from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from newsletter.errors import NotAllowedError, SettingsError
from newsletter.keys.changing import with_new_seal_key
from newsletter.keys.file import DRAFT, change_key_file, read_key_file
from newsletter.keys.ring import KeyRing, ring_to_json
from tests.readers import invented_ring


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "keys.json"
    file.touch(0o600)
    file.write_text(ring_to_json(invented_ring()), "utf-8")
    return file


def test_a_changed_ring_takes_the_place_of_the_file_and_only_its_owner_may_read_it(file: Path) -> None:
    changed = change_key_file(file, with_new_seal_key)
    assert read_key_file(file) == changed
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["keys.json"]


def test_there_is_a_whole_ring_in_the_file_at_every_moment(file: Path) -> None:
    over = threading.Event()
    read: list[int] = []

    def look() -> None:
        while not over.is_set():
            read.append(max(read_key_file(file).seal))

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(20):
        change_key_file(file, with_new_seal_key)
    over.set()
    looking.join()
    assert read == sorted(read)
    assert max(read_key_file(file).seal) == 21


def test_a_change_that_fails_leaves_the_ring_as_it_was(file: Path) -> None:
    before = file.read_bytes()

    def refuse(_ring: KeyRing) -> KeyRing:
        raise NotAllowedError

    with pytest.raises(NotAllowedError):
        change_key_file(file, refuse)
    assert file.read_bytes() == before


def test_what_a_killed_process_left_is_removed_by_the_next(file: Path) -> None:
    left = file.with_name(f"{DRAFT}0123.json")
    left.write_text("half a ring")
    change_key_file(file, with_new_seal_key)
    assert not left.exists()


def test_two_who_change_it_at_once_both_get_a_key_of_their_own(file: Path) -> None:
    threads = [threading.Thread(target=change_key_file, args=(file, with_new_seal_key)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(read_key_file(file).seal) == set(range(1, 10))


def test_a_link_to_a_secret_store_stays_one(file: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    stored = tmp_path_factory.mktemp("store") / "ring"
    file.rename(stored)
    file.symlink_to(stored)
    change_key_file(file, with_new_seal_key)
    assert file.is_symlink()
    assert set(read_key_file(stored).seal) == {1, 2}


def test_a_change_leaves_the_file_to_its_owner(file: Path) -> None:
    """Root changes the service's file; whoever else runs this may give files to nobody but themselves."""
    owner, group = (4711, 4712) if os.getuid() == 0 else (os.getuid(), os.getgid())
    os.chown(file, owner, group)
    change_key_file(file, with_new_seal_key)
    assert (file.stat().st_uid, file.stat().st_gid) == (owner, group)


def test_a_broken_ring_is_not_changed(file: Path) -> None:
    file.write_bytes(b"\xff{")
    with pytest.raises(SettingsError, match="is not a key ring"):
        change_key_file(file, with_new_seal_key)
    assert file.read_bytes() == b"\xff{"

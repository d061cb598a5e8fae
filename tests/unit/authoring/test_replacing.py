from __future__ import annotations

import stat
from pathlib import Path

import pytest

from newsletter.authoring.replacing import replace_file


def test_a_new_file_can_be_read_by_everybody(tmp_path: Path) -> None:
    replace_file(tmp_path / "new.json", b"{}")
    assert (tmp_path / "new.json").read_bytes() == b"{}"
    assert stat.S_IMODE((tmp_path / "new.json").stat().st_mode) == 0o644


def test_who_is_reading_a_file_reads_all_of_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "issue.md"
    file.write_bytes(b"old")
    with file.open("rb") as reading:
        replace_file(file, b"something new")
        assert reading.read() == b"old"
    assert file.read_bytes() == b"something new"


def test_of_a_link_the_file_that_it_leads_to_is_replaced(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "issue.md").write_bytes(b"old")
    (shared / "issue.md").chmod(0o600)
    (tmp_path / "issue.md").symlink_to(shared / "issue.md")
    replace_file(tmp_path / "issue.md", b"new")
    assert (tmp_path / "issue.md").is_symlink()
    assert (shared / "issue.md").read_bytes() == b"new"
    assert stat.S_IMODE((shared / "issue.md").stat().st_mode) == 0o600


def test_what_cannot_be_replaced_leaves_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "folder", b"{}")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]

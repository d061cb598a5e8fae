"""The outbox by itself: a letter is one file, however often it is put there and however many there are."""

from __future__ import annotations

import mailbox
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.delivery.transports.outbox import OutboxTransport
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letters
from tests.unit.delivery.signing import signer, verifies


def names(folder: Path) -> list[str]:
    return sorted(file.name for part in ("new", "cur") for file in (folder / part).iterdir())


def test_a_letter_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    deliver(OutboxTransport(tmp_path), letters(3))
    kept = tmp_path / "new" / letters(1)[0].key
    kept.write_text("as it was")
    deliver(OutboxTransport(tmp_path), letters(5))
    assert names(tmp_path) == [one.key for one in letters(5)]
    assert kept.read_text() == "as it was"


def test_a_letter_that_a_mail_program_has_moved_is_not_written_again(tmp_path: Path) -> None:
    transport = OutboxTransport(tmp_path)
    deliver(transport, letters(2))
    for number, one in enumerate(letters(2)):
        (tmp_path / "new" / one.key).rename(tmp_path / "cur" / f"{one.key}:2,S")
        os.utime(tmp_path / "cur", (number, number))
        deliver(transport, letters(2))
    assert names(tmp_path) == [f"{one.key}:2,S" for one in letters(2)]


def test_the_folder_is_not_listed_for_every_few_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To list it made 20,000 letters take 21 times as long as 5,000."""
    listed: Counter[str] = Counter()

    def counting(folder: Path) -> Iterator[Path]:
        listed[folder.name] += 1
        return iterdir(folder)

    iterdir = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", counting)
    deliver(OutboxTransport(tmp_path), letters(200))
    assert listed == {"cur": 1}
    assert len(names(tmp_path)) == 200


def test_a_mail_program_can_open_it_mark_a_letter_and_find_it_again(tmp_path: Path) -> None:
    """Python's own mailbox module knows Maildirs as mail programs do: names, folders, flags."""
    deliver(OutboxTransport(tmp_path), letters(3))
    maildir = mailbox.Maildir(tmp_path, create=False)
    assert sorted(maildir.keys()) == [one.key for one in letters(3)]
    seen = letters(1)[0].key
    message = maildir[seen]
    assert (message.get_subdir(), message.get_flags()) == ("new", "")
    assert message["Subject"] == "Your test results"
    message.set_subdir("cur")
    message.set_flags("S")
    maildir[seen] = message
    deliver(OutboxTransport(tmp_path), letters(3))
    assert sorted(maildir.keys()) == [one.key for one in letters(3)]
    assert maildir[seen].get_flags() == "S"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_what_is_signed_lies_there_signed(tmp_path: Path) -> None:
    signed = [replace(one, date=datetime.now(UTC)) for one in letters(2)]
    deliver(OutboxTransport(tmp_path, signer=signer()), signed)
    assert all(verifies((tmp_path / "new" / one.key).read_bytes()) for one in signed)

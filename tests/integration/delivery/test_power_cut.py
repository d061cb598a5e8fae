"""A power cut takes what was not waited for. Whatever it leaves, nobody who may have been mailed is queued."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import OperationalError, connection

from newsletter.delivery import ledger_thread
from newsletter.delivery.ledger import Claim, Step, take_step
from newsletter.delivery.ledger_thread import LedgerUnavailableError
from newsletter.delivery.letters import Letter
from newsletter.delivery.transports.port import Answer, AnswerKind
from tests.integration.delivery.scripted import ScriptedTransport, deliver, open_send

FULL, NORMAL = 2, 1


def synchronous() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        return int(cursor.fetchone()[0])


@dataclass
class Disk:
    """What is certainly on it: the database, and its log up to the last commit that was waited for."""

    folder: Path
    file: Path = field(default_factory=lambda: Path(str(connection.settings_dict["NAME"])))
    certain: int = 0
    waited: list[tuple[int, int]] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.file.with_name(self.file.name + "-wal")

    def step(self, claim: Claim, **arguments: Any) -> Step:
        """Take a step, and note whether the disk was waited for when it was committed."""
        level = synchronous()
        self.certain = self.certain or self.log.stat().st_size  # the frozen audience and the claim
        step = take_step(claim, **arguments)
        assert synchronous() == level
        self.waited.append((len(step.marked), level))
        if level == FULL:
            self.certain = self.log.stat().st_size
        return step

    def queued_after_a_power_cut(self) -> set[int]:
        copy = self.folder / "after.sqlite3"
        for ending in ("-wal", "-shm"):
            copy.with_name(copy.name + ending).unlink(missing_ok=True)
        shutil.copyfile(self.file, copy)
        copy.with_name(copy.name + "-wal").write_bytes(self.log.read_bytes()[: self.certain])
        with closing(sqlite3.connect(copy)) as opened:
            return {row[0] for row in opened.execute("SELECT id FROM delivery_delivery WHERE handover = 'queued'")}


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    open_send(60)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    watched = Disk(tmp_path)
    monkeypatch.setattr(ledger_thread, "take_step", watched.step)
    yield watched
    assert watched.log.stat().st_size < 4_000_000, "after a checkpoint, the size of the log says nothing"


def stopped_in_the_middle() -> tuple[ScriptedTransport, Event]:
    """Give a transport, and what is set while it works: what is on the wire then is recorded, and nobody is marked any more."""
    stop = Event()

    def look(letter: Letter) -> Answer:
        stop.set()
        return Answer(AnswerKind.ACCEPTED)

    return ScriptedTransport(look), stop


@pytest.mark.django_db(transaction=True)
def test_whoever_may_have_been_mailed_is_not_queued_after_a_power_cut(disk: Disk) -> None:
    on_the_wire: set[int] = set()

    stop = Event()

    def look(letter: Letter) -> Answer:
        if len(on_the_wire) == 30:
            stop.set()  # what comes after is recorded, and nobody is marked with it
        on_the_wire.add(letter.delivery_id)
        assert not disk.queued_after_a_power_cut() & on_the_wire
        return Answer(AnswerKind.UNKNOWN if letter.delivery_id % 7 == 0 else AnswerKind.ACCEPTED)

    deliver(ScriptedTransport(look), stop=stop)
    deliver(ScriptedTransport(look))
    assert len(on_the_wire) == 60
    assert not disk.queued_after_a_power_cut() & on_the_wire


@pytest.mark.django_db(transaction=True)
def test_the_disk_is_waited_for_where_somebody_is_marked_and_only_there(disk: Disk) -> None:
    transport, stop = stopped_in_the_middle()
    deliver(transport, stop=stop)
    assert {level for marked, level in disk.waited if marked} == {FULL}
    assert NORMAL in {level for marked, level in disk.waited if not marked}


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_lost_while_recording_is_told_of_as_such(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_it(claim: Claim, *, room: int, **arguments: Any) -> Step:
        if room:
            return disk.step(claim, room=room, **arguments)
        connection.close()
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(ledger_thread, "take_step", lose_it)
    transport, stop = stopped_in_the_middle()
    with pytest.raises(LedgerUnavailableError, match="disk I/O error"):
        deliver(transport, stop=stop)

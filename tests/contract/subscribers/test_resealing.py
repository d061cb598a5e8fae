"""Sealing everything again: nothing is lost, nothing newer is overwritten, and whoever is killed goes on."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, connections, models

from newsletter.errors import NotAllowedError, SealError
from newsletter.keys.in_use import RingInUse
from newsletter.sealing import RowSeal, sealed_columns
from newsletter.subscribers import resealing
from newsletter.subscribers.models import MailedLink, Subscriber
from newsletter.subscribers.resealing import (
    PassResult,
    SealedTable,
    count_old_rows,
    count_versions,
    is_anything_to_reseal,
    is_sealed_with,
    require_every_key,
    reseal_once,
)
from newsletter.subscribers.rotating import Rotation, RotationEnd, reseal_everything
from newsletter.subscribers.sealing import Sealer
from tests.contract.subscribers.key_samples import fill, rotated
from tests.readers import invented_ring

PATIENCE = 120.0

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

IN_CLEAR = {
    "subscribers.Subscriber.lookup": "a keyed hash",
    "subscribers.Suppression.lookup": "a keyed hash",
    "subscribers.Erasure.lookup": "a keyed hash",
    "subscribers.ReaderRequest.lookup": "a keyed hash",
    "subscribers.ReaderRequest.network": "a keyed hash",
    "subscribers.MailedLink.lookup": "a keyed hash",
    "subscribers.MailedLink.digest": "the hash of a token",
    "subscribers.MailedLink.page": "the hash of a page's random value",
    "subscribers.Subscription.public_id": "random; a token needs a link key as well",
    "subscribers.ImportRun.fingerprint": "the hash of a file",
    "postbox.ServiceMail.lookup": "a keyed hash",
    "publishing.Candidate.lock": "what trials say, for everybody to read",
    "publishing.FrozenAsset.data": "a picture, for everybody to see",
}
"""Bytes that are stored as they are, and why that tells nobody anything."""


def reseal(rings: RingInUse, *, stop: threading.Event | None = None) -> Rotation:
    return reseal_everything(rings, stop=stop or threading.Event(), tell=lambda _: None, settled_after=0.0)


def opened(rings: RingInUse) -> list[object]:
    """Give everything that is sealed, in clear."""
    seal, values = RowSeal(rings.ring().seal), []
    for column in sealed_columns():
        rows = apps.get_model(column.model)._default_manager.order_by("pk").values_list(column.named_by, column.column)
        for name, sealed in rows:
            row = name.encode() if isinstance(name, str) else bytes(name)
            values.append(seal.open(sealed, purpose=column.purpose, row=row))
    return values


def test_every_stored_byte_is_sealed_or_said_to_be_harmless() -> None:
    ours = ("subscribers", "postbox", "publishing", "delivery")
    stored = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in ours
        for field in model._meta.get_fields()
        if isinstance(field, models.BinaryField)
    }
    sealed = {f"{column.model}.{column.column}" for column in sealed_columns()}
    assert stored == sealed | IN_CLEAR.keys(), "register_sealed() in the room's AppConfig, or a line in IN_CLEAR"
    assert not sealed & IN_CLEAR.keys()


def test_the_samples_hold_a_value_in_every_sealed_column() -> None:
    fill()
    assert count_versions() == {max(settings.KEY_RING.seal): len(sealed_columns())}


def test_everything_is_sealed_with_the_new_key_and_opens_as_before() -> None:
    fill(1_200)
    rings = rotated()
    before = opened(rings)
    done = reseal(rings)
    assert (done.end, done.version, done.resealed, done.damaged) == (RotationEnd.DONE, 9, 1_204, 0)
    assert set(count_versions()) == {9}
    assert opened(rings) == before
    assert reseal(rings).resealed == 0


def test_empty_values_stay_empty() -> None:
    fill()
    MailedLink.objects.update(content=b"")
    reseal(rotated())
    assert bytes(MailedLink.objects.get().content) == b""


def test_what_somebody_writes_meanwhile_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    fill(3)
    rings, sealer = rotated(), Sealer(settings.KEY_RING)
    second = Subscriber.objects.order_by("pk")[1]
    lookup = bytes(second.lookup)
    written = sealer.seal_topics(["changed"], lookup=lookup)
    real = resealing._write

    def write(table: SealedTable, changes: Sequence[tuple[object, ...]], result: PassResult) -> None:
        if table.model is Subscriber:
            Subscriber.objects.filter(pk=second.pk).update(topics=written)
        real(table, changes, result)

    with monkeypatch.context() as patch:
        patch.setattr(resealing, "_write", write)
        result = reseal_once(RowSeal(rings.ring().seal), 9, stop=threading.Event(), tell=lambda _: None)
    second.refresh_from_db()
    assert bytes(second.topics) == written
    assert (result.overtaken, count_old_rows(9)) == (1, 1)
    assert reseal(rings).resealed == 1
    second.refresh_from_db()
    assert Sealer(rings.ring()).open_topics(second.topics, lookup=lookup) == {"changed"}


def test_a_damaged_value_is_left_counted_and_holds_nothing_up() -> None:
    fill(3)
    rings = rotated()
    broken = Subscriber.objects.order_by("pk")[1]
    damaged = bytes(broken.contact)[:-1] + b"\0\0"
    Subscriber.objects.filter(pk=broken.pk).update(contact=damaged)
    done = reseal(rings)
    broken.refresh_from_db()
    assert (done.end, done.damaged, bytes(broken.contact)) == (RotationEnd.DONE, 1, damaged)
    assert Sealer(rings.ring()).open_topics(broken.topics, lookup=bytes(broken.lookup)) == {"topic1"}
    assert not is_anything_to_reseal(RowSeal(rings.ring().seal), 9)
    assert not is_sealed_with(RowSeal(rings.ring().seal), damaged[0])


def test_a_value_of_a_newer_key_is_left_to_whoever_made_that() -> None:
    fill()
    newer = rotated(12)
    reseal(newer)
    assert reseal(rotated(9)).resealed == 0
    assert set(count_versions()) == {12}


def test_two_rotations_at_once_come_to_the_same_end() -> None:
    fill(2_000)
    rings = rotated()
    before, ends = opened(rings), []

    def work() -> None:
        ends.append(reseal(rings).end)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [RotationEnd.DONE] * 2
    assert set(count_versions()) == {9}
    assert opened(rings) == before


class WhileOthersWrite(threading.Event):
    """Never set; whoever waits for it comes back when others have written."""

    def __init__(self, write: Callable[[], None]) -> None:
        super().__init__()
        self._write = write

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        self._write()
        return False


def test_whoever_goes_on_sealing_with_an_old_key_is_found() -> None:
    fill(5)
    old = Sealer(settings.KEY_RING)

    def write() -> None:
        for reader in Subscriber.objects.all():
            topics = old.seal_topics([], lookup=bytes(reader.lookup))
            Subscriber.objects.filter(pk=reader.pk).update(topics=topics)

    done = reseal_everything(rotated(), stop=WhileOthersWrite(write), tell=lambda _: None, settled_after=0.0)
    assert done.end is RotationEnd.OTHERS_SEAL_WITH_AN_OLD_KEY


def test_stopped_it_ends_after_the_chunk_in_hand_and_goes_on_later() -> None:
    fill(1_200)
    rings, stop = rotated(), threading.Event()
    done = reseal_everything(rings, stop=stop, tell=lambda _: stop.set())
    assert (done.end, done.resealed < 1_200) == (RotationEnd.STOPPED, True)
    assert reseal(rings).end is RotationEnd.DONE


def _reseal_telling(rings: RingInUse, tell: Callable[[], None], *, at_once: bool) -> None:
    """Seal again; ``tell`` is called before it begins, or else after every chunk."""
    if at_once:
        tell()
    reseal_everything(rings, stop=threading.Event(), tell=lambda _: None if at_once else tell(), settled_after=0.0)


def _say(pipe: int) -> None:
    os.write(pipe, b".")


def _killed(act: Callable[[Callable[[], None]], object], *, after: float) -> None:
    """Do something in another process, and kill it so long after it has said for the first time that it is at work."""
    at_work, says = os.pipe()
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            act(partial(_say, says))
        finally:
            os._exit(0)  # the test itself goes on in its parent only
    os.close(says)
    os.read(at_work, 1)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(at_work)


def test_killed_at_any_moment_it_comes_to_the_same_end() -> None:
    """The first kills are to come before it is at work, others between one chunk and the next."""
    fill(4_000)
    rings, chance = rotated(), random.Random(7)  # noqa: S311 - nothing secret
    before, halves, until = opened(rings), 0, time.monotonic() + PATIENCE
    for number in count():
        soon = number % 3 == 0
        _killed(partial(_reseal_telling, rings, at_once=soon), after=chance.uniform(0.0, 0.05))
        old = count_old_rows(9)
        halves += 0 < old < 4_004
        assert opened(rings) == before
        if number >= 5 and halves:
            break
        assert time.monotonic() < until, "no kill came while it was at work"
        if not old:
            fill(4_000, first=10_000 * (number + 1))
            before = opened(rings)
    assert reseal(rings).end is RotationEnd.DONE
    assert set(count_versions()) == {9}
    assert opened(rings) == before


def test_a_ring_without_a_key_that_is_needed_is_refused() -> None:
    fill()
    require_every_key(rotated().ring())
    with pytest.raises(NotAllowedError, match="values are sealed with key"):
        require_every_key(invented_ring(seal=(77,)))


def test_nothing_of_the_old_key_stands_in_the_database_file_afterwards() -> None:
    if connection.vendor != "sqlite":
        return  # PostgreSQL writes rows anew; what VACUUM leaves is the runbook's
    fill(300)
    old = [bytes(value) for value in Subscriber.objects.values_list("contact", flat=True)]
    reseal(rotated())
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file = Path(connection.settings_dict["NAME"])
    stored = file.read_bytes() + file.with_name(f"{file.name}-wal").read_bytes()
    assert not [value for value in old if value in stored]


def test_a_value_never_opens_as_another_one_after_a_rotation() -> None:
    fill(2)
    rings = rotated()
    reseal(rings)
    first, second = Subscriber.objects.order_by("pk")
    with pytest.raises(SealError):
        Sealer(rings.ring()).open_contact(second.contact, lookup=bytes(first.lookup))

"""Short writes share transactions, and nobody notices but the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from newsletter.subscribers.models import Suppression, SuppressionReason
from newsletter.subscribers.writing_together import write_together
from tests.readers import NOVEMBER

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 24


class OnPurposeError(Exception):
    """What a write of a test raises."""


def suppress_number(number: int) -> int:
    Suppression.objects.create(lookup=bytes([number]) * 32, reason=SuppressionReason.STAFF, created_at=NOVEMBER)
    return number


def stored() -> list[int]:
    return sorted(bytes(lookup)[0] for lookup in Suppression.objects.values_list("lookup", flat=True))


def in_threads(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Do all at once, each in a thread of its own; give what each returned or raised."""
    together = threading.Barrier(len(acts))

    def act_one(act: Callable[[], object]) -> object:
        together.wait()
        try:
            return act()
        except (OnPurposeError, OperationalError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act_one, acts))


@contextmanager
def database_held() -> Iterator[Callable[[], None]]:
    """Hold the only writer's place of SQLite until told otherwise, so that who writes meanwhile has to wait."""
    begun, enough = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Suppression.objects.filter(pk=0).delete()
                begun.set()
                enough.wait(10)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(10)
    yield enough.set
    enough.set()
    holder.join()


def suppressing(number: int) -> Callable[[], int]:
    return partial(write_together, partial(suppress_number, number))


@pytest.mark.database
def test_everybody_hears_what_became_of_their_own_write() -> None:
    assert in_threads([suppressing(number) for number in range(MANY)]) == list(range(MANY))
    assert stored() == list(range(MANY))


def test_on_sqlite_whoever_comes_while_others_write_shares_the_next_transaction() -> None:
    seen: list[int] = []
    came = threading.Semaphore(0)

    def write(number: int) -> None:
        suppress_number(number)
        seen.append(id(connection.connection))

    def act(number: int) -> None:
        came.release()
        write_together(partial(write, number))

    with database_held() as let_go, ThreadPoolExecutor(MANY) as threads:
        for number in range(MANY):
            threads.submit(act, number)
        for _ in range(MANY):
            came.acquire(timeout=10)
        threading.Timer(0.3, let_go).start()
        threads.shutdown()
    assert len(seen) == MANY
    assert len(set(seen)) < MANY // 2


@pytest.mark.database
def test_a_write_that_fails_undoes_itself_and_no_other() -> None:
    def fail() -> None:
        suppress_number(MANY)
        raise OnPurposeError

    outcomes = in_threads([partial(write_together, fail), *(suppressing(number) for number in range(MANY))])
    assert isinstance(outcomes[0], OnPurposeError)
    assert outcomes[1:] == stored() == list(range(MANY))


@pytest.mark.database
def test_within_a_transaction_a_write_is_part_of_it() -> None:
    def write_and_fail() -> None:
        with transaction.atomic():
            suppressing(1)()
            raise OnPurposeError

    with pytest.raises(OnPurposeError):
        write_and_fail()
    assert stored() == []


@pytest.mark.database
def test_after_a_database_that_could_not_be_had_the_next_writes_go_on() -> None:
    asked: list[None] = []

    def unavailable() -> None:
        asked.append(None)
        raise OperationalError("database is locked")

    outcomes = in_threads([partial(write_together, unavailable) for _ in range(4)])
    assert all(isinstance(outcome, OperationalError) for outcome in outcomes)
    assert len(asked) <= len(outcomes), "nobody waits for it twice"
    assert suppressing(1)() == 1
    assert stored() == [1]

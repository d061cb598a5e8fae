"""A database that somebody copied back by hand mails nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction

from newsletter.clock import system_clock
from newsletter.delivery.generations import generation_file, is_old_copy, pass_generation, remembered_generation
from newsletter.delivery.models import Installation, PausedFor, Send, SendState
from newsletter.project.backup.old_copies import hold_an_old_copy
from newsletter.publishing.models import HeldFor, Slot
from tests.contract.delivery.samples import NOW, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Let this machine have seen nothing of the database."""
    generation_file(settings.NEWSLETTER).unlink(missing_ok=True)
    yield
    generation_file(settings.NEWSLETTER).unlink(missing_ok=True)


def put_an_old_copy_in_place() -> None:
    """Let the database be as it was before the last claim."""
    pass_generation(settings.NEWSLETTER)
    pass_generation(settings.NEWSLETTER)
    Installation.objects.update(generation=1)


def test_the_present_database_is_no_old_copy_and_neither_is_a_new_one() -> None:
    assert not is_old_copy(settings.NEWSLETTER)
    for _ in range(3):
        pass_generation(settings.NEWSLETTER)
        assert not is_old_copy(settings.NEWSLETTER)
    assert remembered_generation(settings.NEWSLETTER) == Installation.objects.get().generation == 3


def test_what_a_crash_left_in_the_database_alone_is_no_old_copy() -> None:
    pass_generation(settings.NEWSLETTER)
    Installation.objects.update(generation=9)
    assert not is_old_copy(settings.NEWSLETTER)


def test_what_was_rolled_back_was_never_a_generation() -> None:
    """Remembered all the same, it would make an old copy of the present database, and hold everything in it."""
    pass_generation(settings.NEWSLETTER)
    with transaction.atomic():
        pass_generation(settings.NEWSLETTER)
        transaction.set_rollback(True)
    assert remembered_generation(settings.NEWSLETTER) == Installation.objects.get().generation == 1
    assert not is_old_copy(settings.NEWSLETTER)


def test_in_an_old_copy_everything_is_held_once() -> None:
    prepared_send(3)
    Slot.objects.create(at=NOW.replace(year=2027), issue="2027-02")
    put_an_old_copy_in_place()
    held = hold_an_old_copy(settings.NEWSLETTER, now=system_clock(), system_user="test")
    assert held is not None
    assert (held.slots, held.sends) == (("2027-02",), ("2026-12",))
    assert Slot.objects.get(issue="2027-02").held_for == HeldFor.RESTORE
    assert (Send.objects.get().state, Send.objects.get().paused_for) == (SendState.PAUSED, PausedFor.RESTORE)
    assert hold_an_old_copy(settings.NEWSLETTER, now=system_clock(), system_user="test") is None


@pytest.mark.parametrize("content", ["", "not a number", "00000"])
def test_a_file_that_says_nothing_holds_nothing(content: str) -> None:
    pass_generation(settings.NEWSLETTER)
    generation_file(settings.NEWSLETTER).write_text(content)
    assert not is_old_copy(settings.NEWSLETTER)
    pass_generation(settings.NEWSLETTER)
    assert remembered_generation(settings.NEWSLETTER) == 2

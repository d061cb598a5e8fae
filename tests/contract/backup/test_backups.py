"""What a backup and a restore promise, on every database. They work on the whole of it, so nothing of a test is rolled back."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections, transaction

from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.ledger import claim_batch, take_step
from newsletter.delivery.models import Delivery, Handover, PausedFor, Send, SendState
from newsletter.delivery.preparing import freeze_audience
from newsletter.errors import NotAllowedError, UsageError
from newsletter.postbox.models import PostState, ServiceMail
from newsletter.project.backup.goodbyes import SentSince
from newsletter.project.backup.making import make_backup
from newsletter.project.backup.rings import fingerprint
from newsletter.publishing.models import AuditEntry, HeldFor, Slot, SlotState
from newsletter.subscribers.erasing import UNDONE_WITHIN, ask_erasure, say_died, undo_death
from newsletter.subscribers.erasure_steps import run_erasures
from newsletter.subscribers.models import (
    EndReason,
    Erasure,
    ErasureReason,
    ErasureStep,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from newsletter.subscribers.subscribing import end_subscription, snooze
from newsletter.subscribers.suppressing import LIFTED, suppress
from tests.contract.backup.restoring import add_slot, back_up, put_back
from tests.contract.delivery.samples import NOW, TODAY, add_readers, begin_send, prepared_send
from tests.readers import invented_ring, is_suppressed

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def add_service_mail(state: PostState) -> None:
    ServiceMail.objects.create(
        key=f"{state:0<32}", kind="alert", content=b"\x01sealed", created_at=NOW, due_at=NOW, expires_at=NOW, state=state
    )


def test_a_backup_is_private_whole_and_says_what_is_in_it(tmp_path: Path, config: Config) -> None:
    prepared_send(3)
    add_slot()
    contents = make_backup(tmp_path / "b", config, settings.KEY_RING, system_clock, replace=False)
    assert (contents.subscriptions, contents.sends, contents.slots_to_come) == (3, 1, 1)
    assert contents.ring == fingerprint(settings.KEY_RING)
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["b"]


def test_a_file_that_is_there_is_not_written_over_unless_asked_to(tmp_path: Path, config: Config) -> None:
    file = tmp_path / "b"
    file.write_text("precious")
    with pytest.raises(NotAllowedError, match="--replace"):
        make_backup(file, config, settings.KEY_RING, system_clock, replace=False)
    assert file.read_text() == "precious"
    assert make_backup(file, config, settings.KEY_RING, system_clock, replace=True).size > 1_000


def test_after_a_restore_every_slot_and_open_send_is_held_and_nothing_is_on_its_way(tmp_path: Path, config: Config) -> None:
    add_readers(10, languages=("en",))
    running, _, paused = (begin_send(issue=issue) for issue in ("2026-06", "2026-08", "2026-10"))
    freeze_audience(running, on=TODAY, now=NOW)
    claim = claim_batch("one", lease_seconds=10, now=NOW)
    assert claim is not None
    take_step(claim, records=(), room=4, on=TODAY, now=NOW)
    Send.objects.filter(pk=paused).update(state=SendState.PAUSED, paused_for=PausedFor.PERSON, reason="wrong picture")
    add_slot("2027-02")
    add_slot("2027-04", state=SlotState.HELD, held_for=HeldFor.APPROVAL, reason="it changed")
    add_service_mail(PostState.QUEUED)
    add_service_mail(PostState.SENDING)

    done = put_back(back_up(tmp_path, config), config)

    assert set(Slot.objects.exclude(state=SlotState.RELEASED).values_list("state", "held_for")) == {
        (SlotState.HELD, HeldFor.RESTORE)
    }
    assert "it changed" in Slot.objects.get(issue="2027-04").reason
    assert set(Send.objects.values_list("state", "paused_for")) == {(SendState.PAUSED, PausedFor.RESTORE)}
    assert Delivery.objects.filter(handover=Handover.UNKNOWN).count() == 4
    assert not Delivery.objects.filter(handover=Handover.SENDING).exists()
    assert dict(ServiceMail.objects.values_list("key", "state")) == {
        f"{PostState.QUEUED:0<32}": PostState.FAILED,
        f"{PostState.SENDING:0<32}": PostState.UNKNOWN,
    }
    assert claim_batch("two", lease_seconds=10, now=datetime(2030, 1, 1, tzinfo=UTC)) is None
    assert (done.held.slots, len(done.held.sends)) == (("2027-02", "2027-04"), 3)
    assert (done.held.deliveries_unknown, done.held.service_mails) == (4, 2)
    assert AuditEntry.objects.filter(act="restore", person="ada").count() == 1
    assert AuditEntry.objects.filter(act="pause").count() == 3


def test_who_said_no_since_the_backup_is_carried_over(tmp_path: Path, config: Config) -> None:
    stays, left, suppressed, pauses, erased = add_readers(5, languages=("en",))
    lookup = bytes(Subscriber.objects.get(subscriptions=suppressed).lookup)
    file = back_up(tmp_path, config)
    end_subscription(left, reason=EndReason.UNSUBSCRIBED, now=NOW)
    suppress(lookup, reason=SuppressionReason.COMPLAINED, now=NOW)
    snooze(pauses, until=TODAY + timedelta(days=9), today=TODAY)
    Subscriber.objects.get(subscriptions=erased).delete()
    add_readers(2, start=50)

    carried = put_back(file, config).carried

    assert carried is not None
    assert (carried.goodbyes, carried.suppressions, carried.snoozes, carried.erased) == (1, 1, 1, 1)
    assert carried.newcomers == 2
    assert Subscription.objects.get(pk=left).end_reason == EndReason.UNSUBSCRIBED
    assert is_suppressed(lookup)
    assert Subscriber.objects.get(subscriptions=pauses).snoozed_until == TODAY + timedelta(days=9)
    still_open = Subscription.objects.filter(ended_at__isnull=True).values_list("pk", flat=True)
    assert sorted(still_open) == sorted([stays, suppressed, pauses])


def test_of_two_pauses_the_longer_one_counts(tmp_path: Path, config: Config) -> None:
    """Which of them was meant cannot be known: nobody gets mail before either has ended."""
    [reader] = add_readers(1)
    snooze(reader, until=TODAY + timedelta(days=30), today=TODAY)
    file = back_up(tmp_path, config)
    snooze(reader, until=TODAY + timedelta(days=9), today=TODAY)
    carried = put_back(file, config).carried
    assert carried is not None
    assert carried.snoozes == 0
    assert Subscriber.objects.get().snoozed_until == TODAY + timedelta(days=30)


def test_nobody_is_taken_for_erased_where_another_list_was_there(tmp_path: Path, config: Config) -> None:
    add_readers(5)
    file = back_up(tmp_path, config)
    Subscriber.objects.all().delete()
    carried = put_back(file, config).carried
    assert carried is not None
    assert (carried.erased, Subscription.objects.filter(ended_at__isnull=True).count()) == (0, 5)


def test_what_was_sent_since_is_named_where_a_person_decides(tmp_path: Path, config: Config) -> None:
    prepared_send(4)
    file = back_up(tmp_path, config)
    Delivery.objects.update(handover=Handover.ACCEPTED)
    carried = put_back(file, config).carried
    assert carried is not None
    assert carried.sent_since == (SentSince("2026-12", 4),)
    assert Send.objects.get().reason.startswith("4 MORE MAILS OF IT WERE ACCEPTED SINCE")


def test_a_slot_whose_issue_went_out_since_says_so(tmp_path: Path, config: Config) -> None:
    prepared_send(2)
    slot = Slot.objects.get()
    with transaction.atomic():
        Slot.objects.update(state=SlotState.SCHEDULED)
        sent = Send.objects.get()
        deliveries = list(Delivery.objects.all())
        batches = list(sent.batches.all())
        Send.objects.all().delete()
    file = back_up(tmp_path, config)
    Slot.objects.update(state=SlotState.RELEASED)
    sent.save(force_insert=True)
    for batch in batches:
        batch.save(force_insert=True)
    for delivery in deliveries:
        delivery.handover = Handover.ACCEPTED
        delivery.save(force_insert=True)
    put_back(file, config)
    slot.refresh_from_db()
    assert (slot.state, slot.held_for) == (SlotState.HELD, HeldFor.RESTORE)
    assert slot.reason.startswith("2 MORE MAILS OF IT WERE ACCEPTED SINCE")


def test_a_backup_of_another_key_ring_is_refused(tmp_path: Path, config: Config) -> None:
    other = invented_ring()
    add_slot()
    file = tmp_path / "other"
    make_backup(file, config, other, system_clock, replace=False)
    with pytest.raises(NotAllowedError, match=f"sealed with the key ring {fingerprint(other)}"):
        put_back(file, config)
    assert Slot.objects.get().state == SlotState.SCHEDULED


@pytest.mark.parametrize("content", [b"", b"something else", b"SQLite format 3\0" + b"\xff" * 5_000, b"PGDMP" + b"\xff" * 500])
def test_what_is_no_backup_is_refused_and_changes_nothing(tmp_path: Path, config: Config, content: bytes) -> None:
    add_slot()
    file = tmp_path / "broken"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="Nothing was changed"):
        put_back(file, config)
    assert Slot.objects.get().state == SlotState.SCHEDULED


def test_a_restore_is_refused_while_another_process_uses_the_database(tmp_path: Path, config: Config) -> None:
    add_slot()
    file = back_up(tmp_path, config)
    ready, over = os.pipe(), os.pipe()
    connections.close_all()
    child = os.fork()
    if child == 0:
        Slot.objects.count()
        os.write(ready[1], b".")
        os.read(over[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    try:
        with pytest.raises(NotAllowedError, match="Another process uses the database"):
            put_back(file, config)
    finally:
        os.write(over[1], b".")
        os.waitpid(child, 0)
    assert Slot.objects.get().state == SlotState.SCHEDULED
    assert put_back(file, config).held.slots == ("2027-02",)


def test_who_was_erased_since_the_backup_is_erased_again(tmp_path: Path, config: Config) -> None:
    asked, complained, back_again, *_ = (Subscription.objects.get(pk=pk).subscriber for pk in add_readers(8))
    file = back_up(tmp_path, config)
    suppress(complained, reason=SuppressionReason.COMPLAINED, now=NOW)
    for person in (asked, complained, back_again):
        ask_erasure(person.pk, reason=ErasureReason.ASKED, now=NOW)
    assert run_erasures(now=NOW) == 3
    Suppression.objects.filter(lookup=back_again.lookup).delete()
    add_readers(1, start=3)

    carried = put_back(file, config).carried
    run_erasures(now=system_clock())

    assert carried is not None
    assert carried.erased == 3
    here = {bytes(lookup) for lookup in Subscriber.objects.values_list("lookup", flat=True)}
    assert len(here) == 6
    assert bytes(back_again.lookup) in here
    reasons = {bytes(one.lookup): one.reason for one in Suppression.objects.all()}
    assert reasons == {bytes(asked.lookup): SuppressionReason.ERASED, bytes(complained.lookup): SuppressionReason.COMPLAINED}
    assert not Erasure.objects.filter(done_at=None).exists()


@pytest.mark.parametrize("before", LIFTED)
def test_what_was_said_since_of_an_address_that_its_owner_would_lift_is_carried_over(
    tmp_path: Path, config: Config, before: SuppressionReason
) -> None:
    suppress(b"x" * 32, reason=before, now=NOW)
    file = back_up(tmp_path, config)
    suppress(b"x" * 32, reason=SuppressionReason.COMPLAINED, now=NOW)
    put_back(file, config)
    assert Suppression.objects.get().reason == SuppressionReason.COMPLAINED


def test_an_erasure_that_was_not_done_goes_on_after_a_restore(tmp_path: Path, config: Config) -> None:
    died, _, _ = add_readers(3)
    file = back_up(tmp_path, config)
    say_died(died, now=NOW)
    late = Erasure.objects.create(lookup=b"x" * 32, reason=ErasureReason.ASKED, asked_at=NOW, due_at=NOW)
    ErasureStep.objects.create(erasure=late, name="deliveries", key="k" * 32, content=b"", due_at=NOW)

    put_back(file, config)

    assert Subscription.objects.get(pk=died).end_reason == EndReason.DIED
    assert is_suppressed(bytes(Subscriber.objects.get(subscriptions=died).lookup))
    assert Erasure.objects.get(reason=ErasureReason.DIED).due_at == NOW + UNDONE_WITHIN
    assert [one.name for one in ErasureStep.objects.all()] == ["deliveries"]
    assert undo_death(bytes(Subscriber.objects.get(subscriptions=died).lookup), now=NOW + timedelta(days=1))


def test_who_had_not_died_after_all_is_not_erased_after_a_restore(tmp_path: Path, config: Config) -> None:
    alive, _, _ = add_readers(3)
    lookup = bytes(Subscriber.objects.get(subscriptions=alive).lookup)
    say_died(alive, now=NOW)
    file = back_up(tmp_path, config)
    assert undo_death(lookup, now=NOW)

    put_back(file, config)

    assert not Erasure.objects.exists()
    assert not is_suppressed(lookup)

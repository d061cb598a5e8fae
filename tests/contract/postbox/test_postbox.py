from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from structlog.testing import capture_logs

from newsletter.postbox import posting
from newsletter.postbox.emptying import (
    CLAIM_SECONDS,
    DAMAGED,
    KEY_IS_MISSING,
    KEY_PAUSE,
    LOST_SIGHT,
    TOO_LATE,
    ClaimedMail,
    claim_mail,
    record_settled,
    record_waiting,
    withdraw,
    withdraw_all_of,
)
from newsletter.postbox.models import PostState, ServiceMail
from newsletter.postbox.reported import settle_reported
from newsletter.sealing import RowSeal
from tests.contract.delivery.samples import NOW
from tests.contract.delivery.service_samples import ADDRESS, SECRET, content, posted
from tests.readers import invented_ring

pytestmark = [pytest.mark.database, pytest.mark.django_db]

BOOT = "this boot"


def claim(*, after: timedelta = timedelta(0), epoch: str = BOOT, seconds: float = 1000.0) -> ClaimedMail | None:
    return claim_mail(now=NOW + after, epoch=epoch, seconds=seconds)


def only() -> ServiceMail:
    return ServiceMail.objects.get()


def test_a_mail_vanishes_with_the_transaction_that_posted_it() -> None:
    with transaction.atomic():
        posted()
        transaction.set_rollback(True)
    assert not ServiceMail.objects.exists()
    assert claim() is None


def test_what_was_posted_is_what_is_claimed_and_it_is_marked_before_the_wire() -> None:
    posted()
    claimed = claim()
    assert claimed is not None
    assert claimed.content == content()
    assert claimed.attempts == 1
    assert only().state == PostState.SENDING


def test_no_word_of_a_mail_stands_in_its_row_or_in_what_is_printed_of_it() -> None:
    mail = posted()
    claimed = claim()
    for secret in (ADDRESS, SECRET, "review issue"):
        assert secret.encode() not in bytes(mail.content)
        assert secret not in f"{mail!r} {mail} {claimed!r} {content()!r}"


def test_a_mail_is_claimed_once() -> None:
    posted()
    assert claim() is not None
    assert claim() is None


def test_content_does_not_open_in_another_row() -> None:
    good, moved = posted("sam@metsmatters.example"), posted()
    ServiceMail.objects.filter(pk=moved.pk).update(content=bytes(good.content))
    claimed = claim()
    assert claimed is not None
    assert claimed.mail_id == good.pk
    moved.refresh_from_db()
    assert (moved.state, moved.reason, bytes(moved.content)) == (PostState.FAILED, DAMAGED, b"")


def sealed_elsewhere(address: str, monkeypatch: pytest.MonkeyPatch) -> ServiceMail:
    """Post a mail with a key ring that is not the one it will be opened with."""
    ring = invented_ring(seal=(max(settings.KEY_RING.seal) + 1,))
    with monkeypatch.context() as patch:
        patch.setattr(posting, "row_seal", lambda: RowSeal(ring.seal))
        return posted(address)


def test_a_mail_whose_key_is_missing_lets_the_others_pass_and_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = sealed_elsewhere(ADDRESS, monkeypatch)
    second = posted("sam@metsmatters.example")
    with capture_logs() as logs:
        claimed = claim()
        for minutes in (0, 5, 10):
            assert claim(after=timedelta(minutes=minutes)) is None
    assert claimed is not None
    assert claimed.mail_id == second.pk
    stuck.refresh_from_db()
    assert (stuck.state, stuck.reason, stuck.attempts) == (PostState.QUEUED, KEY_IS_MISSING, 0)
    assert [entry["mail"] for entry in logs] == [stuck.key]
    assert ADDRESS not in str(logs)


def test_with_its_key_back_a_mail_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = invented_ring(seal=(max(settings.KEY_RING.seal) + 1,))
    sealed_elsewhere(ADDRESS, monkeypatch)
    assert claim() is None
    monkeypatch.setattr(posting, "row_seal", lambda: RowSeal(ring.seal))
    assert claim() is None
    claimed = claim(after=KEY_PAUSE)
    assert claimed is not None
    assert claimed.content == content()


def test_what_was_put_back_is_not_sent_again_when_it_is_reported_as_taken() -> None:
    mail = posted()
    settle_reported([mail.key], PostState.ACCEPTED, reason="", now=NOW)
    assert only().state == PostState.ACCEPTED
    assert claim() is None


@pytest.mark.parametrize("state", [PostState.ACCEPTED, PostState.FAILED, PostState.UNKNOWN])
def test_once_nothing_more_will_be_sent_the_content_is_forgotten(state: PostState) -> None:
    posted()
    claimed = claim()
    assert claimed is not None
    assert record_settled(claimed, state, reason="why", now=NOW)
    assert (only().state, only().reason, bytes(only().content), only().settled_at) == (state, "why", b"", NOW)


def test_what_was_certainly_not_taken_waits_and_is_claimed_again() -> None:
    posted()
    claimed = claim()
    assert claimed is not None
    assert record_waiting(claimed, reason="450", due_at=NOW + timedelta(minutes=1), counted=True)
    assert claim() is None
    again = claim(after=timedelta(minutes=1))
    assert again is not None
    assert (again.attempts, again.content) == (2, content())


def test_an_attempt_that_does_not_count_is_not_counted() -> None:
    posted()
    claimed = claim()
    assert claimed is not None
    record_waiting(claimed, reason="", due_at=NOW, counted=False)
    again = claim()
    assert again is not None
    assert again.attempts == 1


def test_an_expired_mail_is_never_sent() -> None:
    posted(lasts=timedelta(hours=1))
    assert claim(after=timedelta(hours=1)) is None
    assert (only().state, only().reason, bytes(only().content)) == (PostState.FAILED, TOO_LATE, b"")


@pytest.mark.parametrize("by", ["lookup", "query"])
def test_what_is_withdrawn_while_it_is_on_the_wire_is_not_tried_again(by: str) -> None:
    posted()
    ServiceMail.objects.update(lookup=b"theirs")
    claimed = claim()
    assert claimed is not None
    now = NOW + timedelta(seconds=1)
    if by == "lookup":
        withdraw_all_of(b"theirs", "they left", now=now)
    else:
        withdraw(ServiceMail.objects.all(), "they left", now=now)
    assert record_waiting(claimed, reason="greylisted", due_at=now + timedelta(seconds=1), counted=True)
    assert claim(after=timedelta(minutes=1)) is None
    assert (only().state, bytes(only().content)) == (PostState.FAILED, b"")


def test_a_mail_is_not_sent_before_it_is_due() -> None:
    posting.post("late", content(), now=NOW, due_at=NOW + timedelta(hours=2), expires_at=NOW + timedelta(days=1))
    assert claim() is None
    assert claim(after=timedelta(hours=2)) is not None


@pytest.mark.parametrize(("epoch", "seconds"), [(BOOT, 1001.0 + CLAIM_SECONDS), ("another boot", 1000.0), (BOOT, 1.0)])
def test_what_a_dead_process_held_is_unknown_and_never_sent_again(epoch: str, seconds: float) -> None:
    posted()
    assert claim() is not None
    assert claim(epoch=epoch, seconds=seconds) is None
    assert (only().state, only().reason, bytes(only().content)) == (PostState.UNKNOWN, LOST_SIGHT, b"")


def test_a_late_word_of_whoever_sent_it_settles_what_was_unknown() -> None:
    posted()
    claimed = claim()
    assert claimed is not None
    claim(epoch="another boot")
    assert not record_waiting(claimed, reason="", due_at=NOW, counted=True)
    assert record_settled(claimed, PostState.ACCEPTED, reason="", now=NOW)
    assert only().state == PostState.ACCEPTED


def test_nobody_but_the_claimant_records() -> None:
    posted()
    claimed = claim()
    assert claimed is not None
    stranger = ClaimedMail(claimed.mail_id, claimed.key, "f" * 32, 1, claimed.content)
    assert not record_settled(stranger, PostState.ACCEPTED, reason="", now=NOW)
    assert only().state == PostState.SENDING


def test_what_is_settled_stays_so() -> None:
    posted()
    claimed = claim()
    assert claimed is not None
    record_settled(claimed, PostState.ACCEPTED, reason="", now=NOW)
    assert not record_settled(claimed, PostState.FAILED, reason="", now=NOW)
    assert only().state == PostState.ACCEPTED


def test_whoever_waits_now_does_not_wait_behind_what_was_posted_before() -> None:
    late, early = posted(now=NOW), posted(now=NOW - timedelta(minutes=5))
    claims = [claim(), claim()]
    assert [one.mail_id for one in claims if one] == [late.pk, early.pk]

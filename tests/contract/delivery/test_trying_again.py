"""Who of the failed is tried again, on every database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.delivery.handovers import Record
from newsletter.delivery.ledger import claim_batch, leave_batch, take_step
from newsletter.delivery.models import Delivery, Event, Handover, Outcome, Send, SendState
from newsletter.delivery.reporting import send_report
from newsletter.delivery.trying_again import LeftOut, TriedAgain, try_failed_again
from newsletter.errors import NotAllowedError
from newsletter.project.backup.holding import hold_everything
from newsletter.publishing.models import AuditEntry
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, handovers, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db]

REASONS = {
    "550 5.7.26 (policy) (attempt 4)": None,
    "550": None,
    "554 5.6.0 (content)": None,
    "552 5.2.2 (mailbox)": None,
    "550 5.1.8 (addressing), the sender refused": None,
    "dropped by SendGrid": None,
    "550 5.1.1 (addressing)": LeftOut.UNKNOWN_USER,
    "550 5.1.10 (addressing)": LeftOut.UNKNOWN_USER,
    "553": LeftOut.UNKNOWN_USER,
    "the stored address is not one that mail can be sent to": LeftOut.UNKNOWN_USER,
    "Bounced Address": LeftOut.OF_THE_READER,
    "Spam Reporting Address": LeftOut.OF_THE_READER,
}


def failed_send(reasons: list[str]) -> dict[str, int]:
    """Open a send whose every delivery failed, and give the deliveries' ids by reason."""
    prepared_send(len(reasons))
    held = claim_batch("one", lease_seconds=10, now=NOW)
    assert held is not None
    ids = [one.delivery_id for one in take_step(held, records=[], room=1_000, on=TODAY, now=NOW).marked]
    by_reason = dict(zip(reasons, ids, strict=True))
    records = [Record(one, Handover.FAILED, reason) for reason, one in by_reason.items()]
    take_step(held, records=records, room=0, on=TODAY, now=NOW)
    assert leave_batch(held, now=NOW)
    assert Send.objects.get().state == SendState.DONE
    return by_reason


def retry(
    *, also_unknown_users: bool = False, although_old: bool = False, although_restored: bool = False, days: int = 0
) -> TriedAgain:
    return try_failed_again(
        ISSUE,
        person="ada",
        now=NOW + timedelta(days=days),
        system_user="test",
        within=timedelta(hours=72),
        also_unknown_users=also_unknown_users,
        although_old=although_old,
        although_restored=although_restored,
    )


@pytest.mark.parametrize("also_unknown_users", [False, True])
def test_who_was_refused_for_a_reason_that_may_pass_is_queued_again(*, also_unknown_users: bool) -> None:
    by_reason = failed_send([*REASONS])
    left_out = {reason for reason, why in REASONS.items() if why is not None}
    if also_unknown_users:
        left_out -= {reason for reason, why in REASONS.items() if why is LeftOut.UNKNOWN_USER}
    tried = retry(also_unknown_users=also_unknown_users)
    queued = set(Delivery.objects.filter(handover=Handover.QUEUED, attempts=0).values_list("pk", flat=True))
    assert queued == {by_reason[reason] for reason in REASONS if reason not in left_out}
    assert (tried.queued, sum(tried.left_out.values())) == (len(queued), len(left_out))
    assert tried.state is SendState.RUNNING
    assert send_report(ISSUE).sum_holds


def test_nobody_is_tried_again_who_may_have_a_copy() -> None:
    by_reason = failed_send(["550 a", "550 b", "550 c", "550 d"])
    Delivery.objects.filter(pk=by_reason["550 a"]).update(outcome=Outcome.DELIVERED)
    Delivery.objects.filter(pk=by_reason["550 b"]).update(outcome=Outcome.BOUNCED, bounce="soft")
    for reason, kind in (("550 c", "processed"), ("550 d", "unsubscribe")):
        Event.objects.create(dedupe=reason, delivery_id=by_reason[reason], kind=kind, at=NOW, received_at=NOW)
    tried = retry()
    assert tried.left_out == {LeftOut.TAKEN: 3}
    assert set(Delivery.objects.filter(handover=Handover.QUEUED).values_list("pk", flat=True)) == {by_reason["550 d"]}


def test_a_send_whose_failed_are_tried_again_runs_and_finishes_again() -> None:
    failed_send(["450 (attempt 4)", "550 5.1.1"])
    retry()
    held = claim_batch("two", lease_seconds=10, now=NOW)
    assert held is not None
    ids = [one.delivery_id for one in take_step(held, records=[], room=20, on=TODAY, now=NOW).marked]
    take_step(held, records=[Record(one, Handover.ACCEPTED) for one in ids], room=0, on=TODAY, now=NOW)
    assert leave_batch(held, now=NOW)
    assert Send.objects.get().state == SendState.DONE
    assert handovers() == {"accepted": 1, "failed": 1}
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.person) == ("retry", "ada")


def test_where_nobody_can_be_tried_again_the_send_stays_done() -> None:
    failed_send(["550 5.1.1"])
    assert retry().queued == 0
    assert Send.objects.get().state == SendState.DONE
    assert not AuditEntry.objects.exists()


def test_the_failed_of_an_old_issue_are_tried_again_only_when_a_person_insists() -> None:
    failed_send(["450"])
    with pytest.raises(NotAllowedError, match="--although-old"):
        retry(days=30)
    assert retry(days=30, although_old=True).queued == 1


def test_a_paused_send_stays_paused_with_the_failed_queued_in_it() -> None:
    failed_send(["450"])
    Send.objects.update(state=SendState.PAUSED)
    assert retry().state is SendState.PAUSED
    assert handovers() == {"queued": 1}


@pytest.mark.parametrize("state", [SendState.PREPARING, SendState.CANCELLING, SendState.CANCELLED])
def test_nobody_of_a_cancelled_or_unprepared_send_is_tried_again(state: SendState) -> None:
    failed_send(["450"])
    Send.objects.update(state=state)
    with pytest.raises(NotAllowedError, match=state.value):
        retry()
    assert handovers() == {"failed": 1}


def test_of_a_send_that_was_over_in_a_backup_nobody_is_tried_again_until_a_person_has_looked() -> None:
    """Who was tried again after the backup was made, and got it, has failed in the backup."""
    failed_send(["550", "554 5.6.0 (content)"])
    hold_everything("restored", person="ada", note="", now=NOW + timedelta(hours=1), system_user="test")
    with pytest.raises(NotAllowedError, match="--although-restored"):
        retry()
    assert handovers() == {"failed": 2}
    assert retry(although_restored=True).queued == 2

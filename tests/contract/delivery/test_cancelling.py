"""A send that is ended for good, on every database."""

from __future__ import annotations

import pytest

from newsletter.delivery.handovers import Record
from newsletter.delivery.models import Delivery, Handover, Send, SendState
from newsletter.delivery.preparing import freeze_audience
from newsletter.delivery.reporting import send_report
from newsletter.delivery.sweeping import Swept
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, add_readers, begin_send, handovers, prepared_send
from tests.contract.delivery.steered import (
    acts,
    cancel,
    claimed,
    leave,
    state,
    step,
    swept,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_a_cancelled_send_ends_when_what_is_on_the_wire_is_recorded() -> None:
    prepared_send(30)
    held = claimed()
    marked = step(held, room=5)
    assert cancel().state == SendState.CANCELLING
    assert swept() == Swept(), "a batch in a worker's hands is left to it"
    step(held, *[Record(one, Handover.ACCEPTED) for one in marked[:4]], Record(marked[4], Handover.QUEUED, "451"))
    assert leave(held) is True
    send = Send.objects.get()
    assert (send.state, send.finished_at, send.reason) == (SendState.CANCELLED, NOW, "cancelled by ada")
    report = send_report(ISSUE)
    assert report.the_sum == "30 = 4 accepted + 0 failed + 0 unknown + 26 excluded"
    assert report.excluded == {"cancelled": 26}
    assert acts() == [("cancel", "ada")]


def test_anybody_goes_on_with_a_cancellation_whose_process_was_killed() -> None:
    add_readers(25, languages=("en", "es", "fr"))
    freeze_audience(begin_send(), on=TODAY, now=NOW, chunk=6)
    dead = claimed("dead")
    step(dead, room=2)
    cancel()
    cancel()
    assert swept(at=101.0).excluded == 25 - Delivery.objects.filter(batch=dead.batch_id).count()
    assert state() == SendState.CANCELLING
    assert swept(at=111.0).left_behind == 2
    assert state() == SendState.CANCELLED
    assert send_report(ISSUE).sum_holds
    assert handovers() == {"unknown": 2, "excluded": 23}
    assert acts() == [("cancel", "ada")], "to cancel again changes nothing"


def test_a_half_frozen_audience_is_frozen_no_further_and_the_sum_holds_for_what_was_frozen() -> None:
    add_readers(12, languages=("en",))
    send_id = begin_send()
    Send.objects.update(last=add_readers(8, languages=("en",), start=100)[0])
    with pytest.MonkeyPatch.context() as patch:
        from newsletter.delivery import preparing  # noqa: PLC0415 - the module whose freezing is cut short

        chunks = iter([True, False])
        freeze_chunk = preparing._freeze_chunk
        patch.setattr(preparing, "_freeze_chunk", lambda *a, **k: next(chunks) and freeze_chunk(*a, **k))
        freeze_audience(send_id, on=TODAY, now=NOW, chunk=10)
    assert state() == SendState.PREPARING
    cancel()
    swept()
    freeze_audience(send_id, on=TODAY, now=NOW)
    assert send_report(ISSUE).the_sum == "10 = 0 accepted + 0 failed + 0 unknown + 10 excluded"
    assert state() == SendState.CANCELLED


def test_a_send_of_which_nothing_is_frozen_yet_is_cancelled_at_once() -> None:
    add_readers(3)
    begin_send()
    cancel()
    swept()
    assert (state(), Delivery.objects.count()) == (SendState.CANCELLED, 0)

"""How a run keeps to its rate and to quiet hours."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from newsletter.config import Config
from newsletter.delivery import ledger_thread
from newsletter.delivery.ledger import take_step
from newsletter.delivery.letters import Letter
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.models import Delivery, Handover, Send, SendState
from newsletter.delivery.preparing import freeze_audience
from newsletter.delivery.reporting import send_report
from newsletter.delivery.sending import DeliverySummary, deliver_open_sends
from newsletter.delivery.transports.port import Answer, AnswerKind, AnswerSink
from newsletter.settings import SendgridSettings, SmtpSettings
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, add_readers, begin_send, handovers
from tests.integration.delivery.scripted import HeldClock, ScriptedTransport, config, open_send

pytestmark = pytest.mark.django_db(transaction=True)

MORNING = datetime.fromisoformat("2026-12-02T13:00+00:00")
"""08:00 in New York, where the newsletter is made."""


def paced(per_minute: int, *, transport: str = "smtp", lease_seconds: float = 10) -> Config:
    settings_of = {"smtp": SmtpSettings(per_minute=per_minute), "sendgrid": SendgridSettings(per_minute=per_minute)}
    return config(transport=transport, lease_seconds=lease_seconds, **{transport: settings_of[transport]})


def run(
    how: Config, transport: ScriptedTransport, *, clock: HeldClock | None = None, stop: threading.Event | None = None
) -> DeliverySummary:
    return deliver_open_sends(how, clock or HeldClock(), worker="test", stop=stop, transport=transport)


@dataclass
class Watch:
    """Notes when each letter was handed over."""

    at: list[float] = field(default_factory=list)

    def __call__(self, _: Letter) -> Answer:
        self.at.append(time.monotonic())
        return Answer(AnswerKind.ACCEPTED)


@pytest.mark.database
def test_a_run_keeps_to_its_rate_from_the_first_mail_on() -> None:
    open_send(60, transport="smtp")
    watch = Watch()
    began = time.monotonic()
    summary = run(paced(1_800), ScriptedTransport(script=watch))
    assert summary.finished
    assert handovers() == {"accepted": 60}
    for number, at in enumerate(watch.at, start=1):
        assert number <= 30 * (at - began) + 1, "thirty a second, from an empty bucket"
    assert watch.at[-1] - began < 6


def test_a_run_that_waits_for_its_rate_does_not_spin_and_keeps_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    open_send(3, transport="smtp")
    steps: list[float] = []

    def counted(*arguments: object, **named: object) -> object:
        steps.append(time.monotonic())
        return take_step(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger_thread, "take_step", counted)
    transport = ScriptedTransport()
    summary = run(paced(60, lease_seconds=1.5), transport)
    assert summary.finished
    assert Counter(transport.seen).most_common(1)[0][1] == 1
    # Three mails at one a second; every half second the lease is renewed.
    assert len(steps) < 20
    assert send_report(ISSUE).status.handovers[Handover.UNKNOWN] == 0


def test_a_run_that_waits_for_its_rate_ends_when_it_is_asked_to() -> None:
    open_send(100, transport="smtp")
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    began = time.monotonic()
    summary = run(paced(1), ScriptedTransport(), stop=stop)
    assert time.monotonic() - began < 3
    assert summary.running == (ISSUE,)
    assert handovers() == {"queued": 100}


def test_groups_become_smaller_with_a_small_rate() -> None:
    open_send(60, transport="sendgrid")
    sizes: list[int] = []

    class Groups(ScriptedTransport):
        async def run_lane(self, bag: Mailbag, *, answer: AnswerSink) -> None:
            while letters := await bag.take(self.group):
                sizes.append(len(letters))
                for letter in letters:
                    answer(letter, Answer(AnswerKind.ACCEPTED))

    assert run(paced(1_200, transport="sendgrid"), Groups(lanes=1, group=1_000)).finished
    assert sum(sizes) == 60
    assert max(sizes) <= 60
    assert len(sizes) > 1


@pytest.mark.database
def test_in_quiet_hours_an_audience_is_frozen_and_nobody_is_marked() -> None:
    open_send(5)
    transport = ScriptedTransport()
    night = HeldClock(MORNING - timedelta(minutes=1))
    summary = run(config(quiet_hours="21:00-08:00"), transport, clock=night)
    assert summary.quiet_until == MORNING
    assert (summary.prepared, summary.running, transport.seen) == (1, (ISSUE,), [])
    assert handovers() == {"queued": 5}
    night.now = MORNING
    assert run(config(quiet_hours="21:00-08:00"), transport, clock=night).finished
    assert handovers() == {"accepted": 5}


def test_when_quiet_hours_begin_what_is_in_flight_is_finished_and_nothing_is_begun() -> None:
    add_readers(200, languages=("en",))
    begin_send()
    evening = HeldClock(MORNING - timedelta(hours=12))

    def script(_: Letter) -> Answer:
        evening.now = MORNING - timedelta(hours=11)  # 21:00
        return Answer(AnswerKind.ACCEPTED)

    transport = ScriptedTransport(lanes=2, script=script)
    summary = run(config(quiet_hours="21:00-08:00"), transport, clock=evening)
    assert summary.quiet_until is not None
    found = handovers()
    assert set(found) == {"queued", "accepted"}
    assert found["accepted"] <= 22
    assert found["accepted"] == len(transport.seen)


@pytest.mark.database
def test_a_spread_send_goes_out_as_it_becomes_due_and_survives_an_interruption() -> None:
    add_readers(11, languages=("en",))
    send_id = begin_send()
    Send.objects.filter(pk=send_id).update(spread_seconds=100)
    freeze_audience(send_id, on=TODAY, now=NOW)
    clock = HeldClock()
    transport = ScriptedTransport()
    gone = []
    for second in (0, 50, 50, 99, 100):
        clock.now = NOW + timedelta(seconds=second)
        summary = run(config(), transport, clock=clock)
        gone.append(Delivery.objects.filter(handover=Handover.ACCEPTED).count())
    assert gone == [1, 6, 6, 10, 11]
    assert summary.finished
    assert Send.objects.get().state == SendState.DONE

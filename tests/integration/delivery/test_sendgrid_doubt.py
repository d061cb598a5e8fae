"""What SendGrid says of deliveries in doubt, by its log or by cancelling: certain, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from pydantic import SecretStr

from newsletter.config import Config
from newsletter.delivery.doubt import Clue, InDoubt, Verdict
from newsletter.delivery.models import Outcome, ProviderCall
from newsletter.delivery.provider_calls import NO_CALL_YET, is_cancelled
from newsletter.delivery.transports import sendgrid_doubt
from newsletter.delivery.transports.sendgrid_doubt import sendgrid_clues
from newsletter.errors import TransportError
from newsletter.settings import SendgridSettings
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letters
from tests.integration.delivery.recording_sendgrid import LOST, RecordingSendgrid, posting_to
from tests.integration.delivery.test_sendgrid import transport

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
AHEAD = NOON.timestamp() + 1_800


def service(**changes: Any) -> RecordingSendgrid:
    return RecordingSendgrid(**{"clock": NOON.timestamp, **changes})


def config(place: RecordingSendgrid, in_doubt: str) -> Config:
    known: Config = settings.NEWSLETTER
    sendgrid = SendgridSettings(host=place.url, api_key=SecretStr("SG.test"), timeout_seconds=20, in_doubt=in_doubt)
    return known.model_copy(update={"delivery": known.delivery.model_copy(update={"sendgrid": sendgrid})})


def ask(place: RecordingSendgrid, in_doubt: Sequence[InDoubt], *, how: str = "cancel", now: datetime = NOON) -> list[Clue]:
    with posting_to(place):
        return sendgrid_clues(config(place, how), in_doubt, now=now)


def noted(*refs: str, send_at: float = AHEAD) -> list[InDoubt]:
    for ref in refs:
        ProviderCall.objects.create(ref=ref, send_at=send_at)
    return [InDoubt(f"{number:032x}", "", ref, send_at) for number, ref in enumerate(refs)]


def verdicts(clues: Sequence[Clue]) -> list[Verdict]:
    return [clue.verdict for clue in sorted(clues, key=lambda clue: clue.key)]


def test_a_call_whose_moment_is_ahead_is_cancelled_and_whoever_was_in_it_never_left() -> None:
    place = service()
    [one] = noted("call-1")
    assert verdicts(ask(place, [one])) == [Verdict.NEVER_LEFT]
    assert place.cancelled == {"call-1": "cancel"}
    assert is_cancelled("call-1")


def test_what_is_confirmed_once_is_not_asked_again() -> None:
    place, doubtful = service(), noted("call-1")
    ask(place, doubtful)
    again = service()
    assert verdicts(ask(again, doubtful)) == [Verdict.NEVER_LEFT]
    assert again.calls == []


def test_whoever_was_in_no_call_yet_never_left_whatever_the_settings() -> None:
    place = service()
    one = InDoubt("0" * 32, "", NO_CALL_YET, 0.0)
    assert {how: verdicts(ask(place, [one], how=how))[0] for how in ("events", "log", "cancel")} == dict.fromkeys(
        ("events", "log", "cancel"), Verdict.NEVER_LEFT
    )
    assert place.calls == []


@pytest.mark.parametrize("ours", [True, False], ids=["by our clock", "by SendGrid's"])
def test_from_ten_minutes_before_its_moment_a_call_proves_nothing(*, ours: bool) -> None:
    late = datetime.fromtimestamp(AHEAD - 601, UTC)
    place = service() if ours else service(clock=late.timestamp)
    assert verdicts(ask(place, noted("call-1"), now=late if ours else NOON)) == [Verdict.NOT_FOUND]
    assert not is_cancelled("call-1")
    assert bool(place.cancelled) is not ours, "what we know to be too late is not even asked for"


def test_a_cancel_whose_answer_is_lost_is_looked_up_the_next_time() -> None:
    lost = service(refuse=lambda method, path: (LOST, {}, {}) if (method, path.count("/")) == ("POST", 3) else None)
    doubtful = noted("call-1")
    [clue] = ask(lost, doubtful)
    assert clue.verdict is Verdict.NOT_FOUND
    assert "tried again later" in clue.reason
    assert lost.cancelled
    assert verdicts(ask(service(cancelled=lost.cancelled), doubtful)) == [Verdict.NEVER_LEFT]


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_a_cancel_that_sendgrid_does_not_confirm_proves_nothing(status: int) -> None:
    place = service(refuse=lambda method, path: (status, {}, {}) if "scheduled" in path and method == "GET" else None)
    assert verdicts(ask(place, noted("call-1"))) == [Verdict.NOT_FOUND]
    assert not is_cancelled("call-1")


def test_no_more_than_ten_are_cancelled_at_a_time_those_first_whose_moment_is_next() -> None:
    place = service(cancelled={f"older-{number}": "cancel" for number in range(8)})
    doubtful = [*noted("late", send_at=AHEAD + 60), *noted("soon", send_at=AHEAD - 60), *noted("next", send_at=AHEAD)]
    found = {one.call: one.key for one in doubtful}
    doubtful = [InDoubt(f"{number:032x}", "", one.call, one.send_at) for number, one in enumerate(doubtful)]
    assert verdicts(ask(place, doubtful)) == [Verdict.NOT_FOUND, Verdict.NEVER_LEFT, Verdict.NEVER_LEFT]
    assert set(found) - set(place.cancelled) == {"late"}


def test_without_a_call_nothing_is_cancelled_and_events_decide() -> None:
    place = service()
    assert verdicts(ask(place, [InDoubt("0" * 32, "")])) == [Verdict.NOT_FOUND]
    assert verdicts(ask(place, [InDoubt("0" * 32, "")], how="events")) == [Verdict.NOT_FOUND]
    assert place.cancelled == {}


def test_nothing_is_asked_without_a_key() -> None:
    with pytest.raises(TransportError, match="API_KEY"):
        sendgrid_clues(settings.NEWSLETTER.model_copy(update={"delivery": settings.NEWSLETTER.delivery.model_copy(
            update={"sendgrid": SendgridSettings(in_doubt="log")}
        )}), [InDoubt("0" * 32, "a@example.org")], now=NOON)  # fmt: skip


@pytest.mark.parametrize(
    ("status", "verdict", "outcome"),
    [
        ("processed", Verdict.TAKEN, None),
        ("delivered", Verdict.TAKEN, Outcome.DELIVERED),
        ("bounced", Verdict.TAKEN, Outcome.BOUNCED),
        ("dropped", Verdict.REFUSED, None),
        ("a word of tomorrow", Verdict.NOT_FOUND, None),
    ],
)
def test_the_log_says_what_became_of_a_mail(status: str, verdict: Verdict, outcome: Outcome | None) -> None:
    place = service()
    [sent] = letters(1)
    with posting_to(place):
        deliver(transport(place), [sent])
        place.mails[0].status = status
        [clue] = sendgrid_clues(config(place, "log"), [InDoubt(sent.key, sent.address)], now=NOON)
    assert (clue.verdict, clue.outcome) == (verdict, outcome)
    assert sent.address not in clue.reason
    assert clue.at == (NOON if verdict is Verdict.TAKEN else None)


def test_another_mail_to_the_same_address_proves_nothing() -> None:
    place = service()
    [sent] = letters(1)
    with posting_to(place):
        deliver(transport(place), [sent])
        [clue] = sendgrid_clues(config(place, "log"), [InDoubt("f" * 32, sent.address)], now=NOON)
    assert clue.verdict is Verdict.NOT_FOUND


def test_what_the_log_does_not_have_stays_unknown_for_ever() -> None:
    place = service()
    assert verdicts(ask(place, [InDoubt("0" * 32, "nobody@example.org")], how="log")) == [Verdict.NOT_FOUND]


def test_the_log_is_asked_for_a_bounded_number_and_in_the_end_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendgrid_doubt, "MOST_ASKED", 2)
    monkeypatch.setattr(sendgrid_doubt, "SECONDS_BETWEEN", 0)
    asked = set[str]()
    people = [InDoubt(f"{number:032x}", f"reader{number}@example.org") for number in range(5)]
    for second in range(5):
        place = service()
        ask(place, people, how="log", now=datetime.fromtimestamp(NOON.timestamp() + second, UTC))
        assert len(place.calls) == 2
        asked |= {body["query"].split('"')[1] for body in place.bodies}
    assert asked == {one.address for one in people}


def test_a_log_that_asks_us_to_wait_ends_the_round() -> None:
    place = service(refuse=lambda _method, _path: (429, {}, {}))
    people = [InDoubt(f"{number:032x}", f"reader{number}@example.org") for number in range(5)]
    clues = ask(place, people, how="log")
    assert verdicts(clues) == [Verdict.NOT_FOUND] * 5
    assert "asks us to wait" in clues[0].reason
    assert len(place.calls) == 1

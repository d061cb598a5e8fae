"""What SendGrid's webhook takes from nobody, and what is odd in what it takes."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import OperationalError, connection
from django.test.utils import override_settings
from hypothesis import given
from hypothesis import strategies as st
from sendgrid.helpers.eventwebhook import EventWebhook

from newsletter.delivery import webhooks
from newsletter.delivery.models import Event, Handover, Outcome
from newsletter.delivery.sendgrid_events import parse_events
from newsletter.delivery.webhooks import is_signed
from newsletter.errors import SettingsError
from tests.integration.delivery.sendgrid_posts import configured, event, in_flight, post, public_key, signature, tell

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _with_a_key() -> Iterator[None]:
    with override_settings(NEWSLETTER=configured(public_key())):
        yield


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"signed": ""}, 403),
        ({"signed": "not base64!"}, 403),
        ({"signed": base64.b64encode(b"something").decode()}, 403),
        ({"timestamp": str(int(time.time() - timedelta(hours=26).total_seconds()))}, 403),
        ({"timestamp": str(int(time.time() + timedelta(minutes=20).total_seconds()))}, 403),
        ({"timestamp": "yesterday"}, 403),
        ({"method": "GET"}, 405),
    ],
)
def test_what_sendgrid_did_not_sign_just_now_is_refused(changed: dict[str, str], status: int) -> None:
    [delivery] = in_flight()
    response = post(json.dumps([event(delivery, "delivered")]).encode(), **changed)
    assert response.status_code == status
    assert Event.objects.count() == 0


@given(
    text=st.text(),
    timestamp=st.text(st.characters(codec="ascii"), max_size=12),
    spoiled=st.sampled_from(["", "x", "\r\n", "=", "é"]),
)
def test_a_signature_is_judged_as_sendgrid_s_own_verifier_does(text: str, timestamp: str, spoiled: str) -> None:
    """It raises for what is not Base64, which is no different from a wrong signature."""
    body = text.encode("utf-8", "replace")
    signed = signature(body, timestamp) + spoiled
    verifier = EventWebhook(public_key())
    for changed in (body, body + b"\n", body[1:]):
        try:
            expected = verifier.verify_signature(changed.decode("utf-8"), signed, timestamp)
        except ValueError:
            expected = False
        assert is_signed(changed, signature=signed, timestamp=timestamp, public_key=public_key()) == expected


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)

FIELDS = ["timestamp", "type", "status", "reason", "bounce_classification", "sg_message_id", "attempt", "call", "email"]


@given(
    event=st.fixed_dictionaries(
        {"delivery": st.just("a" * 32), "event": st.sampled_from(["bounce", "dropped", "delivered", "spamreport", "new"])},
        optional={name: JSON | st.integers(0, 2**33) for name in FIELDS},
    )
)
def test_no_event_can_break_the_reading(event: dict[str, Any]) -> None:
    for report in parse_events(orjson.dumps([event])):
        assert report.key == "a" * 32
        assert len(report.reason) < 40, "a status code or a word of ours, never the prose of a server"


def test_a_body_changed_by_one_octet_is_refused() -> None:
    body = b"[]\r\n"
    now = str(int(time.time()))
    assert post(body, timestamp=now, signed=signature(body, now)).status_code == 200
    assert post(b"[]", timestamp=now, signed=signature(body, now)).status_code == 403


@pytest.mark.parametrize("body", [b"{}", b"nonsense", b'"text"'])
def test_a_signed_body_that_is_no_list_is_a_bad_request(body: bytes) -> None:
    assert post(body).status_code == 400


@pytest.mark.parametrize("odd", [rb'"cut off \ud83d"', b'"caf\xe9"', b'"a\xed\xa0\xbdb"', b"NaN"])
def test_one_odd_event_costs_the_others_nothing(odd: bytes) -> None:
    """SendGrid quotes what servers say, cut off wherever it is long enough; the other thousand events of its post count."""
    [delivery] = in_flight()
    strange = b'{"event": "bounce", "delivery": "%s", "timestamp": 1796137300, "reason": %s}' % (b"f" * 32, odd)
    assert post(b"[%s, %s]" % (strange, json.dumps(event(delivery, "spamreport")).encode())).status_code == 200
    delivery.refresh_from_db()
    assert delivery.outcome == Outcome.COMPLAINED


@pytest.mark.parametrize("call", ["a\0b", "x" * 200, "\ud800"])
def test_the_name_of_a_call_that_cannot_be_ours_is_not_asked_about(call: str) -> None:
    """PostgreSQL takes no NUL, and the whole post would fail for a day."""
    [delivery] = in_flight()
    tell(event(delivery, "processed", call=call))
    delivery.refresh_from_db()
    assert delivery.handover == Handover.ACCEPTED


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[" * 100_000 + b"\xff"])
def test_a_signed_body_nested_without_end_is_a_bad_request(body: bytes) -> None:
    assert post(body).status_code == 400


def test_bytes_that_are_no_text_are_no_list() -> None:
    assert post(b"\xff\xfe").status_code == 400


def test_a_post_that_breaks_off_lets_the_next_one_have_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "LONGEST_TURN", 0.01)

    def break_off(*_: object, **__: object) -> None:
        assert webhooks.WRITING.locked() == (connection.vendor == "sqlite")
        raise OperationalError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(webhooks, "take_reports", break_off)
        with pytest.raises(OperationalError):
            post(b"[]")
    assert not webhooks.WRITING.locked()
    with webhooks.WRITING:
        assert post(b"[]").status_code == 200, "it waits its time, and then for SQLite itself"
    assert not webhooks.WRITING.locked()


def test_more_than_five_megabytes_are_refused_unread() -> None:
    assert post(b"[" + b" " * 5_000_001 + b"]").status_code == 413


def test_without_a_key_there_is_no_such_page() -> None:
    with override_settings(NEWSLETTER=configured("")):
        assert post(b"[]").status_code == 404


def test_a_key_that_is_none_is_a_mistake_in_the_settings() -> None:
    with override_settings(NEWSLETTER=configured("AAAA")), pytest.raises(SettingsError, match="webhook_public_key"):
        post(b"[]")

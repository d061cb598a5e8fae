"""SendGrid's events, posted as it posts them: signed, repeated, out of order."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings
from hypothesis import given
from hypothesis import strategies as st
from sendgrid.helpers.eventwebhook import EventWebhook

from newsletter.config import Config
from newsletter.delivery import webhooks
from newsletter.delivery.handovers import Record
from newsletter.delivery.ledger import claim_batch, take_step
from newsletter.delivery.models import Delivery, Event, Handover, Outcome
from newsletter.delivery.sendgrid_events import parse_events
from newsletter.delivery.webhooks import is_signed, sendgrid_events
from newsletter.errors import SettingsError
from newsletter.subscribers.models import EndReason, Subscription, Suppression
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import SubscribeKind, end_subscription, subscribe
from tests.contract.delivery.samples import NOW, TODAY, prepared_send
from tests.readers import CONSENT

pytestmark = [pytest.mark.database, pytest.mark.django_db]

KEY = ec.generate_private_key(ec.SECP256R1())


def public_key() -> str:
    der = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def configured(key: str) -> Config:
    config: Config = settings.NEWSLETTER
    sendgrid = config.delivery.sendgrid.model_copy(update={"webhook_public_key": key})
    return config.model_copy(update={"delivery": config.delivery.model_copy(update={"sendgrid": sendgrid})})


@pytest.fixture(autouse=True)
def _with_a_key() -> Iterator[None]:
    with override_settings(NEWSLETTER=configured(public_key())):
        yield


def signature(body: bytes, timestamp: str) -> str:
    return base64.b64encode(KEY.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()


def post(body: bytes, *, timestamp: str = "", signed: str | None = None, method: str = "POST") -> HttpResponse:
    timestamp = timestamp or str(int(time.time()))
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature(body, timestamp) if signed is None else signed,
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }
    request = RequestFactory().generic(method, "/webhooks/sendgrid", body, content_type="application/json", headers=headers)
    return sendgrid_events(request)


def event(delivery: Delivery, kind: str, *, at: int = 1_796_137_300, **more: Any) -> dict[str, Any]:
    return {
        "email": "reader@example.org",
        "timestamp": at,
        "event": kind,
        "sg_event_id": base64.b64encode(random.randbytes(8)).decode(),  # noqa: S311 - it changes, that is all
        "sg_message_id": "14c5d75ce93.dfd.64b469",
        "delivery": delivery.key,
        **more,
    }


def tell(*events: dict[str, Any]) -> None:
    response = post(json.dumps(events).encode() + b"\r\n")
    assert response.status_code == 200, response.content


def in_flight(count: int = 1) -> list[Delivery]:
    """Deliveries that were marked and of which nothing is known."""
    prepared_send(count)
    held = claim_batch("w", lease_seconds=10, now=NOW)
    assert held is not None
    marked = take_step(held, records=[], room=count, on=TODAY, now=NOW).marked
    take_step(held, records=[Record(one.delivery_id, Handover.UNKNOWN, "lost") for one in marked], room=0, on=TODAY, now=NOW)
    return list(Delivery.objects.order_by("pk"))


def test_delivered_settles_the_unknown_and_is_the_outcome() -> None:
    [delivery] = in_flight()
    tell(event(delivery, "delivered"))
    delivery.refresh_from_db()
    assert (delivery.handover, delivery.outcome) == (Handover.ACCEPTED, Outcome.DELIVERED)
    assert delivery.handed_over_at is not None
    assert Event.objects.get().kind == "delivered"


@pytest.mark.parametrize(
    ("kinds", "handover", "outcome"),
    [
        (["processed", "deferred", "delivered"], Handover.ACCEPTED, Outcome.DELIVERED),
        (["processed", "delivered", "spamreport"], Handover.ACCEPTED, Outcome.COMPLAINED),
        (["processed", "deferred", "bounce"], Handover.ACCEPTED, Outcome.BOUNCED),
        (["processed", "dropped"], Handover.FAILED, Outcome.NONE),
    ],
)
def test_events_in_any_order_and_any_number_of_times_come_to_the_same(
    kinds: list[str], handover: Handover, outcome: Outcome
) -> None:
    deliveries = in_flight(6)
    for number, delivery in enumerate(deliveries):
        events = [event(delivery, kind, at=1_796_137_300 + number) for kind in kinds] * 2
        random.Random(number).shuffle(events)  # noqa: S311 - any order
        for one in events:
            tell({**one, "sg_event_id": f"changed{random.random()}"})  # noqa: S311 - as SendGrid's repeats do
        delivery.refresh_from_db()
        assert (delivery.handover, delivery.outcome) == (handover, outcome)
    assert Event.objects.count() == 6 * len(kinds)


@pytest.mark.parametrize(
    ("kind", "more", "reason", "suppressed"),
    [
        ("bounce", {"type": "bounce", "status": "5.1.1", "bounce_classification": "Invalid Address"}, "bounced", "bounced"),
        ("bounce", {"type": "bounce", "status": "5.1.1"}, "bounced", "bounced"),
        ("bounce", {"type": "bounce", "status": "5.2.2", "bounce_classification": "Mailbox Unavailable"}, "", None),
        ("bounce", {"type": "bounce", "status": "5.7.1"}, "", None),
        ("bounce", {"type": "blocked", "status": "5.1.1", "bounce_classification": "Invalid Address"}, "", None),
        ("spamreport", {}, "complained", "complained"),
        ("unsubscribe", {}, "unsubscribed", None),
        ("group_unsubscribe", {"asm_group_id": 1}, "unsubscribed", None),
        ("dropped", {"reason": "Bounced Address"}, "bounced", "bounced"),
        ("dropped", {"reason": "Spam Reporting Address"}, "complained", "complained"),
        ("dropped", {"reason": "Recipient List over Package Quota"}, "", None),
    ],
)
def test_what_an_event_means_for_its_reader(kind: str, more: dict[str, Any], reason: str, suppressed: str | None) -> None:
    first, second = in_flight(2)
    tell(event(first, kind, **more))
    assert first.subscription is not None
    first.subscription.refresh_from_db()
    assert first.subscription.end_reason == reason
    assert list(Suppression.objects.values_list("reason", flat=True)) == ([suppressed] if suppressed else [])
    assert Subscription.objects.filter(delivery=second, ended_at__isnull=True).exists()


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"type": "bounce", "status": "5.1.1"}, "hard"),
        ({"type": "bounce", "bounce_classification": "Invalid Address"}, "hard"),
        ({"type": "bounce", "status": "5.2.2", "bounce_classification": "Mailbox Unavailable"}, "soft"),
        ({"type": "bounce", "status": "5.0.0", "reason": "550 no such user here"}, "hard"),
        ({"type": "bounce", "status": "5.7.1", "bounce_classification": "Unclassified"}, "policy"),
        ({"type": "bounce", "bounce_classification": "Reputation"}, "policy"),
        ({"type": "blocked", "status": "5.1.1", "bounce_classification": "Invalid Address"}, "policy"),
    ],
)
def test_a_bounce_is_hard_soft_or_for_policy(more: dict[str, Any], kind: str) -> None:
    [delivery] = in_flight()
    tell(event(delivery, "bounce", **more))
    delivery.refresh_from_db()
    assert delivery.bounce == kind


def test_of_several_farewells_in_one_post_the_weightiest_counts() -> None:
    """An unsubscribe that comes with a spam report must not hide it."""
    deliveries = in_flight(8)
    for delivery in deliveries:
        kinds = ["unsubscribe", "spamreport", "group_unsubscribe"]
        tell(*(event(delivery, kind) for kind in kinds))
    assert set(Subscription.objects.values_list("end_reason", flat=True)) == {"complained"}
    assert Suppression.objects.count() == 8


@pytest.mark.parametrize(("later", "open_ones"), [(60, 0), (-60, 1)])
def test_who_says_goodbye_by_an_old_mail_after_they_came_back_means_all_mail(later: int, open_ones: int) -> None:
    [delivery] = in_flight()
    assert delivery.subscription_id is not None
    end_subscription(delivery.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOW)
    back = subscribe(Contact("reader1@example.org"), language="en", topics=(), consent=CONSENT, now=NOW)
    assert back.kind is SubscribeKind.RETURNED
    tell(event(delivery, "unsubscribe", at=int(NOW.timestamp()) + later))
    assert Subscription.objects.filter(ended_at=None).count() == open_ones


def test_an_unknown_kind_is_kept_and_changes_nothing_else() -> None:
    [delivery] = in_flight()
    tell(event(delivery, "account_status_change"))
    delivery.refresh_from_db()
    assert (delivery.handover, delivery.outcome) == (Handover.UNKNOWN, Outcome.NONE)
    assert Event.objects.get().kind == "account_status_change"


def test_opens_clicks_and_what_is_not_ours_is_not_kept() -> None:
    [delivery] = in_flight()
    foreign = {**event(delivery, "delivered"), "delivery": "0" * 32}
    shapeless = [{}, 7, {"delivery": delivery.key, "event": "delivered", "timestamp": "soon"}, {"delivery": [1]}]
    tell(event(delivery, "open"), event(delivery, "click"), foreign, *shapeless)  # type: ignore[arg-type]
    assert Event.objects.count() == 0


def test_no_address_is_kept_of_an_event() -> None:
    [delivery] = in_flight()
    tell(event(delivery, "bounce", status="5.1.1", reason="550 5.1.1 <reader@example.org> unknown", type="bounce"))
    assert Event.objects.get().reason == "5.1.1"


def test_many_events_need_no_more_queries_than_a_few() -> None:
    deliveries = in_flight(500)
    few = [event(one, kind) for one in deliveries[:5] for kind in ("processed", "delivered")]
    many = [event(one, kind) for one in deliveries[5:] for kind in ("processed", "delivered")]
    with CaptureQueriesContext(connection) as for_few:
        tell(*few)
    with CaptureQueriesContext(connection) as for_many:
        tell(*many)
    assert len(for_many) == len(for_few)
    assert Delivery.objects.filter(outcome=Outcome.DELIVERED).count() == 500


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

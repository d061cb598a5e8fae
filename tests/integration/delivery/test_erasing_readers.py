"""What is left of somebody who was erased: in the ledger, beside a send that runs, and in SendGrid's lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.test.utils import override_settings
from pydantic import SecretStr

from newsletter.config import Config
from newsletter.delivery.evidence import take_reports
from newsletter.delivery.forgetting_at_sendgrid import LISTS
from newsletter.delivery.handovers import Record
from newsletter.delivery.ledger import claim_batch, leave_batch, take_step
from newsletter.delivery.models import Delivery, Event, Handover, Send, SendState
from newsletter.delivery.reporting import send_report
from newsletter.errors import SealError
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import ServiceContent, post
from newsletter.sealing import RowSeal
from newsletter.settings import SendgridSettings
from newsletter.subscribers.erasing import ask_erasure
from newsletter.subscribers.erasure_steps import PAUSES, PURPOSE, TAKEN_FOR, run_erasures
from newsletter.subscribers.mailed_links import make_link
from newsletter.subscribers.models import (
    Erasure,
    ErasureReason,
    ErasureStep,
    LinkPurpose,
    ReaderRequest,
    RequestKind,
    Subscriber,
    Suppression,
    SuppressionReason,
)
from newsletter.subscribers.sealing import Contact, Sealer
from newsletter.subscribers.subscribing import subscribe
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, prepared_send
from tests.contract.delivery.test_reports import SETTINGS, report
from tests.integration.delivery.recording_sendgrid import RecordingSendgrid, posting_to
from tests.readers import CONSENT

pytestmark = [pytest.mark.database, pytest.mark.django_db]

ADDRESS = "reader1@example.org"
LISTED = ("bounces", "blocks", "invalid_emails", "spam_reports", "suppressions/global")


@pytest.fixture
def sendgrid() -> Iterator[RecordingSendgrid]:
    service = RecordingSendgrid(lists={name: {ADDRESS, "somebody.else@example.org"} for name in LISTED})
    config: Config = settings.NEWSLETTER
    with posting_to(service):
        reached = SendgridSettings(host=service.url, api_key=SecretStr("SG.test"), timeout_seconds=5)
        delivery = config.delivery.model_copy(update={"sendgrid": reached})
        with override_settings(NEWSLETTER=config.model_copy(update={"delivery": delivery})):
            yield service


def reader(address: str = ADDRESS) -> Subscriber:
    return Subscriber.objects.get(lookup=Sealer(settings.KEY_RING).lookup(address))


def ask(*, now: datetime = NOW) -> None:
    ask_erasure(reader().pk, reason=ErasureReason.ASKED, now=now)


def erase(*, now: datetime = NOW) -> None:
    ask(now=now)
    run_erasures(now=now)


def everything_stored() -> dict[str, list[dict[str, object]]]:
    """Give every row of every table of ours."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("newsletter.")]
    return {model.__name__: [dict(row) for row in model._default_manager.values()] for model in ours}


def opened(row: dict[str, object]) -> Iterator[object]:
    """Give what a sealed value of a row says, whatever it was sealed for."""
    seal = RowSeal(settings.KEY_RING.seal)
    rows = [bytes(v) for k, v in row.items() if k in {"lookup", "digest"} and isinstance(v, bytes | memoryview)]
    rows += [str(row["key"]).encode()] if "key" in row else []
    for value in (one for one in row.values() if isinstance(one, bytes | memoryview)):
        for named in rows:
            for purpose in (b"contact", b"topics", b"mailed link", b"service mail", b"reader request", PURPOSE):
                try:
                    yield seal.open(value, purpose=purpose, row=named)
                except SealError:
                    continue


def test_nothing_of_them_is_left_in_any_table_but_the_keyed_hash(sendgrid: RecordingSendgrid) -> None:
    prepared_send(3)
    theirs = reader()
    lookup, contact = bytes(theirs.lookup), bytes(theirs.contact)
    key = Delivery.objects.get(subscription__subscriber=theirs).key
    take_reports([report(key, "soft")], SETTINGS, now=NOW)
    make_link(LinkPurpose.FRESH, lookup=lookup, content=[ADDRESS], language="en", now=NOW, subscriber_id=theirs.pk)
    make_link(LinkPurpose.CONFIRM, lookup=lookup, content=[ADDRESS], language="en", now=NOW)
    content = ServiceContent(ADDRESS, "en", "Your link", "Dear Name1", "<p>Dear Name1</p>")
    post("link", content, now=NOW, expires_at=NOW + timedelta(days=1), lookup=lookup)
    ReaderRequest.objects.create(
        key="a" * 32, kind=RequestKind.LOST_LINK, lookup=lookup, network=b"n", content=b"", language="en", asked_at=NOW
    )
    said = [str(value) for rows in everything_stored().values() for row in rows for value in opened(row)]
    assert sum(ADDRESS in one for one in said) >= 4

    erase()
    left = everything_stored()
    assert [bytes(one) for one in Suppression.objects.values_list("lookup", flat=True)] == [lookup]
    for name, rows in left.items():
        for row in rows:
            values = [bytes(value) if isinstance(value, memoryview) else value for value in row.values()]
            assert contact not in values
            assert key not in values, name
            assert name == "Suppression" or lookup not in values, name
            assert not [one for one in opened(row) if ADDRESS in str(one) or "Name1'" in str(one)], name
    assert not any(ADDRESS in listed for listed in sendgrid.lists.values())
    assert all("somebody.else@example.org" in listed for listed in sendgrid.lists.values())


def test_their_keys_are_forgotten_also_when_that_step_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared_send(3)
    key = Delivery.objects.get(subscription__subscriber=reader()).key

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    ask()
    with monkeypatch.context() as dying:
        dying.setattr("newsletter.delivery.forgetting_deliveries.lock_deliveries", killed)
        with pytest.raises(KeyboardInterrupt):
            run_erasures(now=NOW)
    # The step is due again in five minutes; all others are at once.
    run_erasures(now=NOW + timedelta(seconds=1))
    assert Delivery.objects.filter(key=key).exists()
    run_erasures(now=NOW + 2 * TAKEN_FOR)
    assert not Delivery.objects.filter(key=key).exists()
    assert not Subscriber.objects.filter(lookup=Sealer(settings.KEY_RING).lookup(ADDRESS)).exists()
    assert Erasure.objects.get().done_at is not None


def test_the_sums_and_what_was_reported_stay_when_a_reader_is_erased() -> None:
    prepared_send(3)
    key = Delivery.objects.get(subscription__subscriber=reader()).key
    take_reports([report(key, "soft")], SETTINGS, now=NOW)
    before, events = send_report(ISSUE), list(Event.objects.values_list("kind", "reason", "at"))
    erase()
    assert send_report(ISSUE) == before
    assert list(Event.objects.values_list("kind", "reason", "at")) == events
    take_reports([report(key, "spamreport")], SETTINGS, now=NOW)
    assert send_report(ISSUE) == before


def test_a_reader_who_is_erased_while_their_send_runs_is_excluded_when_queued_and_recorded_when_on_the_wire() -> None:
    prepared_send(3)
    claim = claim_batch("w", lease_seconds=60, now=NOW)
    assert claim is not None
    [on_the_wire] = take_step(claim, records=(), room=1, on=TODAY, now=NOW).marked
    for address in (ADDRESS, "reader2@example.org"):
        ask_erasure(reader(address).pk, reason=ErasureReason.ASKED, now=NOW)
    assert run_erasures(now=NOW) == 2
    assert Delivery.objects.get(pk=on_the_wire.delivery_id).key == on_the_wire.key
    accepted = Record(on_the_wire.delivery_id, Handover.ACCEPTED)
    [third] = take_step(claim, records=[accepted], room=5, on=TODAY, now=NOW).marked
    take_step(claim, records=[Record(third.delivery_id, Handover.ACCEPTED)], room=5, on=TODAY, now=NOW)
    assert leave_batch(claim, now=NOW)
    assert Send.objects.get().state == SendState.DONE
    found = send_report(ISSUE)
    assert found.sum_holds
    assert found.excluded == {"erased": 1}
    assert found.status.handovers[Handover.ACCEPTED] == 2


@pytest.mark.parametrize(
    ("meaning", "reason"), [("hard", SuppressionReason.BOUNCED), ("spamreport", SuppressionReason.COMPLAINED)]
)
def test_what_is_reported_before_they_are_erased_weighs_more_than_that_they_asked(
    meaning: str, reason: SuppressionReason
) -> None:
    prepared_send(1)
    ask()
    take_reports([report(Delivery.objects.get().key, meaning)], SETTINGS, now=NOW)
    run_erasures(now=NOW)
    assert Suppression.objects.get().reason == reason


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_sendgrid_is_asked_until_it_has_let_the_address_go(sendgrid: RecordingSendgrid, status: int) -> None:
    prepared_send(2)
    sendgrid.refuse = lambda _method, path: (status, {"Retry-After": "7200"}, {}) if "blocks" in path else None
    erase()
    [waiting] = ErasureStep.objects.filter(done_at__isnull=True)
    assert waiting.problem
    assert ADDRESS not in waiting.problem
    assert waiting.due_at >= NOW + (timedelta(seconds=7200) if status == 429 else PAUSES[0])
    assert not Subscriber.objects.filter(pk=1).exists()
    for hours in range(1, 25):
        run_erasures(now=NOW + timedelta(hours=hours))
    assert Erasure.objects.get().done_at is None
    assert len(sendgrid.calls) < 60
    sendgrid.refuse = lambda *_: None
    assert run_erasures(now=NOW + timedelta(hours=36)) == 1
    assert not any(ADDRESS in listed for listed in sendgrid.lists.values())
    assert not any(bytes(step.content) for step in ErasureStep.objects.all())


def test_while_sendgrid_is_down_nobody_knocks_for_each_of_many(sendgrid: RecordingSendgrid) -> None:
    prepared_send(5)
    sendgrid.refuse = lambda *_: (503, {}, {})
    for person in Subscriber.objects.all():
        ask_erasure(person.pk, reason=ErasureReason.ASKED, now=NOW)
    run_erasures(now=NOW)
    assert len(sendgrid.calls) == 1
    assert not Subscriber.objects.exists()


def test_an_address_is_asked_about_letter_by_letter(sendgrid: RecordingSendgrid) -> None:
    assert len(LISTS) == len(LISTED)
    prepared_send(1)
    erase()
    assert {path.rpartition("/")[2] for _, path in sendgrid.calls} == {ADDRESS}


def test_who_comes_back_while_they_are_being_erased_is_not_erased_again_until_they_ask(sendgrid: RecordingSendgrid) -> None:
    prepared_send(1)
    sendgrid.refuse = lambda *_: (503, {}, {})
    erase()
    Suppression.objects.all().delete()
    later = NOW + timedelta(minutes=30)
    subscribe(Contact(ADDRESS, "Ana"), language="en", topics=(), consent=CONSENT, now=later)
    sendgrid.refuse = lambda *_: None
    assert run_erasures(now=NOW + timedelta(hours=1)) == 1
    assert Subscriber.objects.count() == 1
    erase(now=NOW + timedelta(hours=2))
    assert not Subscriber.objects.exists()


def test_who_comes_back_before_they_are_erased_keeps_their_mails_and_is_erased_wholly_when_they_ask_again(
    sendgrid: RecordingSendgrid,
) -> None:
    prepared_send(1)
    sendgrid.refuse = lambda *_: (503, {}, {})
    ask()
    Suppression.objects.all().delete()
    later = NOW + timedelta(minutes=30)
    subscribe(Contact(ADDRESS, "Ana"), language="en", topics=(), consent=CONSENT, now=later)
    content = ServiceContent(ADDRESS, "en", "Welcome", "Dear Ana", "<p>Dear Ana</p>")
    post("welcome", content, now=later, expires_at=later + timedelta(days=1), lookup=bytes(reader().lookup))
    run_erasures(now=later)
    assert ServiceMail.objects.count() == 1
    assert Subscriber.objects.count() == 1
    sendgrid.refuse = lambda *_: None
    ask(now=NOW + timedelta(hours=2))
    assert run_erasures(now=NOW + timedelta(hours=2)) == 1
    assert not Subscriber.objects.exists()
    assert not ServiceMail.objects.exists()

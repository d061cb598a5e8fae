"""What becomes of what strangers type into public forms: who is mailed, how often, and what a crash or a second process does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.db import close_old_connections, connection
from django.test import override_settings
from structlog.testing import capture_logs

from newsletter.errors import KeyMissingError, NotAllowedError
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import ServiceContent, open_content
from newsletter.project.backup.holding import hold_everything
from newsletter.subscribers import answering
from newsletter.subscribers.confirming import Asked, post_question
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import EndReason, MailedLink, ReaderRequest, RequestKind, Subscriber, SuppressionReason
from newsletter.subscribers.requests import handle_requests, write_request
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import end_subscription
from newsletter.subscribers.suppressing import LIFTED, suppress
from tests.readers import NOVEMBER, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ADDRESS = "rosa.lima@example.org"
SIGN_UP, LOST_LINK = RequestKind.SIGN_UP, RequestKind.LOST_LINK
LIMITS = settings.NEWSLETTER.sign_up
MINUTE = timedelta(minutes=1)
BETWEEN = LIMITS.minutes_between * MINUTE
NETWORK = b"n" * 32


def ask(
    kind: RequestKind = SIGN_UP,
    address: str = ADDRESS,
    *,
    now: datetime = NOVEMBER,
    network: bytes = NETWORK,
    language: str = "en",
) -> None:
    values = [address, "Rosa", "2026-11"] if kind is SIGN_UP else [address]
    write_request(kind, values, network=network, language=language, now=now)


def handled(kind: RequestKind = SIGN_UP, address: str = ADDRESS, *, now: datetime = NOVEMBER) -> list[str]:
    """Ask, have it handled, and give the kinds of mails that this posted."""
    before = ServiceMail.objects.count()
    ask(kind, address, now=now)
    assert handle_requests(now=now) == 1
    return list(ServiceMail.objects.order_by("pk").values_list("kind", flat=True)[before:])


def posted() -> ServiceContent:
    mail = ServiceMail.objects.get()
    return open_content(mail.key, mail.content)


def test_an_unknown_address_is_asked_to_confirm_in_the_language_of_the_form() -> None:
    ask(language="es")
    assert handle_requests(now=NOVEMBER) == 1
    assert (posted().address, posted().language, posted().subject) == (ADDRESS, "es", "Falta un paso para suscribirse")
    assert not Subscriber.objects.exists()


def test_a_name_that_nobody_has_confirmed_stands_in_no_mail() -> None:
    ask()
    handle_requests(now=NOVEMBER)
    assert "Rosa" not in posted().text + posted().html + posted().subject


def test_a_readers_address_gets_a_mail_that_helps_in_their_own_language() -> None:
    reader = sign_up("ana.perez@example.org", language="es")
    assert handled(address="ANA.perez@example.org") == ["already"]
    assert (posted().address, posted().language) == ("ana.perez@example.org", "es")
    assert f"/m/{reader.manage}" in posted().text
    assert not MailedLink.objects.exists()


def test_a_reader_who_paused_and_forgot_is_told_until_when() -> None:
    reader = sign_up(ADDRESS)
    subscriber = reader.subscriber()
    subscriber.snoozed_until = date(2027, 3, 1)
    subscriber.save()
    handled()
    assert "paused until March 1, 2027" in posted().text


def test_a_lost_link_is_mailed_to_a_reader_and_to_nobody_else() -> None:
    assert handled(LOST_LINK) == []
    reader = sign_up(ADDRESS, language="es")
    assert handled(LOST_LINK) == ["link"]
    assert (posted().address, posted().language) == (ADDRESS, "es")
    assert f"/m/{reader.manage}" in posted().text
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    assert handled(LOST_LINK, now=NOVEMBER + BETWEEN + MINUTE) == []


def test_whoever_left_may_come_back() -> None:
    end_subscription(sign_up(ADDRESS).subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    assert handled() == ["confirm"]


@pytest.mark.parametrize(
    ("reason", "mails"), [(reason, ["confirm"] if reason in LIFTED else []) for reason in SuppressionReason.values]
)
def test_of_all_suppressed_only_who_was_forgotten_or_left_elsewhere_is_asked(reason: str, mails: list[str]) -> None:
    suppress(sealer().lookup(ADDRESS), reason=SuppressionReason(reason), now=NOVEMBER)
    assert handled() == mails
    assert handled(LOST_LINK) == []


def test_a_suppressed_reader_is_sent_no_link() -> None:
    sign_up(ADDRESS)
    suppress(sealer().lookup(ADDRESS), reason=SuppressionReason.STAFF, now=NOVEMBER)
    assert (handled(), handled(LOST_LINK)) == ([], [])


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("kind", list(RequestKind))
def test_within_minutes_nothing_new_is_mailed_and_three_times_a_day_at_most(kind: RequestKind, known: bool) -> None:  # noqa: FBT001
    if known:
        sign_up(ADDRESS)
    mails = known or kind is SIGN_UP
    now = NOVEMBER
    for _ in range(LIMITS.per_address_a_day):
        assert len(handled(kind, now=now)) == mails
        assert handled(kind, now=now + BETWEEN - MINUTE) == []
        now += BETWEEN + MINUTE
    assert handled(kind, now=now) == []
    assert len(handled(kind, now=NOVEMBER + timedelta(days=1, minutes=1))) == mails


def test_who_confirmed_and_left_within_minutes_is_asked_again() -> None:
    handled()
    MailedLink.objects.update(used_at=NOVEMBER, expires_at=NOVEMBER)
    assert handled(now=NOVEMBER + MINUTE) == ["confirm"]


def test_a_network_that_asks_too_often_is_counted_for_an_hour_and_said_once() -> None:
    begun = NOVEMBER + timedelta(days=400)
    with capture_logs() as logs:
        for number in range(LIMITS.per_network_an_hour + 3):
            ask(address=f"reader{number}@example.org", now=begun)
    assert [entry["event"] for entry in logs] == ["public forms are used too often from one network"]
    assert handle_requests(now=begun) == LIMITS.per_network_an_hour == ReaderRequest.objects.count()
    ask(network=b"o" * 32, now=begun)
    assert handle_requests(now=begun) == 1
    ask(address="later@example.org", now=begun + timedelta(hours=1))
    assert handle_requests(now=begun) == 1


def test_when_many_networks_ask_at_once_the_rest_waits_for_its_turn() -> None:
    few = LIMITS.model_copy(update={"mails_an_hour": 2})
    for number in range(3):
        ask(address=f"reader{number}@example.org", network=bytes([number]) * 32)
    with override_settings(NEWSLETTER=settings.NEWSLETTER.model_copy(update={"sign_up": few})):
        assert handle_requests(now=NOVEMBER) == 2
        with pytest.raises(NotAllowedError, match="mails_an_hour"):
            handle_requests(now=NOVEMBER + MINUTE)
        assert handle_requests(now=NOVEMBER + timedelta(hours=1)) == 1


def test_what_was_typed_is_sealed_and_forgotten_once_it_is_done() -> None:
    ask()
    row = ReaderRequest.objects.get()
    stored = bytes(row.content) + bytes(row.lookup) + bytes(row.network)
    assert not any(word in stored for word in (b"rosa", b"Rosa", b"example"))
    handle_requests(now=NOVEMBER)
    row.refresh_from_db()
    assert (bytes(row.content), row.handled_at) == (b"", NOVEMBER)


def test_a_crash_before_the_end_of_a_request_leaves_it_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    ask()

    def crash_when_posted(*_: object, **__: object) -> None:
        post_question("confirm", Asked(Contact(ADDRESS), "2026-11", "form"), lookup=b"", language="en", now=NOVEMBER)
        assert ServiceMail.objects.exists()
        raise KeyboardInterrupt

    with monkeypatch.context() as struck:
        struck.setattr(answering, "post_question", crash_when_posted)
        with pytest.raises(KeyboardInterrupt):
            handle_requests(now=NOVEMBER)
    assert not ServiceMail.objects.exists()
    assert handle_requests(now=NOVEMBER) == 1
    assert ServiceMail.objects.count() == 1


def test_what_cannot_be_opened_holds_up_nobody() -> None:
    for address in ("first@example.org", "second@example.org", "third@example.org"):
        ask(address=address)
    first, second, _ = ReaderRequest.objects.order_by("pk")
    ReaderRequest.objects.filter(pk=first.pk).update(content=b"\xff" + bytes(first.content)[1:])
    ReaderRequest.objects.filter(pk=second.pk).update(content=bytes(second.content)[:-1] + b"x")
    with pytest.raises(KeyMissingError):
        handle_requests(now=NOVEMBER)
    assert posted().address == "third@example.org"
    assert list(ReaderRequest.objects.filter(handled_at=None)) == [first]
    ReaderRequest.objects.filter(pk=first.pk).update(content=first.content)
    assert handle_requests(now=NOVEMBER) == 1


@pytest.fixture
def _closed_afterwards() -> Iterator[None]:
    yield
    close_old_connections()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_closed_afterwards")
def test_two_processes_mail_nobody_twice_and_forget_nobody() -> None:
    people = 12
    for number in range(people):
        for _ in range(2):
            ask(address=f"reader{number}@example.org", network=bytes([number]) * 32)
    together = threading.Barrier(2)
    done: list[int] = []

    def handle() -> None:
        try:
            together.wait()
            done.append(handle_requests(now=NOVEMBER))
        finally:
            connection.close()

    threads = [threading.Thread(target=handle) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.append(handle_requests(now=NOVEMBER))
    assert sum(done) == 2 * people
    assert ServiceMail.objects.filter(kind="confirm").count() == people
    assert ServiceMail.objects.values("lookup").distinct().count() == people


def test_what_waited_in_a_backup_mails_nobody_when_it_is_restored() -> None:
    ask()
    hold_everything("restored", person="", note="", now=NOVEMBER, system_user="tester")
    assert handle_requests(now=NOVEMBER) == 0
    assert not ServiceMail.objects.exists()

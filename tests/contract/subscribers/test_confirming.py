"""Double opt-in: who is asked, what a press does, and what it cannot do."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection

from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import open_content
from newsletter.subscribers.confirming import (
    Asked,
    Confirmation,
    ConfirmKind,
    Standing,
    ask_to_confirm,
    confirm,
    find_confirmation,
    post_question,
)
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.mailed_links import new_page
from newsletter.subscribers.models import EndReason, MailedLink, Subscriber, Subscription, Suppression, SuppressionReason
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import end_subscription
from newsletter.subscribers.suppressing import LIFTED, suppress
from tests.readers import NOVEMBER, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ADDRESS = "rosa.lima@example.org"
CONTACT = Contact(ADDRESS, "Rosa")
AN_HOUR = timedelta(hours=1)


def lookup() -> bytes:
    return sealer().lookup(ADDRESS)


def ask(source: str = "import", language: str = "es") -> bool:
    return ask_to_confirm(CONTACT, language=language, topics={"tnbc"}, source=source, now=NOVEMBER)


def signed_up(language: str = "en") -> None:
    assert post_question("confirm", Asked(CONTACT, "2026-11", "form"), lookup=lookup(), language=language, now=NOVEMBER)


def mailed(number: int = 0) -> Confirmation:
    """Follow the link of a mail."""
    mail = ServiceMail.objects.filter(kind__startswith="confirm").order_by("pk")[number]
    found = re.search(r"/confirm/(\S+)", open_content(mail.key, mail.content).text)
    assert found is not None
    confirmation = find_confirmation(found[1], now=NOVEMBER + AN_HOUR)
    assert confirmation is not None
    return confirmation


def kinds() -> list[str]:
    return list(ServiceMail.objects.order_by("pk").values_list("kind", flat=True))


def test_somebody_of_a_list_is_asked_in_their_language_and_not_subscribed() -> None:
    assert ask()
    mail = ServiceMail.objects.get()
    content = open_content(mail.key, mail.content)
    assert (mail.kind, content.address, content.language, bytes(mail.lookup)) == ("confirm-import", ADDRESS, "es", lookup())
    assert content.subject == "¿Podemos escribirle?"
    assert not Subscriber.objects.exists()


def test_nobody_is_asked_twice() -> None:
    assert ask()
    assert not ask()
    MailedLink.objects.update(used_at=NOVEMBER, content=b"")
    assert not ask()
    assert len(kinds()) == 1


@pytest.mark.parametrize("reason", SuppressionReason.values)
def test_nobody_who_must_not_be_mailed_is_asked(reason: str) -> None:
    suppress(lookup(), reason=SuppressionReason(reason), now=NOVEMBER)
    assert not ask()
    assert kinds() == []


@pytest.mark.parametrize("left", [False, True])
def test_nobody_who_is_or_was_a_reader_is_asked(left: bool) -> None:  # noqa: FBT001 - a case of the test
    reader = sign_up(ADDRESS)
    if left:
        end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    assert not ask()
    assert kinds() == []


@pytest.mark.parametrize("source", ["import", "paper"])
def test_a_press_stores_the_consent_with_how_the_address_came(source: str) -> None:
    ask(source)
    confirmed = confirm(mailed(), new_page(), now=NOVEMBER + AN_HOUR)
    assert confirmed.kind is ConfirmKind.DONE
    subscription = Subscription.objects.select_related("subscriber").get()
    consent = (subscription.consent_source, subscription.consent_language, subscription.consent_wording, subscription.consent_at)
    assert consent == (source, "es", "2026-11", NOVEMBER + AN_HOUR)
    subscriber = subscription.subscriber
    assert sealer().open_contact(subscriber.contact, lookup=lookup()) == CONTACT
    assert sealer().open_topics(subscriber.topics, lookup=lookup()) == {"tnbc"}
    assert kinds() == ["confirm-import", "welcome"]
    assert confirmed.manage_url in open_content(*_last_mail()).text


def _last_mail() -> tuple[str, bytes]:
    mail = ServiceMail.objects.order_by("-pk")[0]
    return mail.key, bytes(mail.content)


def test_a_second_press_on_the_same_or_another_page_subscribes_and_mails_nothing_more() -> None:
    signed_up()
    confirmation, page = mailed(), new_page()
    assert confirm(confirmation, page, now=NOVEMBER).kind is ConfirmKind.DONE
    for again in (page, new_page()):
        assert confirm(confirmation, again, now=NOVEMBER).kind is ConfirmKind.ALREADY
    assert Subscription.objects.count() == 1
    assert kinds() == ["confirm", "welcome"]
    assert mailed().standing is Standing.SUBSCRIBED


def test_one_yes_spends_every_link_that_asks_the_same() -> None:
    signed_up()
    signed_up()
    first, second = mailed(0), mailed(1)
    confirm(second, new_page(), now=NOVEMBER)
    end_subscription(Subscription.objects.get().pk, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    assert confirm(first, new_page(), now=NOVEMBER).kind is ConfirmKind.OVER
    assert mailed(0).standing is Standing.OVER
    assert not any(bytes(content) for content in MailedLink.objects.values_list("content", flat=True))


def test_an_expired_link_does_nothing() -> None:
    signed_up()
    late = NOVEMBER + timedelta(days=7)
    assert confirm(mailed(), new_page(), now=late).kind is ConfirmKind.OVER
    assert not Subscriber.objects.exists()


def test_a_page_value_that_no_page_of_ours_has_does_nothing() -> None:
    signed_up()
    assert confirm(mailed(), "short", now=NOVEMBER).kind is ConfirmKind.OVER
    assert mailed().standing is Standing.OPEN


@pytest.mark.parametrize("reason", LIFTED)
def test_the_owners_own_yes_lifts_that_they_asked_to_be_forgotten_or_left_elsewhere(reason: SuppressionReason) -> None:
    suppress(lookup(), reason=reason, now=NOVEMBER)
    signed_up()
    assert confirm(mailed(), new_page(), now=NOVEMBER).kind is ConfirmKind.DONE
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("reason", [one for one in SuppressionReason if one not in LIFTED])
def test_no_other_suppression_is_lifted(reason: SuppressionReason) -> None:
    signed_up()
    suppress(lookup(), reason=reason, now=NOVEMBER)
    assert confirm(mailed(), new_page(), now=NOVEMBER).kind is ConfirmKind.REFUSED
    assert Suppression.objects.get().reason == reason
    assert not Subscriber.objects.exists()
    assert kinds() == ["confirm"]


def test_a_crash_after_the_press_leaves_the_link_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    signed_up()
    confirmation = mailed()

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as struck:
        struck.setattr("newsletter.subscribers.confirming.post_to_reader", crash)
        with pytest.raises(KeyboardInterrupt):
            confirm(confirmation, new_page(), now=NOVEMBER)
    assert not Subscriber.objects.exists()
    assert confirm(mailed(), new_page(), now=NOVEMBER).kind is ConfirmKind.DONE


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_make_one_reader_and_one_welcome() -> None:
    signed_up()
    confirmation, page = mailed(), new_page()
    together = threading.Barrier(2)
    done: list[ConfirmKind] = []

    def press() -> None:
        try:
            together.wait()
            done.append(confirm(confirmation, page, now=NOVEMBER).kind)
        finally:
            connection.close()

    presses = [threading.Thread(target=press) for _ in range(2)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join()
    assert sorted(done) == [ConfirmKind.ALREADY, ConfirmKind.DONE]
    assert Subscription.objects.count() == 1
    assert kinds() == ["confirm", "welcome"]

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings

from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import ServiceContent, open_content
from newsletter.subscribers.fresh_links import mail_fresh_link
from newsletter.subscribers.mailed_links import find_link
from newsletter.subscribers.models import EndReason, LinkPurpose, MailedLink, SuppressionReason
from newsletter.subscribers.subscribing import end_subscription
from newsletter.subscribers.suppressing import suppress
from tests.readers import NOVEMBER, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]

SECOND = timedelta(seconds=1)
BETWEEN = timedelta(minutes=settings.NEWSLETTER.sign_up.minutes_between)
A_DAY = timedelta(days=1)


def posted() -> list[ServiceContent]:
    return [open_content(mail.key, mail.content) for mail in ServiceMail.objects.order_by("pk")]


def token_in(text: str) -> str:
    found = re.search(r"/my-data/(\S+)", text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("language", "greeting"), [("en", "Dear Ana,"), ("es", "Hola, Ana:")])
def test_the_link_goes_to_the_stored_address_in_the_readers_language(language: str, greeting: str) -> None:
    reader = sign_up(language=language)
    assert mail_fresh_link(reader.subscription_id, now=NOVEMBER)
    (mail,) = posted()
    assert (mail.address, mail.language) == ("ana.perez@example.org", language)
    assert greeting in mail.text
    link = find_link(token_in(mail.text), LinkPurpose.FRESH, now=NOVEMBER)
    assert link is not None
    assert link.subscriber_id == reader.subscriber().pk
    assert link.expires_at == NOVEMBER + timedelta(minutes=30)
    assert ServiceMail.objects.get().expires_at == link.expires_at


def test_a_second_link_is_mailed_only_when_the_first_may_have_been_lost() -> None:
    reader = sign_up()
    assert mail_fresh_link(reader.subscription_id, now=NOVEMBER)
    assert not mail_fresh_link(reader.subscription_id, now=NOVEMBER + BETWEEN - SECOND)
    assert mail_fresh_link(reader.subscription_id, now=NOVEMBER + BETWEEN)
    assert ServiceMail.objects.count() == MailedLink.objects.count() == 2


def test_an_address_is_mailed_only_so_many_links_a_day() -> None:
    reader = sign_up()
    moments = [NOVEMBER + number * BETWEEN for number in range(5)]
    assert [mail_fresh_link(reader.subscription_id, now=now) for now in moments] == [True, True, True, False, False]
    assert mail_fresh_link(reader.subscription_id, now=NOVEMBER + A_DAY + SECOND)


def test_links_of_one_reader_say_nothing_about_another_one() -> None:
    ana, ben = sign_up(), sign_up("ben@example.org")
    assert mail_fresh_link(ana.subscription_id, now=NOVEMBER)
    assert mail_fresh_link(ben.subscription_id, now=NOVEMBER)
    assert [mail.address for mail in posted()] == ["ana.perez@example.org", "ben@example.org"]


def test_who_has_left_can_see_what_is_still_stored() -> None:
    reader = sign_up()
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    assert mail_fresh_link(reader.subscription_id, now=NOVEMBER)


@pytest.mark.parametrize("reason", SuppressionReason)
def test_an_address_that_must_not_be_mailed_gets_no_link(reason: SuppressionReason) -> None:
    reader = sign_up()
    suppress(reader.subscriber(), reason=reason, now=NOVEMBER)
    assert not mail_fresh_link(reader.subscription_id, now=NOVEMBER)
    assert not ServiceMail.objects.exists()
    assert not MailedLink.objects.exists()


def test_nobody_gets_no_link() -> None:
    assert not mail_fresh_link(10**9, now=NOVEMBER)

"""What is collected about one reader is theirs alone, whatever others do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from newsletter.errors import KeyMissingError
from newsletter.subscribers.erasing import say_died
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import EndReason, LinkPurpose, ReaderRequest, Subscriber, SuppressionReason
from newsletter.subscribers.moving import AskKind, ask_move
from newsletter.subscribers.own_data import OwnLink, OwnMail, OwnRequest, OwnSuppression, find_own_data
from newsletter.subscribers.subscribing import end_subscription, snooze
from newsletter.subscribers.suppressing import suppress
from tests.mailed import fresh_token
from tests.readers import NOVEMBER, SignedUp, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def type_into_a_form(address: str) -> None:
    lookup = sealer().lookup(address)
    ReaderRequest.objects.create(
        key=lookup.hex()[:32], kind="lost-link", lookup=lookup, network=b"n" * 32, content=b"", language="en", asked_at=NOVEMBER
    )


def do_everything(reader: SignedUp, address: str, new_address: str) -> None:
    fresh_token(reader, now=NOVEMBER)
    assert ask_move(reader.subscriber().pk, new_address, now=NOVEMBER) is AskKind.ASKED
    type_into_a_form(address)
    snooze(reader.subscription_id, until=date(2027, 1, 1), today=NOVEMBER.date())


def test_what_others_do_changes_nothing_of_what_is_shown_of_one() -> None:
    ana, eva = sign_up(), sign_up("eva@example.org", first_name="Eva", language="es")
    do_everything(ana, "ana.perez@example.org", "ana.new@example.net")
    before = find_own_data(ana.subscriber().pk)
    do_everything(eva, "eva@example.org", "eva.new@example.net")
    say_died(eva.subscription_id, now=NOVEMBER)
    mover = sign_up("zoe@example.org")
    suppress(sealer().lookup("zoe@example.org"), reason=SuppressionReason.STAFF, now=NOVEMBER)
    end_subscription(mover.subscription_id, reason=EndReason.STAFF, now=NOVEMBER)
    assert before is not None
    assert find_own_data(ana.subscriber().pk) == before


def test_everything_of_ones_own_is_there() -> None:
    reader = sign_up()
    do_everything(reader, "ana.perez@example.org", "ana.new@example.net")
    suppress(reader.subscriber(), reason=SuppressionReason.BOUNCED, now=NOVEMBER)
    end_subscription(reader.subscription_id, reason=EndReason.BOUNCED, now=NOVEMBER)
    data = find_own_data(reader.subscriber().pk)
    assert data is not None
    assert [mail.kind for mail in data.mails] == ["my-data", "address-asked"]
    assert data.mails[0] == OwnMail("my-data", NOVEMBER, "queued")
    assert data.links == (
        OwnLink(LinkPurpose.FRESH, NOVEMBER, NOVEMBER + timedelta(minutes=30), None),
        OwnLink(LinkPurpose.ADDRESS, NOVEMBER, NOVEMBER + timedelta(days=1), None),
    )
    assert data.requests == (OwnRequest("lost-link", NOVEMBER),)
    assert data.suppression == OwnSuppression("bounced", NOVEMBER)
    assert data.snoozed_until == date(2027, 1, 1)
    assert data.subscriptions[0].end_reason == EndReason.BOUNCED
    assert not data.subscribed


def test_a_move_that_somebody_else_asked_to_ones_address_is_not_shown() -> None:
    ana, eva = sign_up(), sign_up("eva@example.org")
    ask_move(eva.subscriber().pk, "ana.perez@example.org", now=NOVEMBER)
    data = find_own_data(ana.subscriber().pk)
    assert data is not None
    assert not data.links


def test_topics_that_do_not_open_hide_nothing_else() -> None:
    reader = sign_up()
    Subscriber.objects.update(topics=b"x" * 64)
    with pytest.raises(KeyMissingError):
        find_own_data(reader.subscriber().pk)
    stored = bytes(sealer().seal_topics([], lookup=b"somebody else" * 3))
    Subscriber.objects.update(topics=stored)
    data = find_own_data(reader.subscriber().pk)
    assert data is not None
    assert data.topics is None
    assert data.contact.first_name == "Ana"

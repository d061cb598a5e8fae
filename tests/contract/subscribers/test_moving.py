from __future__ import annotations

from datetime import date, timedelta

import pytest

from newsletter.postbox.models import PostState, ServiceMail
from newsletter.subscribers.audience import Addressee, addressees
from newsletter.subscribers.erasing import ask_erasure, say_died
from newsletter.subscribers.installation import choices, config, sealer
from newsletter.subscribers.mailed_links import FoundLink, find_link, is_bound_to_page, new_page
from newsletter.subscribers.models import (
    EndReason,
    ErasureReason,
    LinkPurpose,
    MailedLink,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from newsletter.subscribers.moving import AskKind, MoveKind, ask_move, call_off, find_waiting_moves, move
from newsletter.subscribers.readers import find_reader
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import Consent, end_subscription, subscribe
from newsletter.subscribers.suppressing import LIFTED, suppress
from tests.mailed import fresh_token, mails, move_token
from tests.readers import NOVEMBER, SignedUp, is_suppressed, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]

OLD, NEW = "ana.perez@example.org", "ana.new@example.net"
LATER = NOVEMBER + timedelta(minutes=20)
A_DAY = timedelta(days=1)


def link_of(token: str) -> FoundLink:
    link = find_link(token, LinkPurpose.ADDRESS, now=LATER)
    assert link is not None
    return link


def asked(reader: SignedUp, address: str = NEW) -> FoundLink:
    return link_of(move_token(reader, address, now=NOVEMBER))


def address_of(reader: SignedUp) -> str:
    subscriber = reader.subscriber()
    return sealer().open_contact(subscriber.contact, lookup=bytes(subscriber.lookup)).address


def test_nothing_moves_before_the_new_address_has_said_yes() -> None:
    reader = sign_up()
    asked(reader)
    assert address_of(reader) == OLD
    (question,), (news,) = mails("address-confirm"), mails("address-asked")
    assert (question.address, news.address) == (NEW, OLD)
    assert "Ana" not in question.text + question.html
    assert OLD not in question.text + question.html
    assert "a•••@e•••.net" in news.text
    assert NEW not in news.text + news.html


def test_a_move_keeps_everything_but_the_address() -> None:
    reader = sign_up(topics=("tnbc",), language="es")
    before = reader.subscription()
    assert move(asked(reader), new_page(), now=LATER) is MoveKind.MOVED
    subscriber = reader.subscriber()
    lookup = bytes(subscriber.lookup)
    assert lookup == sealer().lookup(NEW)
    assert sealer().open_contact(subscriber.contact, lookup=lookup) == Contact(NEW, "Ana")
    assert sealer().open_topics(subscriber.topics, lookup=lookup) == {"tnbc"}
    assert (subscriber.language, subscriber.address_since) == ("es", LATER)
    assert bytes(reader.subscription().public_id) == bytes(before.public_id)
    found = find_reader(bytes(before.public_id))
    assert found is not None
    assert found.contact.address == NEW
    on_its_way = addressees([reader.subscription_id], on=date(2026, 12, 1))[reader.subscription_id]
    assert isinstance(on_its_way, Addressee)
    assert on_its_way.address == NEW


def test_the_old_address_is_told_when_it_is_done() -> None:
    reader = sign_up()
    move(asked(reader), new_page(), now=LATER)
    (news,) = mails("address-moved")
    assert news.address == OLD
    assert NEW not in news.text + news.html


def test_the_link_is_good_for_one_page_and_pressed_twice_there_moves_once() -> None:
    reader = sign_up()
    link, page = asked(reader), new_page()
    assert [move(link, page, now=LATER), move(link, page, now=LATER)] == [MoveKind.MOVED, MoveKind.OVER]
    assert is_bound_to_page(link, page)
    assert move(link, new_page(), now=LATER) is MoveKind.OVER
    assert len(mails("address-moved")) == 1
    assert not MailedLink.objects.exclude(content=b"").exists()


def test_a_link_moves_nobody_after_a_day() -> None:
    reader = sign_up()
    link = asked(reader)
    assert move(link, new_page(), now=NOVEMBER + A_DAY) is MoveKind.OVER
    assert address_of(reader) == OLD


def test_a_move_ends_what_was_mailed_to_the_old_address() -> None:
    reader = sign_up()
    token = fresh_token(reader, now=NOVEMBER)
    move(asked(reader), new_page(), now=LATER)
    fresh = find_link(token, LinkPurpose.FRESH, now=LATER)
    assert fresh is not None
    assert fresh.expired


def test_of_two_links_only_the_newest_moves() -> None:
    reader = sign_up()
    first = asked(reader)
    second = asked(reader, "ana@example.com")
    assert move(first, new_page(), now=LATER) is MoveKind.OVER
    assert [mail.address for mail in mails("address-confirm")] == ["ana@example.com"]
    assert move(second, new_page(), now=LATER) is MoveKind.MOVED
    assert address_of(reader) == "ana@example.com"


def test_who_calls_it_off_stays_where_they_are() -> None:
    reader = sign_up()
    link = asked(reader)
    assert [move.address for move in find_waiting_moves(reader.subscriber().pk, now=LATER)] == [NEW]
    assert call_off(reader.subscriber().pk, now=LATER)
    assert move(link, new_page(), now=LATER) is MoveKind.OVER
    assert address_of(reader) == OLD


def test_an_address_that_signed_up_meanwhile_stays_its_own() -> None:
    reader = sign_up()
    link = asked(reader)
    other = sign_up(NEW, first_name="Eva")
    assert move(link, new_page(), now=LATER) is MoveKind.TAKEN
    assert (address_of(reader), address_of(other)) == (OLD, NEW)
    assert not mails("address-moved")


def test_a_reader_at_the_new_address_is_told_and_nothing_else_happens() -> None:
    reader, other = sign_up(), sign_up(NEW, first_name="Eva", language="es")
    assert ask_move(reader.subscriber().pk, NEW, now=NOVEMBER) is AskKind.ASKED
    (news,) = mails("address-known")
    assert (news.address, news.language) == (NEW, "es")
    assert OLD not in news.text
    assert "Ana" not in news.text
    assert f"/m/{other.manage}" in news.text
    assert not mails("address-confirm")


def test_who_left_with_the_new_address_earlier_becomes_part_of_the_reader() -> None:
    other = sign_up(NEW)
    end_subscription(other.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    reader = sign_up()
    assert move(asked(reader), new_page(), now=LATER) is MoveKind.MOVED
    assert address_of(reader) == NEW
    assert Subscriber.objects.get() == reader.subscriber()
    assert set(Subscription.objects.values_list("pk", "subscriber")) == {
        (other.subscription_id, reader.subscriber().pk),
        (reader.subscription_id, reader.subscriber().pk),
    }
    assert other.subscription().end_reason == EndReason.UNSUBSCRIBED


@pytest.mark.parametrize("reason", [one for one in SuppressionReason if one not in LIFTED])
def test_an_address_that_must_not_be_mailed_is_not_mailed_and_not_moved_to(reason: SuppressionReason) -> None:
    reader = sign_up()
    suppress(sealer().lookup(NEW), reason=reason, now=NOVEMBER)
    assert ask_move(reader.subscriber().pk, NEW, now=NOVEMBER) is AskKind.ASKED
    withdrawn = ServiceMail.objects.get(kind="address-confirm")
    assert (withdrawn.state, bytes(withdrawn.content)) == (PostState.FAILED, b"")
    other = sign_up("eva@example.org")
    link = asked(other, "eva@example.net")
    suppress(sealer().lookup("eva@example.net"), reason=reason, now=NOVEMBER)
    assert move(link, new_page(), now=LATER) is MoveKind.REFUSED
    assert address_of(other) == "eva@example.org"


@pytest.mark.parametrize("reason", LIFTED)
def test_who_was_forgotten_or_left_elsewhere_lifts_that_by_their_own_press(reason: SuppressionReason) -> None:
    suppress(sealer().lookup(NEW), reason=reason, now=NOVEMBER)
    reader = sign_up()
    link = asked(reader)
    assert is_suppressed(sealer().lookup(NEW))
    assert move(link, new_page(), now=LATER) is MoveKind.MOVED
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("reason", SuppressionReason)
def test_no_suppression_is_escaped_by_moving(reason: SuppressionReason) -> None:
    reader = sign_up()
    link = asked(reader)
    suppress(reader.subscriber(), reason=reason, now=NOVEMBER)
    assert ask_move(reader.subscriber().pk, "ana@example.com", now=LATER) is AskKind.NOT_NOW
    assert move(link, new_page(), now=LATER) is MoveKind.REFUSED
    assert address_of(reader) == OLD


def test_who_was_said_to_have_died_does_not_move() -> None:
    reader = sign_up()
    link = asked(reader)
    say_died(reader.subscription_id, now=NOVEMBER)
    assert move(link, new_page(), now=LATER) is MoveKind.REFUSED
    assert address_of(reader) == OLD


def test_who_left_meanwhile_does_not_move() -> None:
    reader = sign_up()
    link = asked(reader)
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    assert ask_move(reader.subscriber().pk, "ana@example.com", now=LATER) is AskKind.NOT_NOW
    assert move(link, new_page(), now=LATER) is MoveKind.REFUSED
    assert address_of(reader) == OLD


def test_who_is_being_forgotten_does_not_move_nor_does_anybody_to_their_address() -> None:
    mover, gone = sign_up(), sign_up("eva@example.org")
    link = asked(mover)
    ask_erasure(mover.subscriber().pk, reason=ErasureReason.ASKED, now=NOVEMBER)
    assert move(link, new_page(), now=LATER) is MoveKind.REFUSED
    other = sign_up("ben@example.org")
    ask_erasure(gone.subscriber().pk, reason=ErasureReason.ASKED, now=NOVEMBER)
    assert move(asked(other, "eva@example.org"), new_page(), now=LATER) is MoveKind.REFUSED
    assert address_of(gone) == "eva@example.org"


def test_a_link_of_somebody_who_was_erased_moves_nobody() -> None:
    reader = sign_up()
    link = asked(reader)
    reader.subscriber().delete()
    assert move(link, new_page(), now=LATER) is MoveKind.OVER
    assert not Subscriber.objects.exists()


def test_the_same_address_in_other_capitals_is_the_same() -> None:
    reader = sign_up()
    assert ask_move(reader.subscriber().pk, OLD.upper(), now=NOVEMBER) is AskKind.SAME
    assert not mails()


def test_nobody_is_asked_twice_within_minutes() -> None:
    reader = sign_up()
    pk = reader.subscriber().pk
    soon = NOVEMBER + timedelta(minutes=config().sign_up.minutes_between - 1)
    assert [ask_move(pk, NEW, now=NOVEMBER), ask_move(pk, NEW, now=soon)] == [AskKind.ASKED, AskKind.ASKED]
    assert len(mails("address-confirm")) == len(mails("address-asked")) == 1
    assert len(find_waiting_moves(pk, now=soon)) == 1


def test_one_reader_cannot_have_many_addresses_mailed_in_a_day() -> None:
    reader = sign_up()
    pk = reader.subscriber().pk
    kinds = [ask_move(pk, f"ana{number}@example.net", now=NOVEMBER) for number in range(4)]
    assert kinds == [AskKind.ASKED] * 3 + [AskKind.TOO_OFTEN]
    assert ask_move(pk, NEW, now=NOVEMBER + A_DAY) is AskKind.ASKED


def test_who_moves_can_move_back() -> None:
    reader = sign_up()
    move(asked(reader), new_page(), now=LATER)
    assert move(link_of(move_token(reader, OLD, now=LATER)), new_page(), now=LATER + A_DAY / 2) is MoveKind.MOVED
    assert address_of(reader) == OLD


def test_the_former_address_can_sign_up_anew_as_somebody_else() -> None:
    reader = sign_up()
    move(asked(reader), new_page(), now=LATER)
    consent = Consent(choices().current_wording, "en", "form", LATER)
    subscribe(Contact(OLD, "Eva"), language="en", topics=(), consent=consent, now=LATER)
    assert Subscriber.objects.count() == 2
    assert address_of(reader) == NEW

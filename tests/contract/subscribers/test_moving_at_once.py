"""Two people, or one person's two presses, at one moment: threads with a connection each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier, Event
from time import sleep
from typing import TypeVar

import pytest
from django.db import connection, transaction

from newsletter.subscribers.confirming import Asked, ConfirmKind, confirm, find_confirmation, post_question
from newsletter.subscribers.installation import choices, sealer
from newsletter.subscribers.mailed_links import FoundLink, find_link, new_page
from newsletter.subscribers.models import EndReason, LinkPurpose, Subscriber, Suppression
from newsletter.subscribers.moving import MoveKind, move
from newsletter.subscribers.reported_ends import ReportedEnd, end_as_reported
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import Consent, SubscribeKind, subscribe
from tests.mailed import mails, move_token, token_in
from tests.readers import NOVEMBER, SignedUp, sign_up

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

T = TypeVar("T")

NEW = "ana.new@example.net"
LATER = NOVEMBER + timedelta(minutes=20)
ROUNDS = range(5)


def at_once(*acts: Callable[[], T]) -> Sequence[T]:
    """Do all of them in one moment, each in a thread and with a connection of its own."""
    start = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        try:
            start.wait(timeout=10)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(run, act) for act in acts]]


def test_what_is_reported_of_an_old_address_while_its_reader_moves_ends_nothing() -> None:
    reader = sign_up()
    is_moving = Event()

    def move_slowly() -> None:
        with transaction.atomic():
            mover = Subscriber.objects.select_for_update().get()
            Subscriber.objects.filter(pk=mover.pk).update(lookup=sealer().lookup(NEW), address_since=LATER)
            is_moving.set()
            sleep(0.3)

    def report() -> None:
        assert is_moving.wait(timeout=10)
        with transaction.atomic():
            bounced = ReportedEnd(reader.subscription_id, EndReason.BOUNCED, LATER, mailed_since=NOVEMBER)
            end_as_reported([bounced], now=LATER)

    at_once(move_slowly, report)
    assert reader.subscription().ended_at is None
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("_round", ROUNDS)
def test_of_two_links_pressed_at_once_one_subscribes(_round: int) -> None:
    contact = Contact(NEW, "Ana")
    for _ in range(2):
        asking = Asked(contact, choices().current_wording, "form")
        post_question("confirm", asking, lookup=sealer().lookup(NEW), language="en", now=NOVEMBER)
    links = [find_confirmation(token, now=LATER) for token in (token_in(mail.text) for mail in mails("confirm"))]
    first, second = [link for link in links if link is not None]
    kinds = at_once(*(partial(lambda link: confirm(link, new_page(), now=LATER).kind, link) for link in (first, second)))
    assert sorted(kinds) == [ConfirmKind.ALREADY, ConfirmKind.DONE]


def asked(reader: SignedUp, address: str) -> FoundLink:
    link = find_link(move_token(reader, address, now=NOVEMBER), LinkPurpose.ADDRESS, now=NOVEMBER)
    assert link is not None
    return link


@pytest.mark.parametrize("_round", ROUNDS)
def test_of_two_presses_at_once_one_page_moves_and_the_old_address_is_told_once(_round: int) -> None:
    link = asked(sign_up(), NEW)
    kinds = at_once(lambda: move(link, new_page(), now=LATER), lambda: move(link, new_page(), now=LATER))
    assert sorted(kinds) == [MoveKind.MOVED, MoveKind.OVER]
    assert len(mails("address-moved")) == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_whoever_signs_up_in_the_same_moment_and_who_moves_there_never_share_an_address(_round: int) -> None:
    link = asked(sign_up(), NEW)
    consent = Consent(choices().current_wording, "en", "form", LATER)

    def sign_up_there() -> str:
        return subscribe(Contact(NEW, "Eva"), language="en", topics=(), consent=consent, now=LATER).kind

    moved, signed_up = at_once(lambda: str(move(link, new_page(), now=LATER)), sign_up_there)
    assert (moved, signed_up) in {
        (MoveKind.MOVED.value, SubscribeKind.KNOWN.value),
        (MoveKind.TAKEN.value, SubscribeKind.NEW.value),
    }
    (there,) = Subscriber.objects.filter(lookup=sealer().lookup(NEW))
    assert sealer().open_contact(there.contact, lookup=bytes(there.lookup)).address == NEW


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_who_move_to_one_address_do_not_both_get_there(_round: int) -> None:
    first, second = asked(sign_up(), NEW), asked(sign_up("eva@example.org"), "eva.new@example.net")
    second_there = replace(second, lookup=first.lookup, content=first.content)
    kinds = at_once(lambda: move(first, new_page(), now=LATER), lambda: move(second_there, new_page(), now=LATER))
    assert sorted(kinds) == [MoveKind.MOVED, MoveKind.TAKEN]


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_who_move_to_each_others_address_do_not_block_each_other(_round: int) -> None:
    ana, eva = sign_up(), sign_up("eva@example.org")
    to_eva = replace(asked(ana, "new@example.net"), lookup=bytes(eva.subscriber().lookup), content=["eva@example.org"])
    to_ana = replace(asked(eva, "new@example.com"), lookup=bytes(ana.subscriber().lookup), content=["ana.perez@example.org"])
    kinds = at_once(lambda: move(to_eva, new_page(), now=LATER), lambda: move(to_ana, new_page(), now=LATER))
    assert kinds == [MoveKind.TAKEN, MoveKind.TAKEN]

"""A backup knows the addresses that readers have moved away from: after a restore nothing may go there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from newsletter.config import Config
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.mailed_links import find_link, new_page
from newsletter.subscribers.models import EndReason, LinkPurpose, Subscriber, Subscription
from newsletter.subscribers.moving import MoveKind, move
from newsletter.subscribers.subscribing import end_subscription, snooze
from tests.contract.backup.restoring import back_up, put_back
from tests.contract.delivery.samples import NOW, TODAY
from tests.mailed import move_token
from tests.readers import SignedUp, sign_up

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

NEW = "ana.new@example.net"


def moved(reader: SignedUp, address: str) -> None:
    link = find_link(move_token(reader, address, now=NOW), LinkPurpose.ADDRESS, now=NOW)
    assert link is not None
    assert move(link, new_page(), now=NOW) is MoveKind.MOVED


def address_of(reader: SignedUp) -> str:
    subscriber = reader.subscriber()
    lookup = bytes(subscriber.lookup)
    assert sealer().open_topics(subscriber.topics, lookup=lookup) == {"tnbc"}
    return sealer().open_contact(subscriber.contact, lookup=lookup).address


def restored_moves(file: Path, config: Config) -> int:
    carried = put_back(file, config).carried
    assert carried is not None
    return carried.moves


def test_who_moved_since_the_backup_is_at_their_new_address_and_nobody_else_is_touched(tmp_path: Path, config: Config) -> None:
    reader, stays, moved_before = sign_up(), sign_up("eva@example.org"), sign_up("ben@example.org")
    moved(moved_before, "ben.new@example.net")
    file = back_up(tmp_path, config)
    moved(reader, NEW)
    snooze(reader.subscription_id, until=TODAY + timedelta(days=9), today=TODAY)
    assert restored_moves(file, config) == 1
    assert [address_of(one) for one in (reader, stays, moved_before)] == [NEW, "eva@example.org", "ben.new@example.net"]
    assert reader.subscriber().address_since == NOW
    assert reader.subscriber().snoozed_until == TODAY + timedelta(days=9)
    assert reader.subscription().ended_at is None


def test_whoever_had_the_new_address_before_does_not_stand_in_the_way(tmp_path: Path, config: Config) -> None:
    """Two changed places, one had left with their other address, one moves to where somebody was erased."""
    ana, eva = sign_up(), sign_up("eva@example.org")
    earlier, ben = sign_up("ben.new@example.net"), sign_up("ben@example.org")
    gone, zoe = sign_up("zoe.new@example.net"), sign_up("zoe@example.org")
    end_subscription(earlier.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOW)
    file = back_up(tmp_path, config)
    moved(ana, NEW)
    moved(eva, "ana.perez@example.org")
    moved(ana, "eva@example.org")
    moved(ben, "ben.new@example.net")
    gone.subscriber().delete()
    moved(zoe, "zoe.new@example.net")
    assert restored_moves(file, config) == 4
    assert (address_of(ana), address_of(eva)) == ("eva@example.org", "ana.perez@example.org")
    assert (address_of(ben), address_of(zoe)) == ("ben.new@example.net", "zoe.new@example.net")
    assert earlier.subscriber() == ben.subscriber()
    assert earlier.subscription().end_reason == EndReason.UNSUBSCRIBED
    assert not Subscription.objects.filter(pk=gone.subscription_id).exists()


def test_a_database_of_an_older_program_is_read_without_moves(tmp_path: Path, config: Config) -> None:
    reader = sign_up()
    file = back_up(tmp_path, config)
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE subscribers_subscriber DROP COLUMN address_since")
    assert restored_moves(file, config) == 0
    assert reader.subscription().ended_at == NOW
    assert Subscriber.objects.get().address_since is None

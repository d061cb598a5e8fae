"""What may be said at a goodbye, on every database: why, and that a reader has died."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from newsletter.subscribers.erasing import say_died
from newsletter.subscribers.farewells import (
    count_reasons,
    give_reason,
    say_goodbye,
)
from newsletter.subscribers.fresh_links import mail_fresh_link
from newsletter.subscribers.models import EndReason
from tests.contract.subscribers.leaving import JUST_IN_TIME, LEFT, TODAY, back, farewell_of, leave, left, open_ones
from tests.mailed import mails
from tests.readers import NOVEMBER, sign_up

pytestmark = [pytest.mark.database]


@pytest.mark.django_db
class TestWhy:
    def test_it_is_counted_in_its_month_once_per_subscription_and_nobodys_name_is_kept(self) -> None:
        for address in ("a@example.org", "b@example.org"):
            reader = sign_up(address)
            leave(reader)
            assert give_reason(farewell_of(reader), "too_much_now", today=date(2026, 11, 30))
            assert not give_reason(farewell_of(reader), "did_not_ask", today=date(2026, 12, 1))
        other = sign_up("c@example.org")
        leave(other)
        give_reason(farewell_of(other), "too_much_now", today=date(2026, 12, 1))
        assert count_reasons() == [(date(2026, 12, 1), "too_much_now", 1), (date(2026, 11, 1), "too_much_now", 2)]

    def test_who_came_back_and_leaves_again_may_say_it_again(self) -> None:
        reader, mark = left()
        give_reason(farewell_of(reader), "too_much_now", today=TODAY)
        back(reader, mark)
        (new,) = open_ones()
        say_goodbye(new.pk, lookup=bytes(reader.subscriber().lookup), now=JUST_IN_TIME, mailed=False)
        assert not farewell_of(reader).said_why
        assert give_reason(farewell_of(reader), "too_much_now", today=TODAY)
        assert count_reasons() == [(date(2026, 11, 1), "too_much_now", 2)]

    def test_of_somebody_who_did_not_say_goodbye_nothing_is_counted(self) -> None:
        reader = sign_up()
        say_died(reader.subscription_id, now=LEFT)
        assert not give_reason(farewell_of(reader), "too_much_now", today=TODAY)
        assert count_reasons() == []


@pytest.mark.django_db
class TestWhoHasDied:
    def test_until_when_staff_can_undo_it_is_known_and_no_mail_is_left(self) -> None:
        reader = sign_up()
        mail_fresh_link(reader.subscription_id, now=NOVEMBER)
        say_died(reader.subscription_id, now=LEFT)
        assert farewell_of(reader).died
        assert farewell_of(reader).died_undone_until == LEFT + timedelta(days=30)
        assert mails() == []

    def test_also_where_the_goodbye_came_first_and_its_mail_is_withdrawn(self) -> None:
        reader, _ = left()
        say_died(reader.subscription_id, now=JUST_IN_TIME)
        assert farewell_of(reader).died
        assert mails() == []
        assert reader.subscription().end_reason == EndReason.UNSUBSCRIBED

    def test_said_twice_the_first_day_stays(self) -> None:
        reader = sign_up()
        say_died(reader.subscription_id, now=LEFT)
        say_died(reader.subscription_id, now=LEFT + timedelta(days=3))
        assert farewell_of(reader).died_undone_until == LEFT + timedelta(days=30)

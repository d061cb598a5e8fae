"""Goodbye, on every database: what it withdraws and posts, and what takes it back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from newsletter.postbox.models import PostState, ServiceMail
from newsletter.subscribers.audience import count_audience
from newsletter.subscribers.erasing import ask_erasure, say_died
from newsletter.subscribers.farewells import (
    Returned,
    bring_back,
    find_farewell,
    say_goodbye,
    undo_mark,
)
from newsletter.subscribers.fresh_links import mail_fresh_link
from newsletter.subscribers.models import EndReason, ErasureReason, Subscription, Suppression, SuppressionReason
from newsletter.subscribers.reported_ends import ReportedEnd, end_as_reported
from newsletter.subscribers.subscribing import snooze
from newsletter.subscribers.suppressing import suppress
from tests.contract.subscribers.leaving import JUST_IN_TIME, LEFT, TODAY, TOO_LATE, back, farewell_of, leave, left, open_ones
from tests.mailed import mails
from tests.readers import NOVEMBER, sign_up

pytestmark = [pytest.mark.database]


@pytest.mark.django_db
class TestGoodbye:
    def test_it_withdraws_every_mail_that_waits_and_posts_one_that_waits_ten_minutes(self) -> None:
        reader = sign_up()
        assert mail_fresh_link(reader.subscription_id, now=NOVEMBER)
        assert leave(reader)
        waiting = ServiceMail.objects.get(state=PostState.QUEUED)
        assert (waiting.kind, waiting.due_at) == ("goodbye", TOO_LATE)
        assert "/subscribe" in mails("goodbye")[0].text

    def test_a_mail_programs_goodbye_is_answered_with_silence(self) -> None:
        reader = sign_up()
        assert mail_fresh_link(reader.subscription_id, now=NOVEMBER)
        assert leave(reader, mailed=False)
        assert mails() == []

    def test_said_twice_it_posts_one_mail_and_the_first_moment_stays(self) -> None:
        reader, _ = left()
        assert not leave(reader, now=JUST_IN_TIME)
        assert len(mails()) == 1
        assert reader.subscription().ended_at == LEFT

    def test_who_must_not_be_mailed_is_not_mailed_a_goodbye(self) -> None:
        reader = sign_up()
        suppress(reader.subscriber(), reason=SuppressionReason.BOUNCED, now=NOVEMBER)
        assert leave(reader)
        assert mails() == []

    def test_nothing_keeps_a_reader_from_leaving_whose_address_cannot_be_opened(self) -> None:
        reader = sign_up()
        subscriber = reader.subscriber()
        subscriber.contact = b"\x63" + bytes(60)
        subscriber.save(update_fields=["contact"])
        assert leave(reader)
        assert mails() == []
        assert reader.subscription().end_reason == EndReason.UNSUBSCRIBED

    @pytest.mark.parametrize(("language", "subject"), [("en", "You are unsubscribed"), ("es", "Su suscripción ha terminado")])
    def test_the_mail_is_in_the_readers_language_and_says_nothing_of_an_illness(self, language: str, subject: str) -> None:
        reader = sign_up(language=language)
        leave(reader)
        (mail,) = mails()
        assert (mail.subject, mail.address) == (subject, "ana.perez@example.org")

    def test_a_process_that_dies_in_the_middle_leaves_all_of_it_undone(self) -> None:
        reader = sign_up()
        mail_fresh_link(reader.subscription_id, now=NOVEMBER)

        def dies(execute: object, sql: str, *statement: object) -> object:
            if 'INSERT INTO "postbox_servicemail"' in sql:
                raise ConnectionResetError
            return execute(sql, *statement)  # type: ignore[operator]

        with pytest.raises(ConnectionResetError), transaction.atomic(), connection.execute_wrapper(dies):
            leave(reader)
        assert reader.subscription().ended_at is None
        assert [mail.subject for mail in mails()] == ["The link to your page"]
        assert leave(reader)
        assert len(mails("goodbye")) == 1


@pytest.mark.django_db
class TestTakingItBack:
    def test_it_opens_a_new_subscription_with_the_consent_of_the_one_that_ended(self) -> None:
        reader, mark = left()
        assert back(reader, mark) is Returned.DONE
        (new,) = open_ones()
        ended = reader.subscription()
        assert new.pk != ended.pk
        assert new.public_id != ended.public_id
        assert (new.started_at, ended.ended_at, ended.end_reason) == (JUST_IN_TIME, LEFT, EndReason.UNSUBSCRIBED)
        assert [new.consent_wording, new.consent_language, new.consent_source, new.consent_at] == [
            ended.consent_wording, ended.consent_language, ended.consent_source, ended.consent_at,
        ]  # fmt: skip
        assert mails() == []
        assert count_audience(TODAY).to_be_mailed == 1

    def test_everything_that_was_chosen_is_as_it_was(self) -> None:
        reader = sign_up(language="es")
        snooze(reader.subscription_id, until=date(2027, 2, 1), today=TODAY)
        before = reader.subscriber()
        leave(reader)
        back(reader, undo_mark(farewell_of(reader)))
        after = reader.subscriber()
        assert (after.topics, after.language, after.snoozed_until) == (before.topics, before.language, before.snoozed_until)

    def test_pressed_twice_it_opens_one(self) -> None:
        reader, mark = left()
        assert [back(reader, mark), back(reader, mark)] == [Returned.DONE, Returned.ALREADY]
        assert len(open_ones()) == 1

    def test_after_ten_minutes_it_does_nothing(self) -> None:
        reader, mark = left()
        assert back(reader, mark, now=TOO_LATE) is Returned.TOO_LATE
        assert open_ones() == []
        assert len(mails()) == 1

    def test_who_signed_up_again_meanwhile_is_subscribed_already(self) -> None:
        reader, mark = left()
        sign_up(now=LEFT)
        assert back(reader, mark) is Returned.ALREADY
        assert len(open_ones()) == 1

    def test_an_older_goodbye_takes_no_later_one_back(self) -> None:
        reader, mark = left()
        back(reader, mark)
        (again,) = open_ones()
        say_goodbye(again.pk, lookup=bytes(reader.subscriber().lookup), now=JUST_IN_TIME, mailed=False)
        assert back(reader, mark) is Returned.NOT_POSSIBLE
        assert open_ones() == []

    @pytest.mark.parametrize("mark", ["", "x", "1 2026-11-06T15:00:00+00:00", "1 2026-11-06T15:00:00+00:00:x", ":", "\0"])
    def test_a_value_that_we_did_not_sign_does_nothing(self, mark: str) -> None:
        reader, _ = left()
        assert back(reader, mark) is Returned.NOT_POSSIBLE
        assert open_ones() == []

    def test_a_value_for_another_moment_than_the_end_does_nothing(self) -> None:
        reader, mark = left()
        Subscription.objects.update(ended_at=LEFT - timedelta(seconds=1))
        assert back(reader, mark) is Returned.NOT_POSSIBLE

    def test_the_goodbye_of_somebody_else_does_nothing(self) -> None:
        reader, _ = left()
        other = sign_up("rosa@example.org")
        leave(other)
        assert back(reader, undo_mark(farewell_of(other))) is Returned.NOT_POSSIBLE
        assert open_ones() == []

    @pytest.mark.parametrize("reason", list(SuppressionReason))
    def test_an_address_that_must_not_be_mailed_meanwhile_stays_so(self, reason: SuppressionReason) -> None:
        reader, mark = left()
        suppress(reader.subscriber(), reason=reason, now=LEFT)
        assert back(reader, mark) is Returned.NOT_POSSIBLE
        assert open_ones() == []

    def test_who_complained_meanwhile_or_died_or_asked_to_be_erased_stays_gone(self) -> None:
        complained, of_complained = left()
        end_as_reported([ReportedEnd(complained.subscription_id, EndReason.COMPLAINED, LEFT, mailed_since=LEFT)], now=LEFT)
        died = sign_up("died@example.org")
        leave(died)
        of_died = undo_mark(farewell_of(died))
        say_died(died.subscription_id, now=LEFT)
        erased = sign_up("erased@example.org")
        leave(erased)
        of_erased = undo_mark(farewell_of(erased))
        ask_erasure(erased.subscriber().pk, reason=ErasureReason.ASKED, now=LEFT)
        for reader, mark in ((complained, of_complained), (died, of_died), (erased, of_erased)):
            assert back(reader, mark) is Returned.NOT_POSSIBLE
        assert open_ones() == []

    def test_who_waits_to_be_erased_stays_gone_whatever_became_of_the_suppression(self) -> None:
        reader, mark = left()
        ask_erasure(reader.subscriber().pk, reason=ErasureReason.ASKED, now=LEFT)
        Suppression.objects.all().delete()
        assert back(reader, mark) is Returned.NOT_POSSIBLE

    def test_who_is_erased_meanwhile_does_not_come_into_being_again(self) -> None:
        reader, mark = left()
        public_id = bytes(reader.subscription().public_id)
        reader.subscriber().delete()
        assert bring_back(mark, public_id=public_id, now=JUST_IN_TIME) is Returned.NOT_POSSIBLE
        assert not Subscription.objects.exists()

    @pytest.mark.parametrize("reason", [EndReason.STAFF, EndReason.BOUNCED])
    def test_an_end_that_was_no_goodbye_cannot_be_taken_back(self, reason: EndReason) -> None:
        reader, _ = left()
        Subscription.objects.update(end_reason=reason)
        assert back(reader, undo_mark(farewell_of(reader))) is Returned.NOT_POSSIBLE
        assert not farewell_of(reader).just_said(LEFT)


@pytest.mark.django_db(transaction=True)
def test_of_four_who_take_it_back_at_once_one_does() -> None:
    reader, mark = left()
    public_id = bytes(reader.subscription().public_id)

    def press(_: int) -> Returned:
        try:
            return bring_back(mark, public_id=public_id, now=JUST_IN_TIME)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(found.value for found in pool.map(press, range(4))) == ["already"] * 3 + ["done"]
    assert len(open_ones()) == 1


@pytest.mark.django_db
def test_who_is_subscribed_has_said_no_goodbye() -> None:
    reader = sign_up()
    assert find_farewell(reader.subscription_id) is None
    leave(reader)
    assert find_farewell(sign_up().subscription_id) is None
    assert find_farewell(reader.subscription_id) is None

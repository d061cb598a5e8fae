"""What stands on the page that said goodbye, and on no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client, override_settings

from newsletter.keys import KeyRing
from newsletter.keys.in_use import RingInUse
from newsletter.subscribers.farewells import count_reasons, find_farewell, undo_mark
from newsletter.subscribers.installation import page_design
from newsletter.subscribers.models import EndReason, FarewellCount
from newsletter.subscribers.subscribing import end_subscription
from tests.integration.subscribers.conftest import Press, Stored, is_subscribed, mark_in, reasons_in
from tests.mailed import mails
from tests.readers import NOVEMBER, SignedUp, sign_up

pytestmark = pytest.mark.database


def test_the_goodbye_asks_nothing_and_says_until_when_it_can_be_taken_back(press: Press, reader: SignedUp) -> None:
    page = press("unsubscribe", reader.unsubscribe, goodbye="yes")
    assert "From now on, Mets Matters no longer comes to you." in page
    assert "for ten minutes, until 10:10 a.m. (EST)." in page
    assert not is_subscribed(reader)


@pytest.mark.parametrize(
    ("minute", "english", "spanish"),
    [
        (0, "10:10 a.m. (EST)", "10:10 a. m. (EST)"),
        (115, "12:05 p.m. (EST)", "12:05 p. m. (EST)"),
        (175, "1:05 p.m. (EST)", "1:05 p. m. (EST)"),
        (835, "12:05 a.m. (EST)", "12:05 a. m. (EST)"),
    ],
)
@pytest.mark.usefixtures("db")
def test_the_time_is_that_of_the_newsletters_own_clock(
    press: Press, clock: time_machine.Traveller, minute: int, english: str, spanish: str
) -> None:
    clock.shift(timedelta(minutes=minute))
    assert f"until {english}." in press("unsubscribe", sign_up("a@example.org").unsubscribe, goodbye="yes")
    assert f"hora límite: {spanish}." in press("unsubscribe", sign_up("b@example.org", language="es").unsubscribe, goodbye="yes")


@pytest.mark.parametrize(("page", "form"), [("unsubscribe", {"goodbye": "yes"}), ("m", {"action": "goodbye"})])
def test_one_press_brings_it_back(press: Press, reader: SignedUp, page: str, form: dict[str, str]) -> None:
    said = press(page, reader.manage if page == "m" else reader.unsubscribe, **form)
    action = re.search(r'action="/unsubscribe/([\w-]+)"', said)
    assert action
    assert len(mails("goodbye")) == 1
    assert "The newsletter comes to you again" in press("unsubscribe", action[1], back=mark_in(said))
    assert is_subscribed(reader)
    assert mails("goodbye") == []


def test_links_of_old_mails_work_for_whoever_came_back(press: Press, client: Client, reader: SignedUp) -> None:
    press("unsubscribe", reader.unsubscribe, back=mark_in(press("unsubscribe", reader.unsubscribe, goodbye="yes")))
    assert "Your newsletter, your way" in client.get(f"/m/{reader.manage}").content.decode()
    press("unsubscribe", reader.unsubscribe, goodbye="yes")
    assert not is_subscribed(reader)


def test_only_the_page_that_said_goodbye_can_take_it_back(press: Press, client: Client, reader: SignedUp) -> None:
    press("unsubscribe", reader.unsubscribe, goodbye="yes")
    for page in (f"/u/{reader.unsubscribe}", f"/unsubscribe/{reader.unsubscribe}", f"/m/{reader.manage}"):
        shown = client.get(page).content.decode()
        assert "You have already left" in shown
        assert 'name="back"' not in shown
        assert reasons_in(shown) == []


@pytest.mark.parametrize(("seconds", "may"), [(10, True), (11, False)])
@pytest.mark.parametrize("button", [{"goodbye": "yes"}, {"action": "goodbye"}], ids=["of the mail", "of their page"])
def test_a_double_press_is_answered_like_the_first_one(
    press: Press, clock: time_machine.Traveller, reader: SignedUp, button: dict[str, str], seconds: int, *, may: bool
) -> None:
    link = ("m", reader.manage) if "action" in button else ("unsubscribe", reader.unsubscribe)
    returned = [press(*link, **button)]
    clock.shift(timedelta(seconds=seconds))
    returned.append(press(*link, **button))
    assert [bool(mark_in(page)) for page in returned] == [True, may]
    assert len(mails("goodbye")) == 1


def test_a_double_press_with_an_old_link_of_somebody_who_had_come_back_is_too(press: Press, reader: SignedUp) -> None:
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER - timedelta(days=700))
    sign_up()
    assert all(mark_in(press("unsubscribe", reader.unsubscribe, goodbye="yes")) for _ in range(2))


def test_after_ten_minutes_the_page_says_so_and_shows_the_way_back(
    press: Press, clock: time_machine.Traveller, reader: SignedUp
) -> None:
    mark = mark_in(press("unsubscribe", reader.unsubscribe, goodbye="yes"))
    clock.shift(timedelta(minutes=10))
    page = press("unsubscribe", reader.unsubscribe, status=400, back=mark)
    assert "The ten minutes are over" in page
    assert 'href="/subscribe?lang=en"' in page
    assert not is_subscribed(reader)


def test_a_value_of_somebody_else_brings_nobody_back(press: Press, reader: SignedUp, stored: Callable[[], Stored]) -> None:
    other = sign_up("rosa@example.org")
    mark = mark_in(press("unsubscribe", other.unsubscribe, goodbye="yes"))
    press("unsubscribe", reader.unsubscribe, goodbye="yes")
    before = stored()
    for value in (mark, "x", ""):
        assert "could not bring" in press("unsubscribe", reader.unsubscribe, status=400, back=value)
    assert stored() == before


def test_a_goodbye_by_a_link_of_a_retired_key_can_be_taken_back_and_leads_nowhere_else(
    press: Press, client: Client, reader: SignedUp
) -> None:
    ring: KeyRing = settings.KEY_RING
    retired = KeyRing(ring.seal, ring.lookup, {**ring.link, 9: bytes(32)}, frozenset(ring.link), ring.django)
    with override_settings(RING_IN_USE=RingInUse(retired)):
        asked = client.get(f"/u/{reader.unsubscribe}").content.decode()
        said = press("unsubscribe", reader.unsubscribe, goodbye="yes")
        assert "/relative/" not in asked + said
        assert client.get(f"/relative/{reader.unsubscribe}").status_code == 404
        press("relative", reader.unsubscribe, status=404, died="yes")
        press("unsubscribe", reader.unsubscribe, back=mark_in(said))
    assert is_subscribed(reader)


def test_a_reason_is_counted_once_and_the_undo_stays_on_the_page(press: Press, reader: SignedUp) -> None:
    said = press("unsubscribe", reader.unsubscribe, goodbye="yes")
    assert reasons_in(said) == list(page_design().words["en"].sections["reasons"])
    for _ in range(2):
        thanked = press("unsubscribe", reader.unsubscribe, why="yes", reason="hard_to_read", mark=mark_in(said))
        assert "Thank you for telling us." in thanked
        assert mark_in(thanked) == mark_in(said)
        assert reasons_in(thanked) == []
    assert count_reasons() == [(NOVEMBER.date().replace(day=1), "hard_to_read", 1)]


def test_a_reason_may_be_given_after_the_ten_minutes(press: Press, clock: time_machine.Traveller, reader: SignedUp) -> None:
    mark = mark_in(press("unsubscribe", reader.unsubscribe, goodbye="yes"))
    clock.shift(timedelta(hours=1))
    thanked = press("unsubscribe", reader.unsubscribe, why="yes", reason="hard_to_read", mark=mark)
    assert "Thank you for telling us." in thanked
    assert mark_in(thanked) == ""
    assert len(count_reasons()) == 1


def test_no_answer_is_an_answer_too(press: Press, reader: SignedUp) -> None:
    mark = mark_in(press("unsubscribe", reader.unsubscribe, goodbye="yes"))
    page = press("unsubscribe", reader.unsubscribe, why="yes", mark=mark)
    assert "or simply close this page" in page
    assert reasons_in(page)
    assert count_reasons() == []


@pytest.mark.parametrize(
    "form",
    [
        {"why": "yes", "reason": "hard_to_read"},
        {"why": "yes", "reason": "hard_to_read", "mark": "x"},
        {"why": "yes", "reason": "hard_to_read", "mark": "MARK", "x": "1"},
        {"why": "no", "reason": "hard_to_read", "mark": "MARK"},
        {"reason": "hard_to_read", "mark": "MARK"},
    ],
)
def test_a_reason_that_the_page_cannot_have_sent_counts_nothing(press: Press, reader: SignedUp, form: dict[str, str]) -> None:
    mark = mark_in(press("unsubscribe", reader.unsubscribe, goodbye="yes"))
    press("unsubscribe", reader.unsubscribe, status=400, **{name: value.replace("MARK", mark) for name, value in form.items()})
    assert not FarewellCount.objects.exists()


def test_a_reason_that_nobody_offered_counts_nothing(press: Press, reader: SignedUp) -> None:
    mark = mark_in(press("unsubscribe", reader.unsubscribe, goodbye="yes"))
    press("unsubscribe", reader.unsubscribe, why="yes", reason="Ana has died", mark=mark)
    assert not FarewellCount.objects.exists()


def test_every_reason_fits_its_column() -> None:
    longest = FarewellCount._meta.get_field("reason").max_length
    assert longest
    for words in page_design().words.values():
        assert all(len(key) <= longest for key in words.sections["reasons"])


def test_of_somebody_who_is_subscribed_no_goodbye_is_taken_back_or_explained(
    press: Press, reader: SignedUp, stored: Callable[[], Stored]
) -> None:
    press("unsubscribe", reader.unsubscribe, goodbye="yes")
    farewell = find_farewell(reader.subscription_id)
    assert farewell
    mark = undo_mark(farewell)
    sign_up()
    before = stored()
    assert "comes to you again" in press("unsubscribe", reader.unsubscribe, back=mark)
    press("unsubscribe", reader.unsubscribe, status=400, why="yes", reason="hard_to_read", mark=mark)
    assert stored() == before

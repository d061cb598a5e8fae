"""What a fresh link opens, and what can be done there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.test import Client

from newsletter.postbox.models import ServiceMail
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import EndReason, Erasure, ErasureReason, MailedLink, SuppressionReason
from newsletter.subscribers.subscribing import end_subscription
from newsletter.subscribers.suppressing import suppress
from tests.integration.subscribers.conftest import Stored
from tests.integration.subscribers.my_data_visits import ADDRESS, Visitor, notice, text_of
from tests.mailed import fresh_token, mails
from tests.readers import NOVEMBER, SignedUp, is_suppressed, sign_up

pytestmark = pytest.mark.database

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock() -> object:
    with time_machine.travel(NOVEMBER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def token(reader: SignedUp) -> str:
    """Mail a fresh link to Ana."""
    return fresh_token(reader, now=NOVEMBER)


def first_name(reader: SignedUp) -> str:
    subscriber = reader.subscriber()
    return sealer().open_contact(subscriber.contact, lookup=bytes(subscriber.lookup)).first_name


def test_opening_the_link_changes_nothing_and_shows_nothing_personal(token: str, stored: Callable[[], Stored]) -> None:
    links = list(MailedLink.objects.values_list())
    before = stored()
    visitor = Visitor(token)
    for response in (visitor.look(), visitor.client.head(visitor.path), visitor.client.options(visitor.path)):
        assert b"ana" not in response.content.lower().replace(b"manage", b"")
        assert not response.cookies
    assert (stored(), list(MailedLink.objects.values_list())) == (before, links)


def test_the_button_opens_the_page_with_everything_in_clear(token: str) -> None:
    visitor = Visitor(token)
    assert "works for 30 min more, until 10:30 a.m. (EST)" in text_of(visitor.look())
    html = text_of(visitor.press("open"))
    for stored in (ADDRESS, "Ana", "English", "Subscribed since November 5, 2026", "on our form", "I can stop, pause"):
        assert stored in html


def test_a_second_press_a_reload_and_the_way_back_are_the_same_person(token: str) -> None:
    visitor = Visitor(token).opened()
    assert ADDRESS in text_of(visitor.press("open"))
    assert "Yes, erase everything" in text_of(visitor.press("erase"))
    assert ADDRESS in text_of(visitor.press("open"))


def test_another_browser_with_the_same_link_is_told_how_to_get_a_new_one(token: str) -> None:
    early = Visitor(token)
    early.look()
    Visitor(token).opened()
    late = Visitor(token)
    for response in (late.look(), early.press("open"), early.press("json"), late.press("erase-all")):
        assert response.status_code == HTTPStatus.GONE
        assert "This link was used already" in text_of(response)
        assert ADDRESS not in text_of(response)
    assert not Erasure.objects.exists()


def test_after_thirty_minutes_nothing_opens_any_more(token: str, clock: time_machine.Traveller) -> None:
    visitor = Visitor(token).opened()
    clock.move_to(NOVEMBER + 30 * MINUTE)
    for response in (visitor.press("open"), visitor.press("name", first_name="Eva"), Visitor(token).look()):
        assert response.status_code == HTTPStatus.GONE
        assert "30 minutes only" in text_of(response)
        assert ADDRESS not in text_of(response)


def test_whoever_holds_a_used_link_can_have_a_new_one_mailed_to_its_reader(token: str, clock: time_machine.Traveller) -> None:
    Visitor(token).opened()
    stranger = Visitor(token)
    told = text_of(stranger.press("new-link"))
    assert "Please look in your mail" in told
    assert len(mails("my-data")) == 1
    clock.move_to(NOVEMBER + 11 * MINUTE)
    assert text_of(stranger.press("new-link")) == told
    assert [mail.address for mail in mails("my-data")] == [ADDRESS, ADDRESS]


@pytest.mark.parametrize("wrong", ["", "x" * 32, "ü" * 32, "0" * 64])
def test_a_page_value_that_we_never_gave_opens_nothing_of_a_used_link(token: str, wrong: str) -> None:
    Visitor(token).opened()
    visitor = Visitor(token)
    visitor.page = wrong
    assert visitor.press("open").status_code == HTTPStatus.GONE


def test_a_link_that_nobody_was_mailed_leads_nowhere(reader: SignedUp) -> None:
    for token in ("x" * 32, reader.manage, reader.unsubscribe, "%00"):
        visitor = Visitor(token)
        assert visitor.look().status_code == HTTPStatus.NOT_FOUND
        assert visitor.press("open").status_code == HTTPStatus.NOT_FOUND


def test_what_a_script_sends_opens_nothing(token: str) -> None:
    visitor = Visitor(token)
    visitor.look()
    fetched = visitor.client.post(visitor.path, {"page": visitor.page, "act": "open"}, headers={"sec-fetch-mode": "cors"})
    clicked = visitor.client.post(
        visitor.path, f"page={visitor.page}&act=open", "application/x-www-form-urlencoded",
        headers={"sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"},
    )  # fmt: skip
    assert ADDRESS not in text_of(fetched) + text_of(clicked)  # type: ignore[arg-type]
    assert not MailedLink.objects.get().used_at


def test_the_first_name_is_changed_and_a_link_in_it_is_not_taken(reader: SignedUp, token: str) -> None:
    visitor = Visitor(token).opened()
    assert notice(visitor.press("name", first_name=" María  José ")).startswith("Saved.")
    assert first_name(reader) == "María José"
    refused = visitor.press("name", first_name="Win at evil.example")
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert 'value="Win at evil.example"' in text_of(refused)
    assert 'aria-invalid="true" aria-describedby="notice name-note"' in text_of(refused)
    assert first_name(reader) == "María José"
    visitor.press("name", first_name="")
    assert first_name(reader) == ""


def test_the_answer_about_a_new_address_is_the_same_whatever_it_is(token: str, clock: time_machine.Traveller) -> None:
    sign_up("known@example.net")
    suppress(sealer().lookup("bounced@example.net"), reason=SuppressionReason.BOUNCED, now=NOVEMBER)
    visitor = Visitor(token).opened()
    pages = []
    for number, address in enumerate(("new@example.net", "known@example.net", "bounced@example.net")):
        clock.move_to(NOVEMBER + number * MINUTE)
        pages.append(text_of(visitor.press("address", address=address)).replace(address, "…"))
    hour = re.compile(r"\d+:\d\d a\.m\. \(EST\)|November \d|[0-9A-Za-z+/=_-]{20,}")
    first, *others = (hour.sub("", re.sub(r"(?s)<ul class=\"entries\">.*?</ul>", "", page)) for page in pages)
    assert others == [first, first]
    assert [mail.address for mail in mails("address-confirm") + mails("address-known")] == ["known@example.net"]


@pytest.mark.parametrize("wrong", ["", "ana", "ana@", "a@b@c.org", "ana@example.org\nBcc: x@y.org"])
def test_what_is_no_address_is_said_at_once_and_kept_to_be_put_right(token: str, wrong: str) -> None:
    refused = Visitor(token).opened().press("address", address=wrong)
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert notice(refused).startswith("That does not look like an email address")
    assert not mails("address-confirm")


def test_a_move_that_waits_is_shown_and_can_be_called_off(token: str) -> None:
    visitor = Visitor(token).opened()
    assert "You asked for new@example.net." in text_of(visitor.press("address", address="new@example.net"))
    after = text_of(visitor.press("call-off"))
    assert "new@example.net" not in after
    assert "Your address stays as it is." in after
    assert "No change of address is waiting" in text_of(visitor.press("call-off"))
    assert not mails("address-confirm")


def test_erasing_is_asked_about_once_more_and_then_done(reader: SignedUp, token: str) -> None:
    visitor = Visitor(token).opened()
    asked = text_of(visitor.press("erase"))
    assert "each after 35 days" in asked
    assert not Erasure.objects.exists()
    done = visitor.press("erase-all")
    assert "You are being forgotten" in text_of(done)
    assert Erasure.objects.get().reason == ErasureReason.ASKED
    assert reader.subscription().ended_at is not None
    assert is_suppressed(bytes(reader.subscriber().lookup))
    for act, typed in {"erase-all": {}, "open": {}, "name": {"first_name": "Eva"}, "json": {}}.items():
        assert text_of(visitor.press(act, **typed)) == text_of(done)
    assert Erasure.objects.count() == 1


def test_after_an_erasure_the_link_leads_nowhere(reader: SignedUp, token: str) -> None:
    visitor = Visitor(token).opened()
    reader.subscriber().delete()
    assert visitor.press("open").status_code == HTTPStatus.NOT_FOUND


def test_who_has_left_sees_how_it_ended_and_can_be_forgotten(reader: SignedUp) -> None:
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    visitor = Visitor(fresh_token(reader, now=NOVEMBER)).opened()
    html = text_of(visitor.press("open"))
    assert "It ended because you stopped it." in html
    assert 'name="address"' not in html
    assert "because no newsletter comes to you" in notice(visitor.press("address", address="new@example.net"))
    visitor.press("erase-all")
    assert Erasure.objects.exists()


def test_who_has_left_gets_the_link_from_an_old_mail_and_from_no_link_to_unsubscribe(client: Client, reader: SignedUp) -> None:
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    assert 'value="stored"' in text_of(client.get(f"/m/{reader.manage}"))  # type: ignore[arg-type]
    for path in ("/u/", "/unsubscribe/"):
        assert 'value="stored"' not in text_of(client.get(f"{path}{reader.unsubscribe}"))  # type: ignore[arg-type]
    answer = client.post(f"/m/{reader.manage}", "action=stored", "application/x-www-form-urlencoded")
    assert "Please look in your mail" in text_of(answer)  # type: ignore[arg-type]
    assert [mail.address for mail in mails("my-data")] == [ADDRESS]


def test_every_mail_about_it_is_in_the_postbox_and_nowhere_else(reader: SignedUp, token: str) -> None:
    Visitor(token).opened().press("address", address="new@example.net")
    kinds = ServiceMail.objects.order_by("pk").values_list("kind", "lookup")
    own, new = bytes(reader.subscriber().lookup), sealer().lookup("new@example.net")
    assert [(kind, bytes(lookup)) for kind, lookup in kinds] == [
        ("my-data", own), ("address-confirm", new), ("address-asked", own)
    ]  # fmt: skip

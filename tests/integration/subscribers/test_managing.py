from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import EndReason
from newsletter.subscribers.subscribing import end_subscription, snooze
from tests.integration.subscribers.conftest import Stored
from tests.readers import NOVEMBER, SignedUp, sign_up

pytestmark = pytest.mark.database

URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _the_fifth_of_november() -> object:
    with time_machine.travel(NOVEMBER, tick=False):
        yield


@pytest.fixture
def press(client: Client, reader: SignedUp) -> Callable[[str], HttpResponse]:
    """Send a form of the manage page."""

    def send(form: str) -> HttpResponse:
        return client.post(f"/m/{reader.manage}", form, URLENCODED)  # type: ignore[return-value]

    return send


def notice(response: HttpResponse) -> str:
    found = re.search(r'id="notice"[^>]*>([^<]*)<', response.content.decode())
    return found[1] if found else ""


def topics_of(reader: SignedUp) -> frozenset[str]:
    subscriber = reader.subscriber()
    return sealer().open_topics(subscriber.topics, lookup=bytes(subscriber.lookup))


def test_the_page_shows_what_was_chosen_and_masks_who_it_is(client: Client, reader: SignedUp) -> None:
    html = client.get(f"/m/{reader.manage}").content.decode()
    assert "This page belongs to A•••, at a•••@e•••.org." in html
    assert "ana.perez" not in html
    assert re.findall(r'name="topic" value="(\w+)" checked', html) == ["tnbc"]
    assert re.findall(r'name="language" value="(\w+)" checked', html) == ["en"]
    assert notice(client.get(f"/m/{reader.manage}")) == ""  # type: ignore[arg-type]


def test_a_reader_without_a_name_is_shown_without_one(client: Client, db: None) -> None:
    reader = sign_up(first_name="")
    assert "This page belongs to a•••@e•••.org." in client.get(f"/m/{reader.manage}").content.decode()


def test_a_name_that_is_markup_is_shown_as_what_it_is(client: Client, db: None) -> None:
    reader = sign_up(first_name="<b>{{words}}")
    html = client.get(f"/m/{reader.manage}").content.decode()
    assert "&lt;•••" in html
    assert "<•••" not in html


def test_the_page_speaks_the_readers_language_whatever_their_browser_says(client: Client, db: None) -> None:
    reader = sign_up(language="es")
    html = client.get(f"/m/{reader.manage}", headers={"Accept-Language": "en"}).content.decode()
    assert '<html lang="es">' in html
    assert "Su boletín, como usted quiera" in html


def test_a_language_that_is_no_longer_offered_gives_way_to_the_browsers(client: Client, db: None) -> None:
    reader = sign_up(language="fr")
    assert '<html lang="es">' in client.get(f"/m/{reader.manage}", headers={"Accept-Language": "es"}).content.decode()


def test_topics_and_language_are_saved_together_and_the_answer_is_in_the_new_language(
    press: Callable[[str], HttpResponse], reader: SignedUp
) -> None:
    response = press("action=choices&topic=trials&topic=living&language=es")
    assert response.status_code == 200
    assert notice(response) == "Guardado. Gracias por decírnoslo."
    assert topics_of(reader) == {"trials", "living"}
    assert reader.subscriber().language == "es"


def test_topics_that_can_no_longer_be_opened_can_be_chosen_anew(
    client: Client, press: Callable[[str], HttpResponse], reader: SignedUp
) -> None:
    subscriber = reader.subscriber()
    subscriber.topics = bytes(subscriber.topics)[:-1] + b"\0"
    subscriber.save(update_fields=["topics"])
    assert client.get(f"/m/{reader.manage}").status_code == 200
    press("action=choices&topic=trials&language=en")
    assert topics_of(reader) == {"trials"}


def test_no_topic_at_all_is_a_choice(press: Callable[[str], HttpResponse], reader: SignedUp) -> None:
    assert notice(press("action=choices&language=en")) == "Saved. Thank you for telling us."
    assert topics_of(reader) == frozenset()


def test_saving_what_was_there_says_so(press: Callable[[str], HttpResponse]) -> None:
    assert notice(press("action=choices&topic=tnbc&language=en")).endswith("Nothing was different from before.")


@pytest.mark.parametrize(
    ("form", "until", "words"),
    [
        ("months=2", date(2027, 1, 5), "January 5, 2027"),
        ("months=6", date(2027, 5, 5), "May 5, 2027"),
        ("until=2026-12-24", date(2026, 12, 24), "December 24, 2026"),
    ],
)
def test_a_pause_says_until_when(
    press: Callable[[str], HttpResponse], reader: SignedUp, form: str, until: date, words: str
) -> None:
    response = press(f"action=pause&{form}")
    assert notice(response) == f"Your newsletter is paused until {words}. Take all the time you need."
    assert reader.subscriber().snoozed_until == until
    assert 'value="resume"' in response.content.decode()


def test_a_pause_can_be_ended(press: Callable[[str], HttpResponse], reader: SignedUp) -> None:
    press("action=pause&months=4")
    response = press("action=resume")
    assert notice(response).startswith("The break is over.")
    assert reader.subscriber().snoozed_until is None
    assert 'value="resume"' not in response.content.decode()


def test_a_pause_that_is_over_is_not_shown(client: Client, reader: SignedUp) -> None:
    snooze(reader.subscription_id, until=date(2026, 11, 5), today=date(2026, 11, 1))
    assert 'value="resume"' not in client.get(f"/m/{reader.manage}").content.decode()


def test_today_is_the_day_of_the_newsletters_own_calendar(press: Callable[[str], HttpResponse], reader: SignedUp) -> None:
    with time_machine.travel(datetime(2026, 11, 6, 3, 0, tzinfo=UTC), tick=False):
        press("action=pause&until=2026-11-06")
    assert reader.subscriber().snoozed_until == date(2026, 11, 6)


def test_goodbye_ends_the_subscription_at_once(press: Callable[[str], HttpResponse], reader: SignedUp) -> None:
    response = press("action=goodbye")
    assert response.status_code == 200
    assert "You are unsubscribed" in response.content.decode()
    assert reader.subscription().end_reason == EndReason.UNSUBSCRIBED


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ("", "did not reach us whole"),
        ("action=erase", "did not reach us whole"),
        ("action=choices&language=fr", "did not reach us whole"),
        ("action=choices&language=en&topic=<script>", "did not reach us whole"),
        ("action=pause&months=99", "did not reach us whole"),
        ("action=goodbye&action=goodbye", "did not reach us whole"),
        ("action=pause&until=", "no later than November 5, 2028"),
        ("action=pause&until=2026-11-05", "no later than November 5, 2028"),
        ("action=pause&until='; DROP TABLE", "no later than November 5, 2028"),
        ("&".join(["a"] * 4_000), "did not reach us whole"),
        ("action=goodbye&x=" + "y" * 20_000, "did not reach us whole"),
    ],
)
def test_a_hostile_form_gets_a_kind_sentence_and_changes_nothing(
    press: Callable[[str], HttpResponse], stored: Callable[[], Stored], form: str, sentence: str
) -> None:
    before = stored()
    response = press(form)
    assert response.status_code == 400
    assert sentence in notice(response)
    assert stored() == before


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_a_form_of_another_kind_changes_nothing(
    client: Client, reader: SignedUp, stored: Callable[[], Stored], content_type: str
) -> None:
    before = stored()
    assert client.post(f"/m/{reader.manage}", "action=goodbye", content_type).status_code == 400
    assert stored() == before


@pytest.mark.parametrize(
    "form", ["action=choices&language=es", "action=pause&months=2", "action=resume", "action=goodbye", "junk"]
)
def test_of_an_ended_subscription_the_page_says_so_and_nothing_changes(
    press: Callable[[str], HttpResponse], client: Client, reader: SignedUp, stored: Callable[[], Stored], form: str
) -> None:
    end_subscription(reader.subscription_id, reason=EndReason.STAFF, now=NOVEMBER)
    before = stored()
    for response in (press(form), client.get(f"/m/{reader.manage}")):
        assert response.status_code == 200
        assert "You have already left Mets Matters." in response.content.decode()
    assert stored() == before


def test_a_goodbye_from_another_device_at_the_same_moment_wins(press: Callable[[str], HttpResponse], reader: SignedUp) -> None:
    def goodbye_first(execute: Callable[..., object], sql: str, *statement: object) -> object:
        if sql.startswith("SAVEPOINT"):  # the reader is found; the transaction of the change is about to begin
            end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
        return execute(sql, *statement)

    with connection.execute_wrapper(goodbye_first):
        response = press("action=choices&language=es")
    assert "You have already left Mets Matters." in response.content.decode()
    assert reader.subscriber().language == "en"


def test_the_link_of_an_old_issue_manages_what_a_returned_reader_has_now(client: Client, reader: SignedUp) -> None:
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    returned = sign_up(language="es")
    html = client.post(f"/m/{reader.manage}", "action=pause&months=2", URLENCODED).content.decode()
    assert "Su boletín está en pausa" in html
    assert returned.subscriber().snoozed_until == date(2027, 1, 5)

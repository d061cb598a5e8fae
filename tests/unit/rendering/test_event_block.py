"""An event: day and time in words, in its own zone, and a calendar file that says the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from newsletter.rendering.calendar_files import CalendarEvent, calendar_file
from newsletter.rendering.edition import Asset, Edition
from newsletter.rendering.moments_in_words import moment_in_words, span_in_words
from tests.unit.rendering.drafting import DESIGN, draw_markdown

EVENT = (
    '::: event 2027-02-11T18:00 "Living room talk: ask a nurse" zone=America/New_York until=19:30 '
    'url=https://example.org/talk place="Online, by video"\nBring **questions**.\n:::\n'
)
EN, ES = DESIGN.words_in("en"), DESIGN.words_in("es")


def at(text: str, zone: str = "America/New_York") -> datetime:
    """Give a moment in a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def the_calendar_file(edition: Edition) -> Asset:
    """Give the one calendar file of an edition."""
    (asset,) = [asset for asset in edition.assets if asset.media_type == "text/calendar"]
    return asset


def the_event(data: bytes) -> Event:
    """Parse a calendar file and give its one event."""
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    assert isinstance(event, Event)
    return event


@pytest.mark.parametrize(
    ("start", "until", "english", "spanish"),
    [
        (
            "2027-02-11T18:00",
            "2027-02-11T19:30",
            "Thursday, February 11, 2027, 6:00 to 7:30 p.m. Eastern Time (New York)",
            "jueves 11 de febrero de 2027, de 6:00 a 7:30 p. m., hora del Este (Nueva York)",
        ),
        (
            "2027-02-11T11:00",
            "2027-02-11T13:00",
            "Thursday, February 11, 2027, 11:00 a.m. to 1:00 p.m. Eastern Time (New York)",
            "jueves 11 de febrero de 2027, de 11:00 a. m. a 1:00 p. m., hora del Este (Nueva York)",
        ),
        (
            "2027-02-11T11:00",
            "2027-02-11T12:00",
            "Thursday, February 11, 2027, 11:00 a.m. to 12:00 noon Eastern Time (New York)",
            "jueves 11 de febrero de 2027, de 11:00 a. m. a 12:00 del mediodía, hora del Este (Nueva York)",
        ),
        (
            "2027-05-01T22:05",
            "2027-05-02T00:30",
            "Saturday, May 1, 2027, 10:05 p.m. to Sunday, May 2, 2027, 12:30 a.m. Eastern Time (New York)",
            "del sábado 1 de mayo de 2027, 10:05 p. m. al domingo 2 de mayo de 2027, 12:30 a. m., hora del Este (Nueva York)",
        ),
    ],
)
def test_a_span_is_said_as_people_say_it(start: str, until: str, english: str, spanish: str) -> None:
    assert span_in_words(at(start), at(until), EN) == english
    assert span_in_words(at(start), at(until), ES) == spanish


def test_a_zone_without_words_of_its_own_is_named_after_its_city() -> None:
    assert moment_in_words(at("2027-02-11T12:30", "America/Port_of_Spain"), EN).endswith("12:30 p.m. Port of Spain time")
    assert moment_in_words(at("2027-02-11T00:30", "America/Bogota"), ES).endswith("12:30 a. m., hora de Bogota")


def test_an_organisation_may_name_no_zone_at_all() -> None:
    words = {key: value for key, value in EN.items() if key != "zones"}
    assert moment_in_words(at("2027-02-11T12:30"), words).endswith("12:30 p.m. New York time")


def test_every_medium_shows_when_and_where_and_leads_to_the_page_and_to_the_calendar_file() -> None:
    edition = draw_markdown(f"## Part\n\n{EVENT}")
    name = the_calendar_file(edition).name
    assert re.fullmatch(r"[0-9a-f]{16}\.ics", name)
    for page in (edition.html, edition.web):
        assert re.search(r'<h3[^>]*><a href="https://example\.org/talk"[^>]*>Living room talk: ask a nurse</a></h3>', page)
        assert "Thursday, February 11, 2027, 6:00 to 7:30 p.m. Eastern Time (New York)" in page
        assert "<br>Online, by video</p>" in page
        assert "<strong>questions</strong>" in page
        address = f"https://letter.example.org/assets/{name}"
        assert re.search(rf'<a href="{address}"[^>]*>Add “Living room talk: ask a nurse” to your calendar</a>', page)
    assert (
        "[Event] Living room talk: ask a nurse\n"
        "Thursday, February 11, 2027, 6:00 to 7:30 p.m. Eastern Time (New York)\n"
        "Online, by video\nhttps://example.org/talk\n\nBring questions.\n\n"
        f"Add “Living room talk: ask a nurse” to your calendar:\nhttps://letter.example.org/assets/{name}\n"
    ) in edition.text


def test_the_web_page_offers_the_file_for_download_and_tells_machines_the_time() -> None:
    web = draw_markdown(f"## Part\n\n{EVENT}").web
    assert 'type="text/calendar" download>' in web
    assert '<time datetime="2027-02-11T18:00:00-05:00">' in web


def test_an_event_speaks_the_language_of_the_issue() -> None:
    edition = draw_markdown(f"## Parte\n\n{EVENT}", language="es")
    for said in (edition.html, edition.web, edition.text):
        assert "Jueves 11 de febrero de 2027" in said
        assert "Añadir “Living room talk: ask a nurse” a su calendario" in said


def test_a_title_without_an_address_is_no_link_and_nothing_is_said_of_a_place_that_is_not_known() -> None:
    edition = draw_markdown('## Part\n\n::: event 2027-02-11T18:00 "A talk" zone=America/New_York\n:::\n')
    assert re.search(r"<h3[^>]*>A talk</h3>", edition.html)
    assert "6:00 p.m. Eastern Time (New York)</strong></p>" in edition.html
    assert the_event(the_calendar_file(edition).data).get("location") is None


def test_the_calendar_file_read_again_says_the_same() -> None:
    event = the_event(the_calendar_file(draw_markdown(EVENT)).data)
    assert event.start == datetime(2027, 2, 11, 23, tzinfo=UTC)
    assert event.end == datetime(2027, 2, 12, 0, 30, tzinfo=UTC)
    assert (event["summary"], event["location"]) == ("Living room talk: ask a nurse", "Online, by video")
    assert event["url"] == event["description"] == "https://example.org/talk"
    assert event["class"] == "PRIVATE"


def test_the_calendar_file_has_the_same_bytes_at_every_build_and_in_every_year() -> None:
    first, second = (the_calendar_file(draw_markdown(EVENT)).data for _ in range(2))
    assert first == second
    assert b"DTSTAMP:20261201T000000Z\r\n" in first


def test_the_same_event_has_one_identity_and_another_has_another() -> None:
    def identity(event: str) -> str:
        return str(the_event(the_calendar_file(draw_markdown(event)).data)["uid"])

    assert identity(EVENT) == identity(EVENT.replace("**questions**", "a friend").replace("by video", "by phone"))
    assert len({identity(EVENT), identity(EVENT.replace("T18", "T17")), identity(EVENT.replace("nurse", "doctor"))}) == 3


LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=120)


@given(LINES, LINES, st.integers(946_684_800, 4_070_908_800).map(lambda second: datetime.fromtimestamp(second, UTC)))
def test_no_words_of_an_editor_break_the_calendar_file(title: str, place: str, start: datetime) -> None:
    entry = CalendarEvent(
        title=title,
        start=start,
        until=None,
        place=place,
        url="https://example.org/a;b,c?d=%0D%0A",
        issue="https://letter.example.org/issues/2026-12/",
        stamped=datetime(2026, 12, 1, tzinfo=UTC),
    )
    data = calendar_file(entry)
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    event = the_event(data)
    assert (str(event["summary"]), str(event["location"])) == (title, place)
    assert event.start == start


def test_titles_and_places_are_never_markup() -> None:
    head = '2027-02-11T18:00 "A <b>&amp; B" zone=America/New_York place="<i>C"'
    edition = draw_markdown(f"## Part\n\n::: event {head}\n:::\n")
    for page in (edition.html, edition.web):
        assert "A &lt;b&gt;&amp;amp; B" in page
        assert "&lt;i&gt;C" in page
        parser = html5lib.HTMLParser()
        parser.parse(page)
        assert parser.errors == []


@pytest.mark.parametrize(("hour", "said"), [(0, "12:00 midnight"), (12, "12:00 noon"), (1, "1:00 a.m."), (13, "1:00 p.m.")])
def test_noon_and_midnight_are_called_by_name(hour: int, said: str) -> None:
    assert f", {said} Eastern" in moment_in_words(at(f"2027-02-11T{hour:02}:00"), EN)

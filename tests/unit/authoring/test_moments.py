"""Days, times and time zones: what does not exist is named, with what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.authoring.complaints import Mistake
from newsletter.authoring.days import explain_day, guess_time, parse_day, parse_time
from newsletter.authoring.issue import Block, Issue
from newsletter.authoring.moments import WrittenMoment, read_moment, settle
from newsletter.authoring.time_zones import read_time_zone

Parse = Callable[[str], Issue]
Wrong = Callable[[str], list[str]]
Advice = Callable[[str], list[str]]
NEW_YORK = ZoneInfo("America/New_York")


def event(parse: Parse, head: str) -> Block:
    """Read an event block."""
    (block,) = parse(f'::: event {head} "A talk"\n:::\n').blocks
    return block


def test_a_moment_has_the_zone_of_its_block(parse: Parse) -> None:
    fields = event(parse, "2027-02-11T18:00 zone=America/New_York until=2027-02-11T19:30").fields
    assert fields["start"] == datetime(2027, 2, 11, 18, tzinfo=NEW_YORK)
    assert fields["until"] == datetime(2027, 2, 11, 19, 30, tzinfo=NEW_YORK)
    assert fields["zone"] == NEW_YORK


def test_an_end_may_be_a_time_alone_or_be_left_out(parse: Parse) -> None:
    assert event(parse, "2027-02-11T18:00 zone=America/New_York until=19:30").fields["until"] == datetime(
        2027, 2, 11, 19, 30, tzinfo=NEW_YORK
    )
    assert event(parse, "2027-02-11T18:00 zone=America/New_York").fields["until"] is None


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("2027-02-30T18:00 zone=America/New_York", "1:11 block-value"),
        ("2027-02-11 zone=America/New_York", "1:11 block-value"),
        ("18:00 zone=America/New_York", "1:11 block-value"),
        ("2027-02-11T24:00 zone=America/New_York", "1:11 block-value"),
        ("1027-02-11T18:00 zone=America/New_York", "1:11 block-value"),
        ("2027-03-14T02:30 zone=America/New_York", "1:11 block-value"),
        ("2027-11-07T01:30 zone=America/New_York", "1:11 block-value"),
        ("2027-02-11T18:00 zone=America/NewYork", "1:28 block-value"),
        ("2027-02-11T18:00", "1:1 block-incomplete"),
        ("2027-02-11T18:00 zone=America/New_York until=17:59", "1:50 block-value"),
        ("2027-02-11T18:00 zone=America/New_York until=18:00", "1:50 block-value"),
        ("2027-02-11T18:00 zone=America/New_York until=2027-02-10T19:00", "1:50 block-value"),
        ("2027-02-11T18:00 zone=America/New_York until=half-past", "1:50 block-value"),
        ("2027-02-30T18:00 zone=America/New_York until=19:00", "1:11 block-value"),
    ],
)
def test_each_mistake_of_an_event_is_found_once_at_its_column(wrong: Wrong, head: str, expected: str) -> None:
    assert wrong(f'::: event {head} "A talk"\n:::\n') == [expected]


def test_an_hour_that_clocks_skip_or_show_twice_comes_with_what_to_write(advice: Advice) -> None:
    assert advice('::: event 2027-03-14T02:30 "A" zone=America/New_York\n:::\n') == [
        (
            "“2027-03-14T02:30” does not exist in America/New_York: clocks go forward over it that day"
            " → Write another “start”, such as 2027-03-14T03:30."
        )
    ]
    assert advice('::: event 2027-11-07T01:30 "A" zone=America/New_York\n:::\n') == [
        (
            "“2027-11-07T01:30” comes twice in America/New_York: clocks go back over it that day"
            " → Say which: 2027-11-07T01:30-04:00 is the first, -05:00 the second."
        )
    ]


def test_a_blank_between_day_and_time_is_no_mistake(parse: Parse) -> None:
    assert event(parse, "2027-02-11 18:00 zone=America/New_York").fields["start"] == datetime(2027, 2, 11, 18, tzinfo=NEW_YORK)


@pytest.mark.parametrize("clock", ["6pm", "6 pm", "6 p.m.", "6:00 PM"])
def test_an_hour_as_people_say_it_comes_with_how_to_write_it(advice: Advice, clock: str) -> None:
    assert advice(f'::: event 2027-02-11 {clock} "A talk" zone=America/New_York\n:::\n') == [
        f"“start” has to be a day and a time, not “2027-02-11 {clock}” → Write 2027-02-11T18:00: hours from 00 to 23."
    ]


def test_words_behind_the_time_are_still_a_title_without_quotation_marks(advice: Advice) -> None:
    (missing, surplus) = advice("::: event 2027-02-11T18:00 A talk zone=America/New_York\n:::\n")
    assert "has no title" in surplus + missing
    assert 'Put the title in straight quotation marks: "A talk"' in surplus + missing


def test_an_end_in_the_morning_may_have_been_meant_in_the_evening(advice: Advice) -> None:
    assert advice('::: event 2027-02-11T18:00 "A" zone=America/New_York until=7:30\n:::\n') == [
        "“until” (07:30) is not after “start” (2027-02-11T18:00) → Did you mean until=19:30? Hours run from 00 to 23."
    ]
    assert advice('::: event 2027-02-11T18:00 "A" zone=America/New_York until=17:30\n:::\n')[0].endswith(
        "→ Write the later time, with its day where it is another one: until=2027-02-11T23:00."
    )


def test_an_offset_tells_apart_the_hour_that_comes_twice(parse: Parse) -> None:
    first, second = (
        event(parse, f"2027-11-07T01:30{offset} zone=America/New_York").fields["start"] for offset in ("-04:00", "-05:00")
    )
    assert isinstance(first, datetime)
    assert isinstance(second, datetime)
    assert second.timestamp() - first.timestamp() == 3600


def test_an_end_in_the_second_of_two_equal_hours_follows_a_start_in_the_first(parse: Parse, wrong: Wrong) -> None:
    night = "2027-11-07T01:30-0{}:00 zone=America/New_York until=2027-11-07T01:15-0{}:00"
    assert event(parse, night.format(4, 5)).fields["until"] is not None
    assert wrong(f'::: event {night.format(5, 4)} "A"\n:::\n') == ["1:56 block-value"]


def test_an_offset_that_the_zone_does_not_have_is_refused(advice: Advice) -> None:
    assert advice('::: event 2027-02-11T18:00-04:00 "A" zone=America/New_York\n:::\n') == [
        (
            "“start” ends in another offset than America/New_York has then, -05:00"
            " → Write 2027-02-11T18:00: the time zone says the rest."
        )
    ]


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("2027-02-11 6pm", "Write 2027-02-11T18:00: hours from 00 to 23."),
        ("2027-02-11 6:30 p.m.", "Write 2027-02-11T18:30: hours from 00 to 23."),
        ("2027-02-11", "Write the time too: 2027-02-11T18:00."),
        ("6:00", "Write the day too: 2027-02-11T06:00."),
        ("02/11/2027 6pm", "Write year, month, day and time: 2027-02-11T18:00."),
        ("tomorrow", "Write year, month, day and time: 2027-02-11T18:00."),
        ("2027-02-11T18:61", "Write year, month, day and time: 2027-02-11T18:00."),
    ],
)
def test_what_is_no_moment_comes_with_how_to_write_one(text: str, fix: str) -> None:
    mistake = read_moment("start", text, day_needed=True)
    assert isinstance(mistake, Mistake)
    assert mistake.fix == fix


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        (
            "2027-02-30",
            "there is no day 2027-02-30, which “on” names: February 2027 has 28 days",
            "Write 2027-02-28, or the day that you mean.",
        ),
        (
            "2028-02-30",
            "there is no day 2028-02-30, which “on” names: February 2028 has 29 days",
            "Write 2028-02-29, or the day that you mean.",
        ),
        (
            "2027-04-31",
            "there is no day 2027-04-31, which “on” names: April 2027 has 30 days",
            "Write 2027-04-30, or the day that you mean.",
        ),
        (
            "2027-13-01",
            "there is no day 2027-13-01, which “on” names: a year has twelve months",
            "Write year, month and day: 2027-03-01.",
        ),
        (
            "2027-04-00",
            "there is no day 2027-04-00, which “on” names: a month begins with day 01",
            "Write 2027-04-01, or the day that you mean.",
        ),
        ("4/1/2027", "“on” has to be a day, not “4/1/2027”", "Write year, month and day: 2027-03-01."),
    ],
)
def test_a_day_that_does_not_exist_says_why(text: str, message: str, fix: str) -> None:
    assert parse_day(text) is None
    assert explain_day("on", text) == (message, fix)


@given(st.dates())
def test_every_day_is_read_as_it_is_written(day: date) -> None:
    assert parse_day(day.isoformat()) == day


@given(st.text(max_size=20))
def test_any_text_is_a_day_or_has_an_explanation(text: str) -> None:
    assert parse_day(text) or all(explain_day("on", text))
    assert not parse_time(text) or ":" in text
    assert isinstance(guess_time(text), str)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001 - what an editor writes has no zone yet
    st.sampled_from(["America/New_York", "Europe/Madrid", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_a_settled_moment_shows_the_clock_that_was_written(written: datetime, name: str) -> None:
    """A moment is settled, or the clocks of that place skip it or show it twice: there is no third thing."""
    zone = ZoneInfo(name)
    moment = WrittenMoment(written.date(), time(written.hour, written.minute))
    settled = settle("start", moment, zone)
    there = [written.replace(second=0, microsecond=0, tzinfo=zone, fold=fold) for fold in (0, 1)]
    if isinstance(settled, Mistake):
        assert there[0].utcoffset() != there[1].utcoffset()
    else:
        assert settled.astimezone(UTC).astimezone(zone).strftime("%Y-%m-%dT%H:%M") == str(moment)


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_has_a_fix(text: str) -> None:
    for day_needed in (True, False):
        found = read_moment("start", text, day_needed=day_needed)
        assert isinstance(found, WrittenMoment) or found.fix


def test_an_offset_is_read_with_its_sign() -> None:
    moment = read_moment("start", "2027-02-11T18:00+05:30", day_needed=True)
    assert isinstance(moment, WrittenMoment)
    assert moment.offset == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("America/NewYork", "America/New_York"),
        ("america/new_york", "America/New_York"),
        ("New York", "America/New_York"),
        ("new_york", "America/New_York"),
        ("EST", "America/New_York"),
        ("Eastern Time", "America/New_York"),
        ("PT", "America/Los_Angeles"),
        ("madrid", "Europe/Madrid"),
        ("Europe/Berln", "Europe/Berlin"),
    ],
)
def test_a_zone_that_is_none_comes_with_the_one_that_was_meant(text: str, meant: str) -> None:
    mistake = read_time_zone(text)
    assert isinstance(mistake, Mistake)
    assert mistake.fix == f"Did you mean {meant}?"


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "/etc/localtime", "Etc/GMT+5", "America/../UTC", "America", "x" * 300])
def test_what_is_no_place_is_no_zone(text: str) -> None:
    assert isinstance(read_time_zone(text), Mistake)


@given(st.text(max_size=40))
def test_any_text_is_a_zone_or_has_a_fix(text: str) -> None:
    found = read_time_zone(text)
    assert isinstance(found, ZoneInfo) or found.fix

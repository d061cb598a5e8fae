"""Days, times and time zones as people say them, in the words of ``templates/words``."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from newsletter.rendering.words import Words, day


def month_in_words(year: int, month: int, words: Words) -> str:
    """Give "October 2026"."""
    said: str = words["dates"]["month"].format(month=words["dates"]["months"][month - 1], year=year)
    return said


def moment_in_words(moment: datetime, words: Words) -> str:
    """Give "Thursday, February 11, 2027, 6:00 p.m. Eastern Time (New York)"."""
    return _zoned(_moment(moment, words), moment, words)


def span_in_words(start: datetime, until: datetime, words: Words) -> str:
    """Give "Thursday, February 11, 2027, 6:00 to 7:30 p.m. Eastern Time (New York)"; another day is named with the end."""
    dates = words["dates"]
    if start.date() != until.date():
        days = dates["from_day_to_day"].format(start=_moment(start, words), end=_moment(until, words))
        return _zoned(days, start, words)
    same_half = _half(start) == _half(until)
    begin = _clock(start, words) if same_half else _time(start, words)
    times = dates["from_to"].format(start=begin, end=_time(until, words))
    return _zoned(dates["moment"].format(day=_weekday(start, words), time=times), start, words)


def zone_in_words(zone: ZoneInfo, words: Words) -> str:
    """Give "Eastern Time (New York)", and "Bogota time" for a zone that the words do not name."""
    known: str = words.get("zones", {}).get(zone.key, "")
    return known or words["dates"]["zone_of_city"].format(city=zone.key.rpartition("/")[2].replace("_", " "))


def _zoned(said: str, moment: datetime, words: Words) -> str:
    if not isinstance(moment.tzinfo, ZoneInfo):
        return said
    zoned: str = words["dates"]["zoned"].format(when=said, zone=zone_in_words(moment.tzinfo, words))
    return zoned


def _moment(moment: datetime, words: Words) -> str:
    said: str = words["dates"]["moment"].format(day=_weekday(moment, words), time=_time(moment, words))
    return said


def _weekday(moment: date, words: Words) -> str:
    dates = words["dates"]
    said: str = dates["weekday"].format(
        weekday=dates["weekdays"][moment.weekday()], day=day(f"{moment.year:04}-{moment.month:02}-{moment.day:02}", words)
    )
    return said


def _half(moment: datetime) -> str:
    """Name the half of the day, or the two moments at which a.m. and p.m. confuse people."""
    if moment.minute == 0 and moment.hour % 12 == 0:
        return "noon" if moment.hour else "midnight"
    return "am" if moment.hour < 12 else "pm"


def _clock(moment: datetime, words: Words) -> str:
    said: str = words["dates"]["clock"].format(
        hour=moment.hour % 12 or 12, hour24=f"{moment.hour:02}", minute=f"{moment.minute:02}"
    )
    return said


def _time(moment: datetime, words: Words) -> str:
    said: str = words["dates"]["time"].format(clock=_clock(moment, words), half=words["dates"]["half"][_half(moment)])
    return said.strip()

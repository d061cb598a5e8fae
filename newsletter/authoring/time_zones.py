"""Time zones by their IANA names, such as America/New_York, and what a writer may have meant by another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from newsletter.authoring.complaints import Mistake, find_nearest, quoted

_NAME = re.compile(r"[A-Za-z]+(?:/[A-Za-z0-9_+-]+){1,2}")
_OF_NO_PLACE = ("Etc/", "SystemV/", "posix/", "right/")
_COMMON: Mapping[str, str] = {
    **dict.fromkeys(("et", "est", "edt", "eastern", "eastern time"), "America/New_York"),
    **dict.fromkeys(("ct", "cst", "cdt", "central", "central time"), "America/Chicago"),
    **dict.fromkeys(("mt", "mst", "mdt", "mountain", "mountain time"), "America/Denver"),
    **dict.fromkeys(("pt", "pst", "pdt", "pacific", "pacific time"), "America/Los_Angeles"),
    **dict.fromkeys(("ast", "atlantic", "puerto rico"), "America/Puerto_Rico"),
    **dict.fromkeys(("gmt", "bst", "uk"), "Europe/London"),
    **dict.fromkeys(("cet", "cest"), "Europe/Madrid"),
}
"""What people in the newsletter's countries say. EST and its like are IANA names too, but zones that know no summer time."""


def read_time_zone(text: str) -> ZoneInfo | Mistake:
    """Give the zone of a place, such as America/New_York."""
    if _NAME.fullmatch(text) and not text.startswith(_OF_NO_PLACE):
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass  # A name of no zone; of a folder (IsADirectoryError) where it is America/Argentina.
    meant = _guess(text)
    fix = f"Did you mean {meant}?" if meant else "Write region and city, as in America/New_York or Europe/Madrid."
    return Mistake("block-value", f"there is no time zone {quoted(text)}", fix)


def _guess(text: str) -> str:
    words = " ".join(text.replace("_", " ").split()).casefold()
    if words in _COMMON:
        return _COMMON[words]
    cities = _cities()
    if words in cities:
        return cities[words]
    nearest = find_nearest(text.replace(" ", "_"), cities.values()) if "/" in text else ""
    return nearest or cities.get(find_nearest(words, cities), "")


@cache
def _cities() -> Mapping[str, str]:
    places = (name for name in sorted(available_timezones()) if _NAME.fullmatch(name) and not name.startswith(_OF_NO_PLACE))
    return {name.rpartition("/")[2].replace("_", " ").casefold(): name for name in places}

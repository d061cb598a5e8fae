"""Where a ZIP code or a town of the United States lies, from data that the package ``zipcodes`` carries; nobody is asked."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import zipcodes

from newsletter.errors import UsageError

EARTH_RADIUS_MILES = 3958.8
"""The earth's mean radius in miles (IUGG: 6371.0088 km)."""

_ZIP = re.compile(r"([0-9]{5})(?:-[0-9]{4})?")
_TOWN = re.compile(r"(?P<town>[^,]+),\s*(?P<state>[A-Za-z]{2})")
_HOW = "Write a ZIP code (10001) or a town with its state (“Buffalo, NY”)."


@dataclass(frozen=True, slots=True)
class Place:
    """A point that distances are measured from; ``name`` says it to a person. Degrees, north and east positive."""

    name: str
    lat: float
    lon: float


def find_place(text: str) -> Place:
    """Find a ZIP code, or "town, state" with the state's two letters. Raises UsageError that names similar ones."""
    wanted = " ".join(text.split())
    if match := _ZIP.fullmatch(wanted):
        return _zip_code(match[1])
    if match := _TOWN.fullmatch(wanted):
        return _town(match["town"].strip(), match["state"].upper())
    raise UsageError(f"“{wanted}” is no place that we can find. {_HOW}")


def miles_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Give the distance of two points on the earth in miles, by the haversine formula: as the crow flies."""
    north, other_north = math.radians(lat), math.radians(other_lat)
    half = (
        math.sin((other_north - north) / 2) ** 2
        + math.cos(north) * math.cos(other_north) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_MILES * math.asin(math.sqrt(min(1.0, half)))


def _zip_code(code: str) -> Place:
    located = _located(zipcodes.matching(code))
    if located:
        return _place(f"{code} ({located[0]['city']}, {located[0]['state']})", located)
    for digits in (4, 3):
        near = _located(zipcodes.similar_to(code[:digits]))
        if near:
            # The nearest numbers, which is near on the map as well: ZIP codes are given out by region.
            closest = sorted(near, key=lambda one: abs(int(one["zip_code"]) - int(code)))[:3]
            names = ", ".join(f"{one['zip_code']} ({one['city']}, {one['state']})" for one in closest)
            raise UsageError(f"There is no place for the ZIP code {code}. The nearest ones: {names}.")
    raise UsageError(f"There is no place for the ZIP code {code}. {_HOW}")


def _town(town: str, state: str) -> Place:
    in_state = _located(zipcodes.filter_by(state=state))
    if not in_state:
        raise UsageError(f"“{state}” is no state of the United States. {_HOW}")
    spelled = _spelling(town)
    own = [one for one in in_state if _spelling(one["city"]) == spelled]
    named = own or [
        one for one in in_state if spelled in map(_spelling, [*one["acceptable_cities"], *one["unacceptable_cities"]])
    ]
    if not named:
        known = sorted({str(one["city"]) for one in in_state})
        near = difflib.get_close_matches(town.title(), known, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "Is it in another state? A ZIP code works as well."
        raise UsageError(f"We know no town “{town}” in {state}. {hint}")
    name = f"{named[0]['city']}, {state}"
    # Post boxes and single companies have codes of their own, often at the edge of a town.
    return _place(name, [one for one in named if one["zip_code_type"] == "STANDARD"] or named)


def _spelling(town: str) -> str:
    words = re.sub(r"[.']", "", town.casefold()).split()
    return " ".join({"st": "saint", "ft": "fort", "mt": "mount"}.get(word, word) for word in words)


def _located(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Leave out codes without a place: those of the armed forces abroad have 0, 0."""
    return [one for one in found if one["lat"] and abs(float(one["lat"])) > 1]


def _place(name: str, codes: Sequence[Mapping[str, Any]]) -> Place:
    lat = sum(float(one["lat"]) for one in codes) / len(codes)
    lon = sum(float(one["long"]) for one in codes) / len(codes)
    return Place(name, round(lat, 4), round(lon, 4))

"""Where a trial takes people: by state in the United States, by country elsewhere; for a mail a line that stays short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from newsletter.authoring.trial import TrialSite
from newsletter.rendering.words import Words

HOME: Final = "United States"
"""The one country whose records name states, and where most of these trials are."""

FEW: Final = 6
"""Up to so many places a mail names each town; of more it counts them by state."""

MOST_AREAS: Final = 12
"""States and countries in a mail: about 300 bytes. Those with the most places stand there; the web page has all of them."""

MOST_UNFOLDED: Final = 12
"""Up to so many places the web page shows them all at once; more are folded up by state."""

ON_ONE_SHEET: Final = 30
"""Up to so many places a card is kept on one sheet of paper."""


@dataclass(frozen=True, slots=True)
class TrialArea:
    """A state or a country: its places, each by all its names, and the town of every one. Names are the registry's English.

    ``name`` is empty for places of which the registry names no country; ``counted`` says how many there are.
    """

    name: str
    counted: str
    places: tuple[str, ...]
    towns: tuple[str, ...]


def areas_of(sites: Sequence[TrialSite], said: Words) -> tuple[TrialArea, ...]:
    """Group sites: the states of the United States first, then the other countries, each by its name, then what has none."""
    grouped: dict[tuple[int, str], list[TrialSite]] = {}
    for site in sites:
        grouped.setdefault(_area(site, said), []).append(site)
    return tuple(
        TrialArea(
            name=name,
            counted=said["counted"].format(area=name or said["other_place"], count=len(grouped[rank, name])),
            places=tuple(sorted({place for site in grouped[rank, name] if (place := _place(site))})),
            towns=tuple(site.city or site.facility for site in grouped[rank, name]),
        )
        for rank, name in sorted(grouped)
    )


def in_short(areas: Sequence[TrialArea], said: Words) -> str:
    """Say in one line where the places are: the towns of a few, the number in each state and country of many."""
    if sum(len(area.towns) for area in areas) <= FEW:
        return "; ".join(_with_towns(area) for area in areas if area.name or any(area.towns))
    named = [area for area in areas if area.name]
    largest = sorted(named, key=lambda area: -len(area.towns))[:MOST_AREAS]
    counted = ", ".join(area.counted for area in named if area in largest)
    left = len(named) - len(largest)
    more = said["more_areas_one"] if left == 1 else said["more_areas"].format(count=left)
    return f"{counted}, {more}" if left else counted


def _with_towns(area: TrialArea) -> str:
    towns = ", ".join(dict.fromkeys(town for town in area.towns if town))
    return f"{area.name}: {towns}" if area.name and towns else area.name or towns


def _area(site: TrialSite, said: Words) -> tuple[int, str]:
    if site.country == HOME and site.state:
        return 0, site.state
    if site.country:
        country: str = said["country"].get(site.country, site.country)
        return 1, country[:1].upper() + country[1:]
    return (1, site.state) if site.state else (2, "")


def _place(site: TrialSite) -> str:
    region = "" if site.country == HOME or site.state == site.city else site.state
    return ", ".join(part for part in (site.facility, site.city, region) if part)

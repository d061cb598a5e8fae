from __future__ import annotations

import pytest

from newsletter.errors import UsageError
from newsletter.sources.trials.places import find_place, miles_between

NEW_YORK = (40.7128, -74.0060)
LOS_ANGELES = (34.0522, -118.2437)
LONDON = (51.5074, -0.1278)
SYDNEY = (-33.8688, 151.2093)


@pytest.mark.parametrize(
    ("here", "there", "miles"),
    [
        (NEW_YORK, NEW_YORK, 0),
        # Great-circle distances as geodesy tables give them, in miles.
        (NEW_YORK, LOS_ANGELES, 2445.6),
        (NEW_YORK, LONDON, 3461.2),
        (LONDON, SYDNEY, 10_560),
        ((0, 0), (0, 180), 12_437),
        ((0, 179.5), (0, -179.5), 69.1),
        ((90, 0), (-90, 0), 12_437),
    ],
)
def test_distances_are_those_of_the_globe(here: tuple[float, float], there: tuple[float, float], miles: float) -> None:
    assert miles_between(*here, *there) == pytest.approx(miles, rel=0.002, abs=0.05)
    assert miles_between(*there, *here) == pytest.approx(miles_between(*here, *there))


@pytest.mark.parametrize("text", ["10001", " 10001 ", "10001-1234", "New York, NY", "new york city,ny", "New  York, ny"])
def test_a_zip_code_and_a_town_are_found(text: str) -> None:
    place = find_place(text)
    assert miles_between(place.lat, place.lon, *NEW_YORK) < 8
    assert "New York" in place.name


@pytest.mark.parametrize("text", ["St. Louis, MO", "saint louis, MO", "ST LOUIS, mo"])
def test_a_saint_is_found_however_it_is_written(text: str) -> None:
    assert find_place(text).name == "Saint Louis, MO"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10991", "There is no place for the ZIP code 10991. The nearest ones: 10990 (Warwick, NY), 10992"),
        ("09001", "There is no place for the ZIP code 09001."),
        ("1000", "is no place that we can find. Write a ZIP code (10001)"),
        ("New York", "is no place that we can find. Write a ZIP code (10001) or a town with its state"),
        ("Paris, XX", "“XX” is no state of the United States."),
        ("Bufalo, NY", "We know no town “Bufalo” in NY. Did you mean Buffalo"),
        ("Zzzzzz, NY", "Is it in another state?"),
        ("\uff11\uff10\uff10\uff10\uff11", "is no place that we can find"),
        ("", "is no place that we can find"),
    ],
)
def test_a_place_that_is_not_there_is_answered_with_near_ones(text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        find_place(text)
    assert said in str(refused.value)

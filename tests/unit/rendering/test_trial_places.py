"""Where a trial takes people: short in a mail, whole on the web page."""

from dataclasses import replace

import pytest

from newsletter.authoring.lock import TrialLock
from newsletter.authoring.trial import Trial, TrialSite
from newsletter.rendering.trial_places import areas_of, in_short
from tests.unit.rendering.drafting import DESIGN, TRIAL, draw, write_issue

SAID = DESIGN.words_in("en")["trial"]
HOME = "United States"
STATES = [f"State {letter}{number}" for letter in "ABCDE" for number in range(10)]


def _in_short(*sites: TrialSite) -> str:
    return in_short(areas_of(sites, SAID), SAID)


def _drawn(sites: tuple[TrialSite, ...]) -> tuple[str, str, str]:
    trial: Trial = replace(TRIAL, sites=sites)
    issue = write_issue(f"## T\n\n::: trial {trial.nct_id}\nWhy.\n:::\n", lock=TrialLock({trial.nct_id: trial}))
    edition = draw(issue)
    return edition.html, edition.text, edition.web


def test_states_stand_before_countries_and_places_without_a_country_last() -> None:
    sites = (
        TrialSite("Somewhere", "Nowhere"),
        TrialSite("A", "Madrid", "", "Spain"),
        TrialSite("B", "Houston", "Texas", HOME),
        TrialSite("C", "Denver", "", HOME),
        TrialSite("D", "Berlin", "Berlin", "Germany"),
        TrialSite("E", "Austin", "Texas", HOME),
    )
    areas = areas_of(sites, SAID)
    assert [area.counted for area in areas] == ["Texas (2)", "Germany (1)", "Spain (1)", "United States (1)", "Elsewhere (1)"]
    assert areas[0].places == ("B, Houston", "E, Austin")
    assert areas[1].places == ("D, Berlin",)


def test_a_few_places_are_named_by_their_towns() -> None:
    texas = [TrialSite("A", town, "Texas", HOME) for town in ("Houston", "Houston", "Austin")]
    assert _in_short(*texas, TrialSite("Clinic", "", "", "Spain"), TrialSite()) == "Texas: Houston, Austin; Spain: Clinic"


@pytest.mark.parametrize(
    ("site", "said"),
    [
        (TrialSite(country="Canada"), "Canada"),
        (TrialSite(city="Toronto"), "Toronto"),
        (TrialSite(state="Ontario"), "Ontario"),
        (TrialSite(country="Atlantis"), "Atlantis"),
        (TrialSite(), ""),
    ],
)
def test_whatever_a_site_lacks_nothing_empty_is_said(site: TrialSite, said: str) -> None:
    assert _in_short(site) == said


def test_many_places_are_counted_by_state() -> None:
    sites = [TrialSite("A", "Town", state, HOME) for state in ("Texas", "Ohio", "Texas") for _ in range(3)]
    assert _in_short(*sites) == "Ohio (3), Texas (6)"


def test_of_very_many_states_a_mail_names_those_with_most_places_and_counts_the_others() -> None:
    sites = [TrialSite("A", "Town", state, HOME) for number, state in enumerate(STATES[:14]) for _ in range(1 + number)]
    said = _in_short(*sites)
    assert said.startswith("State A2 (3), State A3 (4)")
    assert said.endswith("State B3 (14), and 2 more states and countries")
    assert _in_short(*[site for site in sites if site.state != STATES[0]]).endswith(", and 1 more state or country")


def test_a_thousand_places_make_no_mail_longer_than_a_few_do() -> None:
    thousand = tuple(TrialSite(f"Hospital {n}", f"Town {n}", STATES[n % 50], HOME) for n in range(1148))
    html, text, web = _drawn(thousand)
    few_html, few_text, _ = _drawn(thousand[:6])
    assert len(html) - len(few_html) < 300
    assert len(text) - len(few_text) < 300
    assert "1148 places are taking people now:" in html
    assert web.count("<details>") == 50
    assert all(f"<li>Hospital {n}, Town {n}</li>" in web for n in range(1148))


def test_few_places_are_unfolded_on_the_web_page_and_many_are_folded_up() -> None:
    sites = tuple(TrialSite(f"Hospital {n}", f"Town {n}", "Texas", HOME) for n in range(13))
    assert "<details open><summary>Texas (12)</summary>" in _drawn(sites[:12])[2]
    assert "<details><summary>Texas (13)</summary>" in _drawn(sites)[2]


def test_an_area_of_which_no_place_is_named_has_nothing_to_unfold() -> None:
    web = _drawn((TrialSite(country="Italy"),))[2]
    assert '<p class="area">Italy (1)</p>' in web
    assert "<details" not in web


def test_a_place_is_listed_once_and_counted_as_often_as_the_registry_has_it() -> None:
    web = _drawn((TrialSite("Clinic", "Rome", "", "Italy"),) * 2)[2]
    assert "<summary>Italy (2)</summary>" in web
    assert web.count("<li>Clinic, Rome</li>") == 1


def test_countries_have_spanish_names() -> None:
    said = DESIGN.words_in("es")["trial"]
    assert [area.name for area in areas_of([TrialSite(country="Germany"), TrialSite(country="Atlantis")], said)] == [
        "Alemania",
        "Atlantis",
    ]

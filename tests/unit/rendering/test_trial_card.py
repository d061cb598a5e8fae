from dataclasses import replace

import pytest

from newsletter.authoring.lock import TrialLock
from newsletter.authoring.trial import Trial, TrialSite
from newsletter.rendering.trial_card import TrialCard, phone_link, trial_card
from tests.unit.rendering.drafting import DESIGN, TRIAL, draw, write_issue

ENGLISH = DESIGN.words_in("en")
SPANISH = DESIGN.words_in("es")
CARD = "## Trials\n\n::: trial {nct_id}\nWhy we list it.\n:::\n"


def _card(record: Trial | None, *, nct_id: str = "NCT01234567", status: str = "open", title: str = "") -> TrialCard:
    return trial_card(nct_id, title=title, declared_status=status, record=record, words=ENGLISH)


def _sites(count: int, countries: tuple[str, ...]) -> tuple[TrialSite, ...]:
    return tuple(TrialSite(country=countries[n % len(countries)] if countries else "") for n in range(count))


def _facts(card: TrialCard) -> dict[str, str]:
    return {fact.label: fact.value for fact in card.facts}


def test_a_card_says_the_record_in_words() -> None:
    assert _facts(_card(TRIAL)) == {
        "Status": "Open, taking people now",
        "Phase": "Phase 1 (asks if a treatment is safe, and what dose to use); "
        "Phase 2 (asks if a treatment seems to do some good)",
        "Who may join": "Women, from 18 years to 75 years. Other rules apply. The study team decides.",
        "Where": "3 places are taking people now, in Canada and the United States",
        "Led by": "Example Institute",
        "Contact": "+1 212-555-0100 ext 7",
    }


def test_a_card_speaks_spanish() -> None:
    card = trial_card("NCT01234567", title="", declared_status="open", record=TRIAL, words=SPANISH)
    assert _facts(card)["Quién puede participar"].startswith("Mujeres, de 18 años a 75 años.")
    assert "Canadá y Estados Unidos" in _facts(card)["Dónde"]
    assert card.source.endswith("registro del 3 de noviembre de 2026")


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        (("18 Years", ""), "18 years or older"),
        (("", "1 Year"), "1 year or younger"),
        (("", ""), "any age"),
        (("N/A", "soon Years"), "any age"),
    ],
)
def test_ages_are_said_as_people_say_them(ages: tuple[str, str], said: str) -> None:
    record = replace(TRIAL, minimum_age=ages[0], maximum_age=ages[1], sex="ALL")
    assert f"People of any sex, {said}." in _facts(_card(record))["Who may join"]


@pytest.mark.parametrize(
    ("sites", "countries", "said"),
    [
        (0, (), "No place is taking people now"),
        (1, ("Spain",), "1 place is taking people now, in Spain"),
        (1, (), "1 place is taking people now"),
        (2, (), "2 places are taking people now"),
        (9, ("Spain", "Chile", "Italy"), "9 places are taking people now, in Chile, Italy and Spain"),
    ],
)
def test_places_are_counted(sites: int, countries: tuple[str, ...], said: str) -> None:
    assert _facts(_card(replace(TRIAL, sites=_sites(sites, countries))))["Where"] == said


def test_a_record_with_gaps_leaves_its_lines_out() -> None:
    bare = Trial("NCT01234567", "Title", "A_NEW_STATUS")
    facts = _facts(_card(bare))
    assert "Phase" not in facts
    assert "Led by" not in facts
    assert "Contact" not in facts
    assert facts["Status"] == "Not known; please ask the study team"


@pytest.mark.parametrize(("declared", "opens"), [("open", True), ("not_yet", False), ("closed", False), ("odd", False)])
def test_without_a_record_the_editors_status_stands(declared: str, *, opens: bool) -> None:
    card = _card(None, status=declared)
    assert card.open is opens
    assert card.title == "Trial NCT01234567"
    assert len(card.facts) == 1


def test_the_record_wins_over_the_editors_status() -> None:
    assert not _card(replace(TRIAL, status="COMPLETED"), status="open").open


def test_the_editors_title_wins_over_the_records() -> None:
    assert _card(TRIAL, title="Ours").title == "Ours"
    assert _card(TRIAL).title == "A study of medicine A & B"


def test_an_invented_trial_says_so_in_every_medium_and_links_nowhere() -> None:
    nct_id = "NCT09990001"
    lock = TrialLock({nct_id: replace(TRIAL, nct_id=nct_id)})
    edition = draw(write_issue(CARD.format(nct_id=nct_id), lock=lock))
    for page in (edition.html, edition.text, edition.web):
        assert "An invented example." in page
        assert "clinicaltrials.gov/study" not in page


def test_a_real_trial_links_to_its_record_and_its_phone() -> None:
    edition = draw(write_issue(CARD.format(nct_id=TRIAL.nct_id), lock=TrialLock({TRIAL.nct_id: TRIAL})))
    assert "invented" not in edition.html
    assert 'href="https://clinicaltrials.gov/study/NCT01234567"' in edition.html
    assert 'href="tel:+12125550100"' in edition.html
    assert 'href="tel:+12125550100"' in edition.web
    assert "https://clinicaltrials.gov/study/NCT01234567\n" in edition.text
    assert "A study of medicine A &amp; B" in edition.html


@pytest.mark.parametrize(
    ("phone", "link"),
    [
        ("212-555-0100", "tel:2125550100"),
        ("(212) 555-0100 x12", "tel:2125550100"),
        ("+34 600 000 000", "tel:+34600000000"),
        ("ask at the desk", ""),
        ("1234567890123456", ""),
    ],
)
def test_a_phone_number_becomes_a_link_without_its_extension(phone: str, link: str) -> None:
    assert phone_link(phone) == link


def test_no_card_says_that_a_treatment_works() -> None:
    for words in (ENGLISH, SPANISH):
        said = str(words["trial"]).casefold()
        assert "works" not in said
        assert "funciona" not in said
        assert "effective" not in said

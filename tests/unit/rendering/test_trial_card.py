"""What the card of a clinical trial says, and never says."""

import re
from dataclasses import replace

import pytest

from newsletter.authoring.lock import TrialLock
from newsletter.authoring.trial import Trial, TrialContact, TrialSite
from newsletter.rendering.trial_card import TrialCard, trial_card
from tests.unit.rendering.drafting import DESIGN, TRIAL, draw, write_issue

ENGLISH = DESIGN.words_in("en")
SPANISH = DESIGN.words_in("es")
BODY = "It asks if medicine A is safe.\n\n* You are well.\n* You can travel.\n* You can swallow.\n\nA visit every week.\n"
CARD = "## Trials\n\n::: trial {nct_id} {head}\n" + BODY + ":::\n"


def _card(record: Trial | None, *, status: str = "open", title: str = "", language: str = "en") -> TrialCard:
    words = DESIGN.words_in(language)
    return trial_card("NCT01234567", title=title, declared_status=status, record=record, words=words, foreign=language != "en")


def _facts(card: TrialCard) -> dict[str, list[str]]:
    return {fact.label: [line.text for line in fact.lines] for fact in card.facts}


def _drawn(record: Trial, head: str = "", *, language: str = "en") -> tuple[str, str, str]:
    lock = TrialLock({record.nct_id: record})
    edition = draw(write_issue(CARD.format(nct_id=record.nct_id, head=head), lock=lock, language=language))
    return edition.html, edition.text, edition.web


def test_an_open_card_says_the_record_in_words() -> None:
    card = _card(replace(TRIAL, sponsor_class="NIH", collaborators=("Example Foundation",)))
    assert (card.label, card.status) == ("Clinical trial", "Open, taking people now")
    assert card.who == "Women, from 18 years to 75 years."
    assert card.other_rules == "Other rules apply. The study team decides."
    assert _facts(card) == {
        "Phase": [
            "Phase 1: asks if the study medicine is safe, and what dose to use",
            "Phase 2: asks if the study medicine seems to do some good",
        ],
        "Where": ["3 places are taking people now:", "New York: New York, Albany; Canada: Toronto"],
        "How to ask": ["Study Desk", "+1 212-555-0100 ext 7"],
        "Who runs it and pays for it": [
            "Example Institute",
            "The National Institutes of Health, of the U.S. government",
            "With help from: Example Foundation",
        ],
    }


def test_a_card_speaks_spanish_and_marks_what_is_the_registrys_english() -> None:
    card = _card(replace(TRIAL, checked_on="2026-11-21"), language="es")
    assert card.who == "Mujeres, de 18 años a 75 años."
    assert "Canadá: Toronto" in _facts(card)["Dónde"][1]
    assert card.source.endswith("consultado el 21 de noviembre de 2026")
    assert (card.title.text, card.title.foreign) == (TRIAL.brief_title, True)
    assert card.title_note == "(título del registro, en inglés)"
    assert [line.text for fact in card.facts for line in fact.lines if line.foreign] == ["Example Institute"]
    html, _, web = _drawn(TRIAL, language="es")
    assert '<h3 class="h" lang="en"' in html
    assert '<h3 lang="en">' in web
    assert '<ul lang="en">\n<li>Example Clinic, Albany</li>' in web


def test_an_editors_title_wins_and_is_of_the_letters_language() -> None:
    card = _card(TRIAL, title="Nuestro", language="es")
    assert (card.title.text, card.title.foreign, card.title_note) == ("Nuestro", False, "")
    assert "lang=" not in "".join(_drawn(replace(TRIAL, lead_sponsor=""), '"Ours"')).partition("<h3")[2].partition("</h3>")[0]


def test_in_an_english_letter_nothing_is_marked_as_english() -> None:
    card = _card(TRIAL)
    assert not card.title.foreign
    assert not card.title_note
    assert not any(line.foreign for fact in card.facts for line in fact.lines)


def test_the_editors_points_say_who_may_join_and_stand_between_their_other_words() -> None:
    for page in _drawn(TRIAL):
        parts = ["It asks if medicine A is safe.", "Who may join", "You can travel.", "Other rules apply.", "What it involves"]
        places = [page.index(part) for part in [*parts, "A visit every week.", "How to ask"]]
        assert places == sorted(places)
        assert "18 years" not in page


def test_without_points_age_and_sex_of_the_record_say_who_may_join() -> None:
    issue = write_issue(f"## T\n\n::: trial {TRIAL.nct_id}\nWhy we list it.\n:::\n", lock=TrialLock({TRIAL.nct_id: TRIAL}))
    edition = draw(issue)
    for page in (edition.html, edition.text, edition.web):
        assert "Women, from 18 years to 75 years. Other rules apply." in page
        assert "What it involves" not in page


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
    assert _card(replace(TRIAL, minimum_age=ages[0], maximum_age=ages[1], sex="ALL")).who == f"People of any sex, {said}."


def test_not_applicable_is_a_phase_to_say_and_none_given_is_not() -> None:
    assert _facts(_card(replace(TRIAL, phases=("NA",))))["Phase"] == ["Not a study in phases"]
    assert "Phase" not in _facts(_card(replace(TRIAL, phases=())))


def test_a_study_that_only_watches_says_so() -> None:
    facts = _facts(_card(replace(TRIAL, phases=(), study_type="OBSERVATIONAL")))
    assert facts["Kind of study"] == ["It watches how people do. It gives no study medicine."]


@pytest.mark.parametrize(
    ("declared", "registry", "kind"),
    [
        ("open", "RECRUITING", "open"),
        ("open", "NOT_YET_RECRUITING", "not_yet"),
        ("open", "AVAILABLE", "expanded"),
        ("open", "COMPLETED", "closed"),
        ("open", "UNKNOWN", "closed"),
        ("open", "A_NEW_STATUS", "closed"),
        ("not_yet", "RECRUITING", "not_yet"),
        ("not_yet", "AVAILABLE", "closed"),
        ("expanded", "AVAILABLE", "expanded"),
        ("expanded", "RECRUITING", "closed"),
        ("expanded", "NO_LONGER_AVAILABLE", "closed"),
        ("closed", "RECRUITING", "closed"),
        ("closed", "AVAILABLE", "closed"),
        ("odd", "RECRUITING", "closed"),
    ],
)
def test_a_card_never_promises_more_than_editors_and_registry_both_do(declared: str, registry: str, kind: str) -> None:
    assert _card(replace(TRIAL, status=registry), status=declared).kind == kind


def test_a_study_that_is_not_open_yet_says_so_and_names_no_place() -> None:
    card = _card(replace(TRIAL, status="NOT_YET_RECRUITING"), status="not_yet")
    assert card.status == "Not open yet"
    assert card.intro == "Nobody can join now. It may open later, or not at all."
    assert list(_facts(card)) == ["Phase", "Whom to ask when it opens", "Who runs it and pays for it"]


def test_expanded_access_says_what_it_is_and_that_the_doctor_has_to_ask() -> None:
    record = replace(TRIAL, status="AVAILABLE", study_type="EXPANDED_ACCESS", phases=())
    card = _card(record, status="expanded")
    assert card.label == "Expanded access"
    assert "This is not a clinical trial." in card.intro
    assert "Your doctor has to ask for it." in card.intro
    assert list(_facts(card)) == ["Where", "Whom your doctor can ask", "Who runs it and pays for it"]
    assert card.questions != _card(TRIAL).questions


def test_expanded_access_that_ended_is_not_called_a_trial() -> None:
    card = _card(replace(TRIAL, status="NO_LONGER_AVAILABLE"), status="closed")
    assert (card.label, card.status) == ("Expanded access", "Can no longer be asked for")


@pytest.mark.parametrize("registry", ["RECRUITING", "COMPLETED", "TERMINATED", "UNKNOWN", "WITHHELD"])
def test_a_closed_card_names_nobody_to_call_and_no_place_to_go(registry: str) -> None:
    for page in _drawn(replace(TRIAL, status=registry), "status=closed"):
        card = page.partition("Clinical trial")[2].partition("ClinicalTrials.gov")[0]
        assert "212-555-0100" not in card
        assert "Toronto" not in card
        assert "Who may join" not in card
        assert "You can travel." in card


def test_a_closed_card_gives_the_sponsors_own_reason_marked_as_such() -> None:
    record = replace(TRIAL, status="TERMINATED", why_stopped="Slow accrual & no money")
    assert _facts(_card(record, status="closed"))["Why, in the sponsor's own words"] == ["“Slow accrual & no money”"]
    html, text, _ = _drawn(record, '"Nuestro" status=closed', language="es")
    assert '<span lang="en">“Slow accrual &amp; no money”</span>' in html
    assert "Por qué, en palabras del patrocinador (en inglés):\n  “Slow accrual & no money”" in text


def test_a_trial_closed_by_its_editors_alone_says_no_more_than_that() -> None:
    for record in (None, TRIAL):
        assert _card(record, status="closed").status == "Closed to new people"


@pytest.mark.parametrize(("status", "kind"), [("open", "open"), ("not_yet", "not_yet"), ("expanded", "expanded")])
def test_without_a_record_the_editors_status_stands(status: str, kind: str) -> None:
    card = _card(None, status=status)
    assert card.kind == kind
    assert card.title.text == "Trial NCT01234567"
    assert card.source == "Source: ClinicalTrials.gov, NCT01234567"
    assert [fact.helpline for fact in card.facts] == [True]


def test_a_record_with_gaps_leaves_its_lines_out() -> None:
    card = _card(Trial("NCT01234567", "Title", "RECRUITING"))
    assert list(_facts(card)) == ["Where", "How to ask"]
    assert _facts(card)["Where"] == ["No place is taking people now."]
    assert card.who == "People of any sex, any age."


def test_where_nobody_can_be_asked_the_helpline_stands_in() -> None:
    record = replace(TRIAL, contacts=(TrialContact(name="Only A. Name"),))
    html, text, web = _drawn(record)
    for page in (html, web):
        assert 'our helpline:\n<br><a href="tel:+18442757427"' in page
    assert "our helpline:\n  844-ASK-SHARE (844-275-7427)" in text
    assert "Only A. Name" not in html + text + web


def test_two_contacts_are_shown_and_no_third() -> None:
    people = tuple(TrialContact(f"Person {n}", "", "", f"p{n}@example.org") for n in range(3))
    lines = next(fact.lines for fact in _card(replace(TRIAL, contacts=people)).facts if fact.label == "How to ask")
    assert [line.link or line.text for line in lines] == [
        "Person 0",
        "mailto:p0@example.org",
        "Person 1",
        "mailto:p1@example.org",
    ]


@pytest.mark.parametrize(
    "email", ["two@at@example.org", "no domain@example.org", "a@b", 'x"y@example.org', "a,b@example.org", "é@example.org"]
)
def test_an_address_that_is_none_is_shown_and_not_linked(email: str) -> None:
    lines = next(
        fact.lines for fact in _card(replace(TRIAL, contacts=(TrialContact(email=email),))).facts if fact.label == "How to ask"
    )
    assert [(line.text, line.link) for line in lines] == [(email, "")]


def test_of_many_helpers_five_are_named_and_the_others_counted() -> None:
    helpers = tuple(f"Group {n}" for n in range(1, 8))
    lines = _facts(_card(replace(TRIAL, collaborators=helpers)))["Who runs it and pays for it"]
    assert lines[-1] == "With help from: Group 1, Group 2, Group 3, Group 4, Group 5 and 2 more"
    assert _facts(_card(replace(TRIAL, collaborators=helpers[:5])))["Who runs it and pays for it"][-1].endswith(
        "Group 4, Group 5"
    )


@pytest.mark.parametrize("sponsor_class", ["", "UNKNOWN", "AMBIG", "SOMETHING_NEW"])
def test_of_a_class_that_says_nothing_nothing_is_said(sponsor_class: str) -> None:
    assert _facts(_card(replace(TRIAL, sponsor_class=sponsor_class)))["Who runs it and pays for it"] == ["Example Institute"]


def test_the_source_says_when_the_registry_was_asked_and_a_new_number() -> None:
    checked = replace(TRIAL, checked_on="2026-11-21")
    assert _card(checked).source == "Source: ClinicalTrials.gov, NCT01234567, checked on November 21, 2026"
    moved = _card(replace(checked, alias_of="NCT07654321"))
    assert moved.source == "Source: ClinicalTrials.gov, NCT01234567 (now NCT07654321), checked on November 21, 2026"


def test_an_invented_trial_says_so_in_every_medium_and_links_nowhere() -> None:
    for page in _drawn(replace(TRIAL, nct_id="NCT09990001")):
        assert "An invented example." in page
        assert "clinicaltrials.gov/study" not in page


def test_a_real_trial_links_to_its_record_and_its_phone() -> None:
    html, text, web = _drawn(TRIAL)
    for page in (html, web):
        assert "invented" not in page
        assert 'href="https://clinicaltrials.gov/study/NCT01234567"' in page
        assert 'href="tel:+12125550100;ext=7"' in page
    assert "https://clinicaltrials.gov/study/NCT01234567\n" in text
    assert "A study of medicine A &amp; B" in html


def test_the_mail_leads_to_the_same_card_on_the_web_page() -> None:
    html, text, web = _drawn(TRIAL)
    address = "https://letter.example.org/issues/2026-12/en/#trial_NCT01234567"
    assert f'href="{address}"' in html
    assert f"  {address}\n" in text
    assert web.count('id="trial_NCT01234567"') == 1


def test_a_trial_that_an_issue_shows_twice_has_one_anchor() -> None:
    markdown = f"{CARD}\n{CARD}".format(nct_id=TRIAL.nct_id, head='"Ours"')
    assert draw(write_issue(markdown)).web.count('id="trial_NCT01234567"') == 1


def test_no_word_of_ours_says_that_anything_works_or_is_a_treatment() -> None:
    for words, forbidden in (
        (ENGLISH, ("works", "effective", "treatment", "cure")),
        (SPANISH, ("funciona", "eficaz", "tratamiento")),
    ):
        said = str(words["trial"]).casefold()
        assert not [word for word in forbidden if word in said]


def test_a_word_for_one_kind_of_card_stands_in_for_one_that_there_is() -> None:
    for words in (ENGLISH, SPANISH):
        said = words["trial"]
        own = [key for key in said if key.endswith(("_not_yet", "_expanded", "_closed"))]
        assert len(own) > 10
        assert not [key for key in own if re.sub("_(not_yet|expanded|closed)$", "", key) not in said]


def test_whatever_the_registry_has_typed_is_text_and_never_markup() -> None:
    hostile = '<script>alert("1")</script> {{ x }} @@MM:address:@@ & \\u{a0}'
    contact = TrialContact(hostile, f"212-555-0100 {hostile}", hostile, f"a@b.org{hostile}")
    site = TrialSite(hostile, hostile, hostile, hostile)
    record = replace(
        TRIAL, brief_title=hostile, contacts=(contact,), sites=(site,), lead_sponsor=hostile, collaborators=(hostile,)
    )
    for status, text in (("open", "RECRUITING"), ("closed", "TERMINATED")):
        html, plain, web = _drawn(replace(record, status=text, why_stopped=hostile), f"status={status}", language="es")
        for page in (html, web):
            assert "<script" not in page
            assert "&lt;script&gt;" in page
        assert "@@MM:address:@@ &" not in html + plain + web

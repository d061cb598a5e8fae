"""What the page of an old issue says of trials that have closed since it went out."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

import html5lib
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from newsletter.authoring.lock import TrialLock
from newsletter.checking.trials import STATUS_LABELS
from newsletter.checking.written_issue import read_written_issue, trial_cards
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import SlotState, TrialStanding
from newsletter.publishing.slots import move_slot
from newsletter.subscribers.installation import page_design
from tests.contract.publishing.samples import (
    CADENCE,
    ISSUE,
    NOW,
    SLOT_AT,
    TRIAL,
    Files,
    approve_fully,
    make_edition,
    make_issue,
    make_lock,
)

pytestmark = pytest.mark.django_db

OTHER = "NCT09990002"
LATER = SLOT_AT + timedelta(days=64)
PAGE = f"/issues/{ISSUE}/en/"
WEB = f"""<!doctype html>
<html lang="en"><head><style>p{{color:#222}}</style></head><body><main>
<section aria-labelledby="pills"><h2 id="pills">Pills &amp; drops</h2>
<div class="card trial"><h3>A pill, <em>once</em> a day &lt;script&gt;</h3><p>Source: {TRIAL}</p></div>
<div class="card trial"><h3 lang="la">Another</h3><p>Source: {OTHER}</p></div></section></main></body></html>"""


def publish(cards: Mapping[str, str], web: str | None = WEB) -> None:
    """Let an issue go out with these cards."""
    known = make_lock().trials[TRIAL]
    lock = TrialLock(MappingProxyType({nct_id: replace(known, nct_id=nct_id) for nct_id in cards}))
    issues = [replace(make_issue(language, cards=cards), lock=lock) for language in ("en", "es")]
    editions = [make_edition("en"), make_edition("es")]
    files = Files(issues=issues, editions=[replace(one, web=web) for one in editions] if web else editions)
    slot = schedule_issue(ISSUE, SLOT_AT, cadence=CADENCE, person="ada", now=NOW, system_user="tester")
    candidate = approve_fully(files).candidate
    assert move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=candidate)


def registry_says(status: str, nct_id: str = TRIAL, *, since: datetime = LATER, answered_at: datetime = LATER) -> None:
    values = {"status": status, "since": since, "asked_at": answered_at, "answered_at": answered_at}
    TrialStanding.objects.update_or_create(nct_id=nct_id, defaults=values)


def get(client: Client, path: str = PAGE, **headers: str) -> HttpResponse:
    answer = client.get(path, headers=headers)
    assert isinstance(answer, HttpResponse)
    return answer


def box(client: Client, path: str = PAGE) -> str:
    """Give the text of the box above a page; "" where there is none."""
    found = re.search(r"<aside .*</aside>", get(client, path).content.decode(), re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[0])).split()) if found else ""


def test_a_trial_that_closed_is_said_above_the_page_with_its_day_its_number_and_its_title(client: Client) -> None:
    publish({TRIAL: "open"})
    registry_says("ACTIVE_NOT_RECRUITING")
    said = box(client)
    assert f"On February 3, 2027 the registry said that this trial takes nobody new: {TRIAL}, A pill, once a day <script>" in said
    assert "Please ask your care team" in said
    assert settings.NEWSLETTER.newsletter.helpline in said


def test_the_stored_bytes_stand_below_it_as_they_were(client: Client) -> None:
    publish({TRIAL: "open"})
    registry_says("COMPLETED")
    page = get(client).content.decode()
    start, _, rest = page.partition("<aside")
    note, _, rest = rest.partition("</aside>\n")
    assert start + rest == WEB
    assert "&lt;script&gt;" in note
    html5lib.HTMLParser(strict=True).parse(page)


def test_it_leads_to_the_section_of_the_card(client: Client) -> None:
    publish({TRIAL: "open"})
    registry_says("COMPLETED")
    assert '<a href="#pills" lang="en">Pills &amp; drops</a>' in get(client).content.decode()


def test_it_speaks_the_language_of_the_page(client: Client) -> None:
    publish({TRIAL: "open", OTHER: "open"})
    registry_says("TERMINATED")
    registry_says("COMPLETED", OTHER)
    page = get(client, f"/issues/{ISSUE}/es/").content.decode()
    assert '<aside class="box important" lang="es"' in page
    assert "El 3 de febrero de 2027, el registro decía que este estudio se detuvo antes de tiempo" in page
    assert f'{TRIAL}, <span lang="en">A pill' in page
    assert f'{OTHER}, <span lang="la">Another' in page


def test_several_trials_stand_in_one_box(client: Client) -> None:
    publish({TRIAL: "open", OTHER: "not_yet"})
    registry_says("SUSPENDED")
    registry_says("WITHDRAWN", OTHER)
    page = get(client).content.decode()
    assert (page.count("<aside"), page.count("<li>")) == (1, 2)


@pytest.mark.parametrize("status", sorted({*STATUS_LABELS, "absent"} - {"RECRUITING"}))
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_status_has_words_of_its_own(client: Client, status: str, language: str) -> None:
    publish({TRIAL: "open"})
    registry_says(status)
    sentence = page_design().words[language].sections["archive_trials"][status.lower()]
    assert sentence.split("{day}")[1] in box(client, f"/issues/{ISSUE}/{language}/")


@pytest.mark.parametrize(
    ("card", "status", "said"),
    [
        ("open", "RECRUITING", False),
        ("not_yet", "RECRUITING", False),
        ("not_yet", "NOT_YET_RECRUITING", False),
        ("not_yet", "WITHDRAWN", True),
        ("expanded", "AVAILABLE", False),
        ("expanded", "NO_LONGER_AVAILABLE", True),
        ("expanded", "APPROVED_FOR_MARKETING", True),
        ("open", "AVAILABLE", True),
        ("open", "NOT_YET_RECRUITING", True),
        ("open", "UNKNOWN", True),
        ("open", "absent", True),
        ("open", "A_NEW_WORD", False),
        ("closed", "COMPLETED", False),
        ("closed", "absent", False),
    ],
)
def test_only_a_card_that_promised_more_than_is_true_is_spoken_of(client: Client, card: str, status: str, *, said: bool) -> None:
    publish({TRIAL: card})
    registry_says(status)
    assert bool(box(client)) is said


def test_nobody_claims_to_know_what_the_registry_never_said() -> None:
    """Nor that a trial without news is closed, nor that one which is not there was."""
    words = page_design().words["en"].sections["archive_trials"]
    assert "does not know whether" in words["unknown"]
    assert "did not list" in words["absent"]
    assert "nobody new" not in words["unknown"] + words["absent"] + words["withheld"]


def test_before_the_registry_answered_nothing_is_claimed(client: Client) -> None:
    publish({TRIAL: "open"})
    before = get(client)
    assert before.content.decode() == WEB
    TrialStanding.objects.create(nct_id=TRIAL, asked_at=LATER)
    assert get(client).content == before.content


def test_what_it_said_before_the_issue_went_out_is_not_held_against_it(client: Client) -> None:
    publish({TRIAL: "open"})
    registry_says("SUSPENDED", since=NOW, answered_at=SLOT_AT - timedelta(hours=1))
    assert box(client) == ""
    registry_says("SUSPENDED", since=NOW, answered_at=SLOT_AT + timedelta(hours=1))
    assert "On November 20, 2026 the registry said that this trial has stopped taking people for now" in box(client)


def test_a_trial_that_opens_again_is_spoken_of_no_more(client: Client) -> None:
    publish({TRIAL: "open"})
    registry_says("SUSPENDED")
    assert box(client)
    registry_says("RECRUITING", since=LATER + timedelta(days=7), answered_at=LATER + timedelta(days=7))
    assert get(client).content.decode() == WEB


def test_a_page_that_says_something_new_is_another_page_to_a_cache(client: Client) -> None:
    publish({TRIAL: "open"})
    tags = [get(client).headers["ETag"]]
    for status in ("ACTIVE_NOT_RECRUITING", "COMPLETED", "RECRUITING"):
        registry_says(status)
        tags.append(get(client).headers["ETag"])
    assert len(set(tags)) == 3
    assert tags[0] == tags[-1]
    assert get(client, **{"if-none-match": tags[0]}).status_code == 304
    assert get(client, **{"if-none-match": tags[1]}).status_code == 200


def test_the_box_needs_nothing_that_the_page_may_not_do(client: Client) -> None:
    publish({TRIAL: "open"})
    policy = get(client).headers["Content-Security-Policy"]
    registry_says("COMPLETED")
    answer = get(client)
    assert answer.headers["Content-Security-Policy"] == policy
    note = answer.content.decode().partition("<aside")[2].partition("</aside>")[0]
    assert not re.search(r"style=|<script|<style|<img|src=", note)


def test_where_a_page_has_no_such_card_the_title_is_the_registrys(client: Client) -> None:
    publish({TRIAL: "open"}, web=None)
    registry_says("COMPLETED")
    page = get(client).content.decode()
    assert f'{TRIAL}, <span lang="en">A study of something</span></li>' in page


def test_where_cards_are_not_told_apart_no_title_is_taken_for_another(client: Client) -> None:
    cards = f"<h3>A pill</h3><p>{TRIAL}</p><h3>Another</h3>"
    publish({TRIAL: "open"}, web=f'<!doctype html><main><section aria-labelledby="x"><h2 id="x">X</h2>{cards}</section>')
    registry_says("COMPLETED")
    page = get(client).content.decode()
    assert f'{TRIAL}, <span lang="en">A study of something</span><br>In this issue: <a href="#x"' in page


def test_a_page_asks_little_of_the_database_however_many_trials_it_shows(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    publish({f"NCT099900{number:02}": "open" for number in range(1, 12)})
    for number in range(1, 12):
        registry_says("COMPLETED", f"NCT099900{number:02}")
    with django_assert_max_num_queries(6):
        assert get(client).content.decode().count("<li>") == 11


def test_a_card_is_found_on_a_page_as_the_design_draws_it(client: Client) -> None:
    config = settings.NEWSLETTER
    written = read_written_issue("2026-12", sent_on=SLOT_AT.date(), config=config)
    slot = schedule_issue(ISSUE, SLOT_AT, cadence=CADENCE, person="ada", now=NOW, system_user="tester")
    candidate = approve_fully(Files(issues=written.issues, editions=written.editions)).candidate
    assert move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=candidate)
    cards = trial_cards(written.issues)
    for nct_id in cards:
        registry_says("ACTIVE_NOT_RECRUITING", nct_id)
    for edition in written.editions:
        page = get(client, f"/issues/{ISSUE}/{edition.language}/").content.decode()
        note = page.partition("<aside")[2].partition("</aside>")[0]
        assert note.count('<a href="#') == note.count("<li>") == len(cards)
        for anchor in re.findall('<a href="#([^"]+)" lang=', note):
            assert f'id="{anchor}"' in edition.web
        for title in re.findall(r"NCT\d{8}, <span[^>]*>([^<]+)</span>", note):
            assert title in edition.web

"""The Atom feeds of the archive (RFC 4287), one for each language."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import feedparser
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries
from selectolax.lexbor import LexborHTMLParser

from newsletter.publishing.archive_feed import ENTRIES
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import Candidate, SlotState, TrialStanding
from newsletter.publishing.slots import move_slot
from newsletter.rendering.edition import Edition
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
)

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
BASE = settings.NEWSLETTER.web.base_url
LIST_ID = settings.NEWSLETTER.newsletter.list_id
WEEK = timedelta(weeks=1)


def publish(*editions: Edition, issue: str = ISSUE, at: datetime = SLOT_AT, corrects: str = "") -> None:
    """Let an issue go out."""
    editions = editions or (make_edition("en", issue), make_edition("es", issue))
    files = Files(issues=[make_issue(one.language, name=issue) for one in editions], editions=editions)
    candidate = approve_fully(files).candidate
    Candidate.objects.filter(pk=candidate.pk).update(corrects=corrects)
    slot = schedule_issue(issue, at, cadence=CADENCE, person="ada", now=NOW, system_user="tester")
    assert move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=candidate)


def registry_says(status: str, since: datetime, closed_since: datetime | None = None) -> None:
    values = {"status": status, "since": since, "asked_at": since, "answered_at": since, "closed_since": closed_since}
    TrialStanding.objects.update_or_create(nct_id=TRIAL, defaults=values)


def get(client: Client, path: str = "/feed.xml", **headers: str) -> HttpResponse:
    answer = client.get(path, headers=headers)
    assert isinstance(answer, HttpResponse)
    return answer


def parsed(client: Client, path: str = "/feed.xml") -> feedparser.FeedParserDict:
    answer = get(client, path)
    found = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["Content-Type"]})
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    return found


def root(client: Client, path: str = "/feed.xml") -> ET.Element:
    return ET.fromstring(get(client, path).content)  # noqa: S314 - it is our own


def updated(client: Client, issue: str = ISSUE) -> str:
    [entry] = [entry for entry in parsed(client).entries if f"/issues/{issue}/" in entry.link]
    return str(entry.updated)


def test_an_entry_says_title_page_dates_and_preheader(client: Client) -> None:
    publish()
    [entry] = parsed(client).entries
    assert entry.title == "Mets Matters 2026-12 (en)"
    assert entry.link == f"{BASE}/issues/2026-12/en/"
    assert entry.summary == "Biomarkers in plain words"
    assert (entry.published, entry.updated) == ("2026-12-01T15:00:00+00:00",) * 2
    assert entry.id == f"tag:{LIST_ID},2026:issues/2026-12/en"
    assert "content" not in entry, "the letter is a page, which has styles of its own"


def test_the_feed_has_what_the_standard_wants(client: Client) -> None:
    """RFC 4287, section 4.1.1: one id, title and updated; an author; one link to itself; entries with the same."""
    publish()
    publish(issue="2027-02", at=SLOT_AT + 9 * WEEK)
    feed = root(client)
    assert feed.tag == f"{ATOM}feed"
    for element in [feed, *feed.findall(f"{ATOM}entry")]:
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == settings.NEWSLETTER.newsletter.organisation
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {"self": f"{BASE}/feed.xml", "alternate": f"{BASE}/issues/"}
    ids = [element.findtext(f"{ATOM}id") for element in [feed, *feed.findall(f"{ATOM}entry")]]
    assert len(set(ids)) == 3
    assert feed.findtext(f"{ATOM}updated") == "2027-02-02T15:00:00+00:00"


def test_an_entry_has_one_link_to_the_page_in_the_language_of_its_feed(client: Client) -> None:
    """feedparser, and so many a reader, takes the last of several alternates."""
    publish()
    for path, language in (("/feed.xml", "en"), ("/feed.es.xml", "es")):
        [link] = root(client, path).findall(f"{ATOM}entry/{ATOM}link")
        href = f"{BASE}/issues/2026-12/{language}/"
        assert link.attrib == {"rel": "alternate", "type": "text/html", "hreflang": language, "href": href}


def test_each_language_has_an_address_of_its_own_whatever_the_browser_asks_for(client: Client) -> None:
    publish()
    assert get(client, **{"accept-language": "es"}).content == get(client).content
    assert "Accept-Language" not in get(client).headers.get("Vary", "")
    feed = root(client, "/feed.es.xml")
    assert feed.get(LANG) == "es"
    [entry] = parsed(client, "/feed.es.xml").entries
    assert entry.title == "Mets Matters 2026-12 (es)"
    assert entry.id == f"tag:{LIST_ID},2026:issues/2026-12/es"
    assert feed.findtext(f"{ATOM}id") != root(client).findtext(f"{ATOM}id")


def test_the_first_language_has_one_address_only(client: Client) -> None:
    answer = get(client, "/feed.en.xml")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/feed.xml")


@pytest.mark.parametrize("path", ["/feed.fr.xml", "/feed.%00.xml", "/feed.xml/", "/feed.es.xml.gz"])
def test_there_is_no_other_feed(client: Client, path: str) -> None:
    assert get(client, path).status_code == 404


def test_an_issue_that_was_not_written_in_a_language_says_in_which_it_is(client: Client) -> None:
    publish(make_edition("en"), replace(make_edition("es"), written_in="en"))
    [entry] = root(client, "/feed.es.xml").findall(f"{ATOM}entry")
    assert entry.get(LANG) == "en"
    assert [link.get("hreflang") for link in entry.findall(f"{ATOM}link")] == ["en"]
    assert [entry.get(LANG) for entry in root(client).findall(f"{ATOM}entry")] == ["en"]


def test_an_issue_with_no_edition_in_a_language_is_in_its_feed_all_the_same(client: Client) -> None:
    publish(make_edition("en"))
    [entry] = parsed(client, "/feed.es.xml").entries
    assert entry.link == f"{BASE}/issues/2026-12/en/"
    assert entry.id == f"tag:{LIST_ID},2026:issues/2026-12/en"


def test_the_newest_stands_first_and_old_ones_are_left_to_the_archive(client: Client) -> None:
    for number in range(ENTRIES + 2):
        publish(make_edition("en", f"2026-a{number:02}"), issue=f"2026-a{number:02}", at=SLOT_AT + number * WEEK)
    entries = parsed(client).entries
    assert len(entries) == ENTRIES
    assert entries[0].link == f"{BASE}/issues/2026-a{ENTRIES + 1:02}/en/"
    assert entries[-1].link == f"{BASE}/issues/2026-a02/en/"


def test_a_feed_asks_little_of_the_database_however_long_it_is(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        publish(issue=f"2026-a{number}", at=SLOT_AT + number * WEEK)
    with django_assert_max_num_queries(3):
        assert len(parsed(client).entries) == 5


def test_what_was_not_released_is_not_there(client: Client) -> None:
    approve_fully()
    schedule_issue(ISSUE, None, cadence=CADENCE, person="ada", now=NOW, system_user="tester")
    found = parsed(client)
    assert found.entries == []
    assert found.feed.updated == "1970-01-01T00:00:00+00:00"


def test_a_correction_is_an_entry_and_renews_that_of_its_issue(client: Client) -> None:
    publish()
    before = parsed(client).entries[0]
    publish(issue="2026-12-correction", at=SLOT_AT + WEEK, corrects=ISSUE)
    publish(issue="2026-12-correction-2", at=SLOT_AT + 2 * WEEK, corrects="2026-12-correction")
    last, first, about = parsed(client).entries
    assert first.title == "Correction: Mets Matters 2026-12-correction (en)"
    assert (last.updated, first.updated) == ("2026-12-15T15:00:00+00:00", "2026-12-08T15:00:00+00:00")
    assert (about.id, about.published, about.updated) == (before.id, before.published, "2026-12-15T15:00:00+00:00")


def test_a_trial_that_closed_renews_the_entry_and_says_why(client: Client) -> None:
    publish()
    registry_says("RECRUITING", SLOT_AT + WEEK)
    assert updated(client) == "2026-12-01T15:00:00+00:00"
    closed = SLOT_AT + 2 * WEEK
    registry_says("COMPLETED", closed, closed)
    [entry] = parsed(client).entries
    assert entry.updated == "2026-12-15T15:00:00+00:00"
    assert entry.summary == "Biomarkers in plain words · Something has changed since we sent this issue"
    assert TRIAL not in get(client).content.decode()


def test_dates_never_go_back(client: Client) -> None:
    """A client that keeps a date would else never hear that a trial opened again."""
    publish()
    registry_says("SUSPENDED", SLOT_AT + WEEK, SLOT_AT + WEEK)
    registry_says("RECRUITING", SLOT_AT + 2 * WEEK, SLOT_AT + WEEK)
    [entry] = parsed(client).entries
    assert (entry.updated, entry.summary) == ("2026-12-15T15:00:00+00:00", "Biomarkers in plain words")
    assert get(client).headers["Last-Modified"] == "Tue, 15 Dec 2026 15:00:00 GMT"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "Q & A: HER2 < 1+ > \"0\" 'x'",
        "]]> <![CDATA[ x ]]>",
        "&lt;b&gt; &amp;amp; &nbsp;",
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>&a;',
        "Ñandú “uno” 患者会 \U0001f49c",
    ],
)
def test_what_people_wrote_is_text(client: Client, hostile: str) -> None:
    publish(replace(make_edition("en"), title=hostile, preheader=hostile))
    entry = root(client).find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == hostile
    assert entry.findtext(f"{ATOM}summary") == hostile
    assert [one.get("type", "text") for one in entry.iter() if one.tag in {f"{ATOM}title", f"{ATOM}summary"}] == ["text", "text"]
    assert len(parsed(client).entries) == 1


def test_what_xml_cannot_hold_is_left_out(client: Client) -> None:
    publish(replace(make_edition("en"), title="A\x08\x1b[31m\ufffeB", preheader="C\x0cD\uffff"))
    [entry] = parsed(client).entries
    assert (entry.title, entry.summary) == ("A[31mB", "CD")


def test_its_headers_are_those_of_a_public_page_and_of_a_feed(client: Client) -> None:
    publish()
    headers = get(client).headers
    assert headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert headers["Cache-Control"] == "public, max-age=3600"
    assert headers["X-Robots-Tag"] == "all"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Last-Modified"] == "Tue, 01 Dec 2026 15:00:00 GMT"
    assert "Set-Cookie" not in headers


def test_who_has_it_already_gets_no_bytes(client: Client) -> None:
    publish()
    whole = get(client)
    for known in (
        {"if-none-match": whole.headers["ETag"]},
        {"if-modified-since": whole.headers["Last-Modified"]},
        {"if-none-match": whole.headers["ETag"], "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        answer = get(client, **known)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == whole.headers["ETag"]
        assert answer.headers["Cache-Control"] == whole.headers["Cache-Control"]
    publish(issue="2027-02", at=SLOT_AT + 9 * WEEK)
    assert get(client, **{"if-none-match": whole.headers["ETag"]}).status_code == 200
    assert get(client, **{"if-modified-since": whole.headers["Last-Modified"]}).status_code == 200


def test_only_reading_is_possible(client: Client) -> None:
    assert client.post("/feed.xml").status_code == 405
    assert client.head("/feed.xml").status_code == 200


def test_the_list_of_issues_leads_to_the_feeds_that_of_the_reader_first(client: Client) -> None:
    publish()
    for accepted, paths in (("en", ["/feed.xml", "/feed.es.xml"]), ("es", ["/feed.es.xml", "/feed.xml"])):
        page = LexborHTMLParser(get(client, "/issues/", **{"accept-language": accepted}).content.decode())
        found = page.css('head link[rel="alternate"][type="application/atom+xml"]')
        assert [link.attributes["href"] for link in found] == paths
        shown = page.css_first('footer a[type="application/atom+xml"]')
        assert shown is not None
        assert shown.attributes["href"] == paths[0]
        for path in paths:
            assert get(client, path).status_code == 200


def test_a_stored_page_does_not_change_for_it(client: Client) -> None:
    publish()
    assert get(client, f"/issues/{ISSUE}/en/").content.decode() == make_edition("en").web

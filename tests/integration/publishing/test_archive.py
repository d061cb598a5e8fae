from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import Client

from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import Slot, SlotState
from newsletter.publishing.slots import move_slot
from newsletter.rendering.calendar_files import MEDIA_TYPE, CalendarEvent, calendar_file
from newsletter.rendering.edition import Asset
from tests.contract.publishing.samples import (
    CADENCE,
    ISSUE,
    NOW,
    Files,
    approve_fully,
    make_edition,
    make_issue,
    make_varied_edition,
)

pytestmark = pytest.mark.django_db

EN, ES = Files().editions
PAGE = f"/issues/{ISSUE}/en/"
ASSET = f"/assets/{EN.assets[0].name}"


def publish(files: Files | None = None) -> None:
    """Approve, schedule and release an issue."""
    files = files or Files()
    candidate = approve_fully(files).candidate
    slot = schedule_issue(candidate.issue, None, cadence=CADENCE, person="ada", now=NOW, system_user="tester")
    assert move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=candidate)


def get(client: Client, path: str, **headers: str) -> HttpResponse:
    answer = client.get(path, headers=headers)
    assert isinstance(answer, HttpResponse)
    return answer


def test_the_page_is_exactly_the_bytes_that_were_frozen(client: Client) -> None:
    publish(Files().edited(web="<!doctype html><p>Línea\r\n“uno”</p>\n"))
    answer = get(client, PAGE)
    assert answer.status_code == 200
    assert answer.content == "<!doctype html><p>Línea\r\n“uno”</p>\n".encode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Language"] == "en"


def test_only_released_issues_are_public(client: Client) -> None:
    approve_fully()
    schedule_issue(ISSUE, None, cadence=CADENCE, person="ada", now=NOW, system_user="tester")
    for path in [PAGE, f"/issues/{ISSUE}/"]:
        answer = get(client, path)
        assert answer.status_code == 404
        assert "We could not find this page" in answer.content.decode()
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert EN.title not in get(client, "/issues/").content.decode()


def test_what_was_approved_after_an_issue_was_released_does_not_show(client: Client) -> None:
    publish()
    other = Files(
        issues=(make_issue("en", name="2027-02"),), editions=(replace(make_edition("en", issue="2027-02"), title="To come"),)
    )
    approve_fully(other)
    assert "To come" not in get(client, "/issues/").content.decode()
    assert get(client, "/issues/2027-02/en/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/issues/2026-12/fr/", "/issues/1999-12/", "/issues/..%2F/en/", "/assets/nothing.png", "/assets/..%2Fx", "/nowhere"]
)
def test_what_is_not_there_gets_a_kind_page(client: Client, path: str) -> None:
    publish()
    answer = get(client, path)
    assert answer.status_code == 404
    assert "We could not find this page" in answer.content.decode()


def test_an_address_without_a_language_leads_to_the_readers(client: Client) -> None:
    publish()
    for accepted, language in {
        "es-MX,es;q=0.9,en;q=0.8": "es",
        "fr,en;q=0.5": "en",
        "fr": "en",
        "": "en",
        "\x00;;q": "en",
    }.items():
        answer = get(client, f"/issues/{ISSUE}/", **{"accept-language": accepted})
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/issues/{ISSUE}/{language}/"
        assert "Accept-Language" in answer.headers["Vary"]


def test_the_list_shows_the_newest_issue_first_with_its_date_and_languages(client: Client) -> None:
    publish()
    later = Files(issues=(make_issue("en", name="2027-02"),), editions=(make_edition("en", issue="2027-02"),))
    publish(later)
    page = get(client, "/issues/").content.decode()
    assert page.index("2027-02 (en)") < page.index("2026-12 (en)")
    assert "December 1, 2026" in page
    assert f'href="/issues/{ISSUE}/es/" lang="es"' in page
    assert "/issues/2027-02/es/" not in page


def test_the_list_speaks_the_readers_language(client: Client) -> None:
    publish()
    page = get(client, "/issues/", **{"accept-language": "es"}).content.decode()
    assert '<html lang="es">' in page
    assert "1 de diciembre de 2026" in page
    assert "2026-12 (es)" in page
    assert f'href="/issues/{ISSUE}/en/" lang="en"' in page


def test_an_edition_in_another_language_is_not_offered_as_one_of_its_own(client: Client) -> None:
    publish(Files(editions=(EN, replace(ES, written_in="en"))))
    assert "Español" not in get(client, "/issues/").content.decode()
    assert 'lang="en">Mets Matters 2026-12 (es)' in get(client, "/issues/", **{"accept-language": "es"}).content.decode()


def test_an_empty_archive_says_so(client: Client) -> None:
    assert "There is no issue to read here yet" in get(client, "/issues/").content.decode()


def test_the_bare_address_leads_to_the_list(client: Client) -> None:
    answer = get(client, "/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/issues/")


def test_a_picture_is_given_for_ever_as_what_it_is(client: Client) -> None:
    publish()
    answer = get(client, ASSET)
    assert answer.content == EN.assets[0].data
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def calendar(*lines: str) -> Asset:
    text = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""])
    return Asset(f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.ics", "text/calendar", text.encode())


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("SUMMARY:An evening call\\, with nurses", "DTSTART:20261209T010000Z"), "an-evening-call-with-nurses-2026-12-08.ics"),
        (("SUMMARY:Charla en línea", "DTSTART;VALUE=DATE:20261208"), "charla-en-linea-2026-12-08.ics"),
        (('SUMMARY:"; x=y/../', "DTSTART:20261208T120000Z"), "xy-2026-12-08.ics"),
        (("SUMMARY:患者会", "DTSTART:20261208T120000Z"), "event-2026-12-08.ics"),
        (("SUMMARY:" + "long " * 40, "DTSTART:20261208T120000Z"), "-".join(["long"] * 12) + "-2026-12-08.ics"),
        (("SUMMARY:Some day",), "some-day.ics"),
        (("BEGIN:NOTHING",), "event.ics"),
    ],
)
def test_a_calendar_file_is_saved_under_the_name_of_its_event(client: Client, lines: tuple[str, ...], name: str) -> None:
    """On the day that it begins where the newsletter is made: the call is at eight in the evening in New York."""
    invitation = calendar(*lines)
    publish(Files().edited(assets=(invitation,)))
    answer = get(client, f"/assets/{invitation.name}")
    assert answer.content == invitation.data
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_the_file_that_an_event_block_makes_is_saved_so_too(client: Client) -> None:
    start = datetime(2027, 2, 11, 18, tzinfo=ZoneInfo("America/New_York"))
    entry = CalendarEvent("Living room talk: ask a nurse", start, None, "Online", "", "https://x.example/issues/2027-02/", start)
    made = Asset("0123456789abcdef.ics", MEDIA_TYPE, calendar_file(entry))
    publish(Files().edited(assets=(made,)))
    headers = get(client, f"/assets/{made.name}").headers
    assert headers["Content-Disposition"] == 'attachment; filename="living-room-talk-ask-a-nurse-2027-02-11.ics"'


def test_a_picture_is_shown_and_not_saved(client: Client) -> None:
    publish()
    assert "Content-Disposition" not in get(client, ASSET).headers


def test_the_page_of_an_issue_shows_what_is_for_readers_of_every_topic(client: Client) -> None:
    """Which variant a reader gets by mail is no matter here: a page that differed would tell."""
    varied = make_varied_edition("en")
    web = "<!doctype html><p>for tnbc</p><p>for trials</p>"
    publish(Files(editions=(replace(varied, web=web), ES)))
    assert get(client, PAGE).content.decode() == web


def test_who_has_a_page_already_gets_no_bytes_but_the_same_rules(client: Client) -> None:
    publish()
    for path in [PAGE, ASSET]:
        first = get(client, path)
        again = get(client, path, **{"if-none-match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        for name in ["Content-Security-Policy", "Cache-Control", "X-Robots-Tag", "ETag"]:
            assert again.headers[name] == first.headers[name]
        assert get(client, path, **{"if-none-match": '"another"'}).status_code == 200


def test_a_page_may_use_its_own_style_and_our_pictures_and_nothing_else(client: Client) -> None:
    publish()
    policy = get(client, PAGE).headers["Content-Security-Policy"]
    style = base64.b64encode(hashlib.sha256(b"p{color:#222}").digest()).decode()
    assert f"style-src 'sha256-{style}';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy


@pytest.mark.parametrize(("web", "styles"), [("<p style='color:red'>x</p>", "'unsafe-inline'"), ("<p>x</p>", "'none'")])
def test_the_policy_is_as_wide_as_the_page_needs(client: Client, web: str, styles: str) -> None:
    publish(Files().edited(web=web))
    assert f"style-src {styles};" in get(client, PAGE).headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/issues/", f"/issues/{ISSUE}/", PAGE, ASSET])
def test_archive_answers_carry_no_cookie_and_tell_nobody_where_readers_came_from(client: Client, path: str) -> None:
    publish()
    answer = get(client, path)
    assert not answer.cookies
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/issues/", f"/issues/{ISSUE}/", PAGE, ASSET])
def test_search_engines_and_caches_may_keep_the_archive(client: Client, path: str) -> None:
    publish()
    answer = get(client, path)
    assert answer.headers["X-Robots-Tag"] == "all"
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    assert b"noindex" not in answer.content


@pytest.mark.parametrize("path", ["/", "/issues/", f"/issues/{ISSUE}/", PAGE, ASSET])
def test_the_archive_is_only_read(client: Client, path: str) -> None:
    publish()
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == client.get(path).status_code
    assert client.head(path).content == b""


CORRECTION = f"{ISSUE}-correction-1"


def publish_correction(name: str = CORRECTION, *, corrects: str = ISSUE, days: int = 1) -> None:
    files = Files(
        issues=[make_issue(language, name=name) for language in ("en", "es")],
        editions=[replace(make_edition(language, name), title=f"Correction <{language}>") for language in ("en", "es")],
    ).with_issues(corrects=corrects)
    candidate = approve_fully(files).candidate
    at = datetime(2026, 12, 1 + days, 15, tzinfo=ZoneInfo("UTC"))
    Slot.objects.create(at=at, issue=name, state=SlotState.RELEASED, candidate=candidate)


def test_a_corrected_issue_leads_to_its_correction_and_that_one_to_its_issue(client: Client) -> None:
    publish()
    before = get(client, PAGE)
    publish_correction()
    page = get(client, PAGE)
    said = "We corrected something in this issue on December 2, 2026:"
    link = f'<a href="/issues/{CORRECTION}/en/" lang="en">Correction &lt;en&gt;</a>'
    assert f'<main><p class="box important" lang="en">{said} {link}</p>' in page.content.decode()
    assert page.content.decode().replace(f'<p class="box important" lang="en">{said} {link}</p>\n', "") == before.content.decode()
    assert page.headers["ETag"] != before.headers["ETag"]
    spanish = get(client, f"/issues/{CORRECTION}/es/").content.decode()
    assert f'número del 1 de diciembre de 2026: <a href="/issues/{ISSUE}/es/" lang="es">Mets Matters {ISSUE} (es)</a>' in spanish


def test_corrections_are_listed_under_their_issue(client: Client) -> None:
    publish()
    publish_correction()
    publish_correction(f"{CORRECTION}-correction-1", corrects=CORRECTION, days=2)
    page = get(client, "/issues/").content.decode()
    assert page.count("<section>") == 1
    assert (
        page.index(f"/issues/{ISSUE}/en/")
        < page.index(f"/issues/{CORRECTION}/en/")
        < page.index("-correction-1-correction-1/en/")
    )

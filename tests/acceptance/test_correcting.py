"""A mistake that went out, put right: from an editor's file to the readers who got the mistake, and to nobody else."""

from __future__ import annotations

import json
import mailbox
import re
import sqlite3
from email.message import Message
from pathlib import Path

import httpx
import pytest

from tests.acceptance.conftest import Site, newsletters

SAMPLE = Path(__file__).with_name("correction")
CORRECTION = "2026-12-correction-1"
SUBJECTS = {"en": "Correction: when you can call our helpline", "es": "Corrección: a qué hora puede llamarnos"}


def correct(site: Site, *more: str, code: int = 0) -> str:
    return site.run("correct", "2026-12", str(SAMPLE / "helpline.md"), "--as", "ada", *more, code=code)


def approve(site: Site) -> None:
    for person, role in (("ada", "editor"), ("maria", "medical")):
        said = site.run("approve", CORRECTION, "--as", person, "--role", role, "--on", "2026-12-02")
        assert "It goes to those who got 2026-12, which it corrects." in said


def let_its_hour_come(site: Site) -> None:
    with sqlite3.connect(site.folder / "var/database/newsletter.sqlite3") as database:
        database.execute("UPDATE publishing_slot SET at = datetime('now', '-30 seconds') WHERE issue = ?", [CORRECTION])
        database.commit()
    database.close()


def subject_of(message: Message) -> str:
    from email.header import decode_header, make_header  # noqa: PLC0415 - words outside ASCII are encoded

    return str(make_header(decode_header(str(message["Subject"]))))


@pytest.fixture
def got(sent_site: Site) -> list[str]:
    """Give who got the issue."""
    return sorted(str(message["To"]) for message in newsletters(sent_site))


def test_a_correction_reaches_exactly_those_who_got_the_issue(sent_site: Site, got: list[str]) -> None:
    site = sent_site
    said = correct(site)
    assert f"It goes to {len(got)} readers of 2026-12" in said
    folder = site.folder / "issues" / CORRECTION
    assert sorted(file.name for file in folder.iterdir()) == ["clock.png", "issue.es.md", "issue.md"]
    assert "\ncorrects: 2026-12\n---\n" in (folder / "issue.es.md").read_text("utf-8")

    site.run("subscribers", "add", "late@example.org", "--consent", "phone")
    who_left = str(newsletters(site)[0]["To"])
    site.run("subscribers", "end", who_left, "--as", "ada")
    counted = json.loads(site.run("audience", CORRECTION, "--format", "json"))
    assert (counted["corrects"], counted["excluded"]) == ("2026-12", {"ended": 1})

    let_its_hour_come(site)
    assert "not approved by anybody" in site.run("send", CORRECTION, code=3)
    approve(site)
    site.run("send", CORRECTION)
    reached = [message for message in newsletters(site) if subject_of(message) in SUBJECTS.values()]
    assert sorted(str(message["To"]) for message in reached) == [address for address in got if address != who_left]
    assert {subject_of(message) for message in reached} == set(SUBJECTS.values())
    report = json.loads(site.run("report", CORRECTION, "--format", "json"))
    assert report["the_sum"] == f"{len(got)} = {len(got) - 1} accepted + 0 failed + 0 unknown + 1 excluded"
    assert "to those who got 2026-12" in site.run("report", CORRECTION)
    assert f"{CORRECTION} goes to those who got 2026-12" in site.run("status")


def test_the_archive_shows_both_beside_each_other(served: Site) -> None:
    correct(served)
    approve(served)
    let_its_hour_come(served)
    served.run("send", CORRECTION)
    corrected = httpx.get(served.url("/issues/2026-12/en/")).text
    assert f'<a href="/issues/{CORRECTION}/en/" lang="en">Mets Matters, a correction to December 2026</a>' in corrected
    assert '<a href="/issues/2026-12/es/" lang="es">' in httpx.get(served.url(f"/issues/{CORRECTION}/es/")).text


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda text: text.replace("language: en\n", "language: en\ncorrects: 2026-10\n"), 2, "says that it corrects 2026-10"),
        (lambda text: text.replace("::: helpline\n:::\n", "::: helpline\n"), 1, "mistake.md:"),
        (lambda text: text.replace("clock.png", "watch.png"), 1, "there is no picture “watch.png”"),
    ],
)
def test_a_file_with_a_mistake_leaves_nothing_behind(sent_site: Site, change: object, code: int, said: str) -> None:
    assert callable(change)
    file = sent_site.folder / "mistake.md"
    file.write_text(change((SAMPLE / "helpline.md").read_text("utf-8")), "utf-8")
    (sent_site.folder / "clock.png").write_bytes((SAMPLE / "clock.png").read_bytes())
    assert said in sent_site.run("correct", "2026-12", "mistake.md", "--as", "ada", code=code)
    assert [
        path.name for path in (sent_site.folder / "issues").iterdir() if "correction" in path.name or "draft" in path.name
    ] == []
    assert "correction" not in sent_site.run("calendar")


def test_the_same_text_again_makes_no_second_correction(sent_site: Site) -> None:
    correct(sent_site)
    assert f"This is the text of issues/{CORRECTION}" in correct(sent_site, code=3)
    [one] = (sent_site.folder / "issues").glob("*-correction-*")
    assert one.name == CORRECTION


def test_its_hour_leaves_a_day_for_two_approvals_or_is_the_one_that_was_given(sent_site: Site) -> None:
    said = correct(sent_site)
    assert re.search(r"on the calendar for \w{3} \d\d \w{3} \d{4}, 10:00 E[SD]T", said)
    file = sent_site.folder / "other.md"
    file.write_text((SAMPLE / "helpline.md").read_text("utf-8").replace("911", "112"), "utf-8")
    (sent_site.folder / "clock.png").write_bytes((SAMPLE / "clock.png").read_bytes())
    again = sent_site.run("correct", "2026-12", "other.md", "--as", "ada", "--at", "2090-03-04T05:06")
    assert "issues/2026-12-correction-2 corrects 2026-12. It is on the calendar for Sat 04 Mar 2090, 05:06 EST" in again


def test_what_was_not_sent_has_no_correction(site: Site) -> None:
    assert "2026-12 was not sent" in correct(site, code=3)
    assert not list((site.folder / "issues").glob("*-correction-*"))


def test_after_a_send_editors_and_publishers_are_told_the_sum_and_nothing_about_a_reader(sent_site: Site, got: list[str]) -> None:
    told = [message for message in mailbox.Maildir(sent_site.folder / "var/outbox") if not message["List-Unsubscribe"]]
    sums = [message for message in told if str(message["Subject"]) == "Issue 2026-12 was sent"]
    assert sorted(str(message["To"]) for message in sums) == ["ada@metsmatters.example", "sam@metsmatters.example"]
    assert [message for message in sums if f"{len(got)} accepted" not in message.as_string()] == []
    for message in told:
        said = message.as_string().lower()
        assert [address for address in got if address.lower() in said] == []

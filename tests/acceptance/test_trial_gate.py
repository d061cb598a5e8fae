"""A trial that closes between the approval and the slot: nobody is mailed, and each of the three ways goes on."""

from __future__ import annotations

import email
import email.policy
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from newsletter.sources.practice.registry import PracticeRegistry
from tests.acceptance.conftest import REPOSITORY, Site, make_due
from tests.faulty_registry import NO_FAULT, Fault, FaultyRegistry
from tests.integration.delivery.recording_smtp import RecordingSmtp, running

TRIAL, OTHER = "NCT09990001", "NCT09990002"


class Gate:
    """A site that sends by a mail server of ours and asks a registry of ours."""

    def __init__(self, site: Site, smtp: RecordingSmtp, edge: FaultyRegistry) -> None:
        self.site = site
        self.smtp = smtp
        self.edge = edge
        site.environment |= {
            "NEWSLETTER_DELIVERY__TRANSPORT": "smtp",
            "NEWSLETTER_DELIVERY__SMTP__PORT": str(smtp.port),
            "NEWSLETTER_TRIALS__BASE_URL": edge.base_url,
        }

    @property
    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(mail.content, policy=email.policy.default) for mail in list(self.smtp.mails)]

    @property
    def readers_mails(self) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["List-Unsubscribe"]]

    def staff_mail(self, address: str, words: str) -> str:
        """Give the text of the one mail to somebody of the newsletter whose subject has these words."""
        mails = [mail for mail in self.mails if address in str(mail["To"]) and words in str(mail["Subject"])]
        assert len(mails) == 1, [(mail["To"], mail["Subject"]) for mail in self.mails]
        return _text(mails[0])

    def tick_until(self, come: Callable[[], bool]) -> None:
        """Let a scheduler run, which looks at everything when it begins, until something has come about, and a while longer."""
        scheduler = self.site.start("scheduler")
        try:
            end = time.monotonic() + 90
            while not come():
                assert time.monotonic() < end, self.site.run("calendar")
                time.sleep(0.1)
            time.sleep(1)
        finally:
            scheduler.terminate()
            assert scheduler.wait(30) == 0

    def look_up(self, query: str) -> str:
        """Ask the database for one value: a command takes a second to begin."""
        with sqlite3.connect(self.site.folder / "var/database/newsletter.sqlite3") as database:
            found = database.execute(query).fetchone()
        database.close()
        return str(found[0]) if found else ""

    def state(self) -> str:
        return self.look_up("SELECT state FROM publishing_slot")

    def answers(self) -> str:
        return self.look_up("SELECT answer FROM publishing_trialcheck")

    def sent(self) -> bool:
        return self.look_up("SELECT state FROM delivery_send") == "done"

    def told(self, words: str) -> bool:
        """Say whether both who are told got a mail with these words in its subject."""
        return len([mail for mail in self.mails if words in str(mail["Subject"])]) == len(["ada", "sam"])

    def approve(self, *roles: str) -> None:
        for role in roles:
            person = {"editor": "ada", "medical": "maria"}[role]
            self.site.run("approve", "2026-12", "--as", person, "--role", role, "--on", "2026-12-01")

    def everybody_got(self, *shown: str, hidden: str = "nothing of that kind") -> None:
        """See that each reader got one mail, and each of them what was approved: one of ``shown``, by language."""
        accepted = int(self.look_up("SELECT count(*) FROM delivery_delivery WHERE handover = 'accepted'"))
        addresses = [str(mail["To"]) for mail in self.readers_mails]
        assert len(addresses) == len(set(addresses)) == accepted > 0
        texts = [_text(mail) for mail in self.readers_mails]
        assert [text for text in texts if hidden in text or not any(words in text for words in shown)] == []


@pytest.fixture(scope="module")
def once_approved(tmp_path_factory: pytest.TempPathFactory, port: int) -> Path:
    """Take in the sample list and approve the sample issue, which then has a slot."""
    folder = tmp_path_factory.mktemp("approved")
    for name in ("templates", "issues", "subscribers"):
        shutil.copytree(REPOSITORY / name, folder / name)
    shutil.copy2(REPOSITORY / "newsletter.toml", folder / "newsletter.toml")
    site = Site(folder, port)
    site.run("subscribers", "import", "subscribers/sample.csv", "--apply", "--no-ask", code=1)
    site.run("approve", "2026-12", "--as", "ada", "--role", "editor", "--on", "2026-12-01")
    site.run("approve", "2026-12", "--as", "maria", "--role", "medical", "--on", "2026-12-01")
    site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    return folder


@pytest.fixture
def gate(once_approved: Path, tmp_path: Path, port: int) -> Iterator[Gate]:
    shutil.copytree(once_approved, tmp_path / "site")
    practice = PracticeRegistry(REPOSITORY / "issues/practice-trials.json")
    with practice, FaultyRegistry(practice) as edge, running(RecordingSmtp()) as smtp:
        yield Gate(Site(tmp_path / "site", port), smtp, edge)


@pytest.fixture
def stopped(gate: Gate) -> Gate:
    """Let a trial close after the approval, and the slot's hour come."""
    gate.edge.practice.change_status(TRIAL, "ACTIVE_NOT_RECRUITING", why_stopped="Enough people have joined")
    make_due(gate.site)
    gate.tick_until(lambda: gate.state() == "held")
    assert gate.readers_mails == []
    return gate


def test_the_editors_mail_says_which_trial_what_changed_and_the_three_commands(stopped: Gate) -> None:
    stopped.tick_until(lambda: stopped.told("is held"))
    text = stopped.staff_mail("sam@metsmatters.example", "Issue 2026-12 is held and does not go out")
    for said in [
        "Nobody was mailed.",
        f"{TRIAL}, Invented Study: Study Medicine A",
        "What the card tells readers: people can join it now.",
        "“Active, not recruiting”: it goes on, but takes nobody new.",
        "The sponsor's reason: Enough people have joined",
        'the status was "Recruiting", is now "Active, not recruiting".',
        f"newsletter trials close 2026-12 {TRIAL}",
        f"newsletter trials drop 2026-12 {TRIAL}",
        f'newsletter trials override 2026-12 {TRIAL} --answer ACTIVE_NOT_RECRUITING --as sam --because "…"',
    ]:
        assert said in text
    assert OTHER not in text
    assert "trials close" in stopped.site.run("send", "2026-12", code=3)
    assert stopped.readers_mails == []


def test_a_closed_note_is_approved_anew_and_goes_out_by_itself(stopped: Gate) -> None:
    site = stopped.site
    before = {name: (site.folder / f"issues/2026-12/{name}").read_bytes() for name in ("issue.md", "issue.es.md")}
    printed = site.run("trials", "close", "2026-12", TRIAL)
    assert 'the status was "Recruiting", is now "Active, not recruiting".' in printed
    for name, old in before.items():
        head = next(line for line in old.split(b"\n") if line.startswith(f"::: trial {TRIAL}".encode()))
        assert (site.folder / f"issues/2026-12/{name}").read_bytes() == old.replace(head, head + b" status=closed")
    assert stopped.state() == "held"
    stopped.approve("editor", "medical")
    assert stopped.state() == "scheduled"
    stopped.tick_until(stopped.sent)
    stopped.everybody_got("Closed to new people", "Ya no recibe participantes")


def test_without_its_card_the_issue_is_approved_anew_and_goes_out_by_itself(stopped: Gate) -> None:
    stopped.site.run("trials", "drop", "2026-12", TRIAL)
    lock = json.loads((stopped.site.folder / "issues/2026-12/trials.lock.json").read_text("utf-8"))
    assert set(lock["trials"]) == {OTHER}
    stopped.approve("editor")
    assert stopped.state() == "held"
    stopped.approve("medical")
    stopped.tick_until(stopped.sent)
    stopped.everybody_got(OTHER, hidden=TRIAL)


def test_a_named_person_sends_these_bytes_all_the_same(stopped: Gate) -> None:
    because = "The team takes people by phone"
    override = ["trials", "override", "2026-12", TRIAL, "--as", "sam", "--because", because, "--answer"]
    assert "Nothing was decided" in stopped.site.run(*override, "COMPLETED", code=3)
    printed = stopped.site.run(*override, "ACTIVE_NOT_RECRUITING")
    assert "goes on by itself" in printed
    stopped.tick_until(stopped.sent)
    stopped.everybody_got(TRIAL)
    stopped.tick_until(lambda: stopped.told("worth a look"))
    text = stopped.staff_mail("sam@metsmatters.example", "worth a look")
    assert f"because sam decided so: {because}" in " ".join(text.split())


def test_another_answer_than_the_one_decided_about_stops_again(stopped: Gate) -> None:
    stopped.site.run("trials", "override", "2026-12", TRIAL, "--as", "maria", "--because", "Asked the team")
    stopped.edge.practice.change_status(TRIAL, "WITHDRAWN")
    printed = stopped.site.run("send", "2026-12", code=3)
    assert "Withdrawn" in printed
    assert (stopped.state(), stopped.readers_mails) == ("held", [])


def test_it_takes_a_person_who_answers_for_what_readers_are_told(stopped: Gate) -> None:
    settings = stopped.site.folder / "newsletter.toml"
    settings.write_text(settings.read_text("utf-8").replace('["editor", "publisher"]', '["publisher"]'), "utf-8")
    refusal = stopped.site.run("trials", "override", "2026-12", TRIAL, "--as", "ada", "--because", "x", code=3)
    assert "may not decide this" in refusal
    assert stopped.state() == "held"


def test_a_closed_note_that_nobody_approved_yet_keeps_nothing_back_and_says_so(gate: Gate) -> None:
    printed = gate.site.run("trials", "close", "2026-12", TRIAL)
    assert "what was approved before stays on the calendar, for" in printed
    assert 'newsletter hold 2026-12 --because "…" --as PERSON' in printed
    assert "goes out by itself" not in printed


def test_a_registry_that_turns_us_away_is_waited_for_and_then_the_issue_goes_out(gate: Gate) -> None:
    gate.edge.plan = lambda _: Fault(status=403, media_type="text/html", body=b"<h1>Access denied</h1>")
    make_due(gate.site)
    gate.tick_until(lambda: gate.answers() == "could not check")
    asked_at = gate.look_up("SELECT max(asked_at) FROM publishing_trialcheck")
    began = time.monotonic()
    gate.tick_until(lambda: time.monotonic() > began + 6)
    assert gate.look_up("SELECT max(asked_at) FROM publishing_trialcheck") == asked_at, "a new scheduler knows when it was asked"
    assert (gate.state(), gate.readers_mails) == ("scheduled", [])
    assert f"an answer of the registry about {TRIAL}" in gate.site.run("calendar")
    gate.edge.plan = lambda _: NO_FAULT
    an_asking_ago(gate.site, minutes=11)
    gate.tick_until(gate.sent)
    gate.everybody_got(TRIAL)


def test_what_nobody_could_check_can_be_answered_for_as_well(gate: Gate) -> None:
    gate.edge.plan = lambda _: Fault(status=403, media_type="text/html", body=b"<h1>Access denied</h1>")
    make_due(gate.site)
    assert "newsletter serve" in gate.site.run("send", "2026-12", code=3)
    for trial in (TRIAL, OTHER):
        gate.site.run("trials", "override", "2026-12", trial, "--as", "maria", "--because", "Called the study team today")
    gate.tick_until(gate.sent)
    gate.everybody_got(TRIAL)


def an_asking_ago(site: Site, *, minutes: int) -> None:
    """Let the last asking, and the slot's hour before it, be so long ago."""
    with sqlite3.connect(site.folder / "var/database/newsletter.sqlite3") as database:
        for table, column in (("publishing_slot", "at"), ("publishing_trialcheck", "asked_at")):
            database.execute(f"UPDATE {table} SET {column} = datetime({column}, '-{minutes} minutes')")  # noqa: S608
        database.commit()
    database.close()


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())

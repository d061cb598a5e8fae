"""A review without a terminal, as a nurse does it: a mail, a link, a button; and what the editors hear of it."""

from __future__ import annotations

import json
import mailbox
import re
import time
from collections.abc import Iterator
from email.message import Message

import httpx
import pytest

from tests.acceptance.conftest import Site


@pytest.fixture
def served(site: Site) -> Iterator[Site]:
    """Run `newsletter serve` in a site that has sent nothing yet."""
    with (site.folder / "serve.log").open("wb") as log:
        process = site.start("serve", log=log)
        try:
            site.wait_for_pages()
            yield site
        finally:
            process.terminate()
            assert process.wait(30) == 0


def mails(site: Site, subject: str) -> list[Message]:
    messages = mailbox.Maildir(site.folder / "var/outbox", create=False)
    return [message for message in messages if re.search(subject, str(message["Subject"]))]


def wait_for_mails(site: Site, subject: str, count: int) -> list[Message]:
    for _ in range(150):
        found = mails(site, subject)
        if len(found) >= count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"no {count} mails about “{subject}” within 15 seconds")


def text_of(message: Message) -> str:
    part = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def link_in(message: Message) -> str:
    [link] = re.findall(r"https?://\S+/review/\S+", text_of(message))
    return str(link)


def press(link: str, answer: str, **fields: str) -> httpx.Response:
    page = httpx.get(link).text
    [candidate] = set(re.findall(r'name="candidate" value="([0-9a-f]+)"', page))
    return httpx.post(link, data={"answer": answer, "candidate": candidate, "read": "yes", **fields}, follow_redirects=True)


def ask(site: Site) -> str:
    before = {str(message["Message-ID"]) for message in mails(site, "ready for your review")} if mail_folder(site) else set()
    site.run("request-review", "2026-12", "--from", "ada", "--on", "2026-12-01")
    [new] = [message for message in mails(site, "ready for your review") if str(message["Message-ID"]) not in before]
    return link_in(new)


def mail_folder(site: Site) -> bool:
    return (site.folder / "var/outbox/new").exists()


def test_a_nurse_asks_for_changes_and_then_approves_and_the_issue_goes_out(served: Site) -> None:
    site = served
    site.run("approve", "2026-12", "--as", "ada", "--role", "editor", "--on", "2026-12-01")
    site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    assert "the approval by the medical reviewer" in site.run("calendar")

    first = ask(site)
    answered = press(first, "changes", **{"section-0": "en:biomarkers", "note-0": "The dose is wrong."})
    assert "your notes are with the editors" in answered.text
    for message in wait_for_mails(site, "asks for changes", 2):
        assert message["Auto-Submitted"] == "auto-generated"
        assert "Know your tumor's biomarkers (English)\n\n    The dose is wrong." in text_of(message)
        assert "newsletter request-review 2026-12" in text_of(message)
    assert "Maria Example, the medical reviewer, asked for changes" in site.run("calendar")
    assert "stands in the way" in site.run("reviews", "2026-12")

    file = site.folder / "issues/2026-12/issue.md"
    file.write_text(file.read_text("utf-8").replace("A lab report can feel", "Any lab report can feel", 1), "utf-8")
    second = ask(site)
    assert "your notes are with the editors" in httpx.get(first).text
    page = httpx.get(second).text
    assert "<ins><mark>Any </mark>lab report can feel" in page
    assert "The dose is wrong." in page
    assert "you approved issue 2026-12" in press(second, "approve").text
    assert len(wait_for_mails(site, "Maria Example approved it", 2)) == 2
    site.run("approve", "2026-12", "--as", "sam", "--role", "editor", "--on", "2026-12-01")
    [slot] = [entry for entry in json.loads(site.run("calendar", "--format", "json")) if entry["issue"]]
    assert (slot["state"], slot["reason"]) == ("scheduled", "")

    record = json.loads(site.run("reviews", "2026-12", "--format", "json"))
    assert [request["state"] for request in record["requests"]] == ["approved", "changes"]
    assert {approval["person"] for approval in record["approvals"]} == {"maria", "sam"}
    assert [note["stands"] for note in record["notes"]] == [False]
    _nothing_is_told(site, [first, second])


def _nothing_is_told(site: Site, links: list[str]) -> None:
    """No token and no address stands in the database's files, in the log or in the names of the outbox."""
    names = " ".join(path.name for path in (site.folder / "var/outbox").rglob("*"))
    log = (site.folder / "serve.log").read_text("utf-8")
    stored = b"".join(file.read_bytes() for file in (site.folder / "var/database").iterdir())
    for link in links:
        token = link.rpartition("/")[2]
        assert token not in names + log
        assert token.encode() not in stored
    for who in ("maria", "ada", "sam"):
        assert f"{who}@metsmatters" not in names + log
        assert f"{who}@metsmatters".encode() not in stored


def test_no_command_prints_a_token(site: Site) -> None:
    printed = site.run("request-review", "2026-12", "--on", "2026-12-01")
    token = link_in(mails(site, "ready for your review")[0]).rpartition("/")[2]
    assert "The mail with the link is" in printed
    assert token not in printed + site.run("reviews", "2026-12") + site.run("reviews", "2026-12", "--format", "json")


def test_rejecting_from_the_command_line_does_the_same(approved_site: Site) -> None:
    site = approved_site
    site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    printed = site.run("reject", "2026-12", "--as", "maria", "--note", "Too long", "--section", "How each test works")
    assert "Maria Example's approval is withdrawn." in printed
    assert len(mails(site, "asks for changes")) == 2
    assert "asked for changes" in site.run("calendar")
    again = site.run("approve", "2026-12", "--as", "maria", "--role", "medical", "--on", "2026-12-01")
    assert "Both approvals stand" in again


def test_what_makes_no_sense_is_said_and_changes_nothing(site: Site) -> None:
    assert "Nobody is called “nobody”" in site.run("request-review", "2026-12", "--to", "nobody", code=2)
    assert "nothing to object to" in site.run("reject", "2026-12", "--as", "maria", "--note", "x", code=3)
    site.run("request-review", "2026-12", "--to", "sam", "--days", "3", "--on", "2026-12-01")
    assert "There is no section “nowhere”" in site.run(
        "reject", "2026-12", "--as", "maria", "--note", "x", "--section", "nowhere", code=2
    )
    assert "Say what is to be changed" in site.run("reject", "2026-12", "--as", "maria", "--note", " ", code=2)
    assert "nobody" not in site.run("reviews", "2026-12")


def test_an_issue_with_errors_is_mailed_to_nobody(site: Site) -> None:
    file = site.folder / "issues/2026-12/issue.md"
    file.write_text(file.read_text("utf-8") + "\nOr call 866-891-2392.\n", "utf-8")
    assert "was asked to review" in site.run("request-review", "2026-12", "--on", "2026-12-01", code=3)
    assert not mail_folder(site)
    assert "Nobody has looked at 2026-12 yet" in site.run("reviews", "2026-12")


def test_where_the_mail_server_is_away_the_link_waits(site: Site) -> None:
    site.environment |= {"NEWSLETTER_DELIVERY__TRANSPORT": "smtp", "NEWSLETTER_DELIVERY__SMTP__PORT": "9"}
    printed = site.run("request-review", "2026-12", "--on", "2026-12-01", code=1)
    assert "The mail waits" in printed
    assert "No connection to the mail server" in printed
    assert json.loads(site.run("reviews", "2026-12", "--format", "json"))["requests"][0]["mail"] == "queued"

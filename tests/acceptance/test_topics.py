"""What an issue says to readers of a topic alone, from the editor's `for` block to each reader's mail."""

from __future__ import annotations

import csv
import email
import email.policy
import json
import re
from pathlib import Path

import pytest

from tests.acceptance.conftest import Site, make_due

SENTENCE = "Only readers of one topic see quinces."


@pytest.fixture
def site_with_topics(site: Site) -> Site:
    """Give the sample issue a `for` block in both languages."""
    for name in ("issue.md", "issue.es.md"):
        file = site.folder / "issues/2026-12" / name
        file.write_text(f"{file.read_text('utf-8')}\n::: for topic=tnbc\n{SENTENCE}\n:::\n", "utf-8")
    return site


def shown(message: Path) -> tuple[str, str]:
    """Give whom a mail is to, and the words of its text part."""
    mail = email.message_from_bytes(message.read_bytes(), policy=email.policy.default)
    text = mail.get_body(("plain",))
    assert text is not None
    return str(mail["To"]), " ".join(text.get_content().split())


def as_mailed(address: str) -> str:
    """Write an address of the list as a mail's header has it."""
    name, _, domain = address.strip().lower().rpartition("@")
    return f"{name}@{domain.encode('idna').decode()}"


def test_build_writes_the_mail_of_every_choice_and_takes_away_those_of_an_earlier_issue(site_with_topics: Site) -> None:
    site = site_with_topics
    site.run("build", "2026-12", "--out", "built")
    folder = site.folder / "built/en"
    assert {file.name for file in folder.glob("email*")} == {"email.html", "email.txt", "email.none.html", "email.none.txt"}
    assert [SENTENCE in (folder / name).read_text("utf-8") for name in ("email.html", "email.none.html", "web.html")] == [
        True,
        False,
        True,
    ]
    edition = json.loads((site.folder / "built/build.json").read_text())["editions"]["en"]
    assert edition["topics"] == ["tnbc"]
    assert edition["bytes"]["email.none.html"] < edition["bytes"]["email.html"]
    file = site.folder / "issues/2026-12/issue.md"
    file.write_text(re.sub(r"::: for [^:]*:::\n", "", file.read_text("utf-8")), "utf-8")
    site.run("build", "2026-12", "--out", "built")
    assert not list(folder.glob("email.none.*"))


@pytest.mark.parametrize(("options", "seen"), [([], True), (["--topics", "none"], False), (["--topics", "tnbc"], True)])
def test_a_test_mail_says_all_or_what_readers_of_some_topics_get(
    site_with_topics: Site, options: list[str], *, seen: bool
) -> None:
    site_with_topics.run("test-send", "2026-12", "--to", "me@example.org", *options)
    mails = [shown(file) for file in (site_with_topics.folder / "var/outbox/new").iterdir()]
    assert [SENTENCE in text for _, text in mails] == [seen, seen]


def test_a_test_mail_for_a_topic_that_changes_nothing_is_refused(site_with_topics: Site) -> None:
    refusal = site_with_topics.run("test-send", "2026-12", "--to", "me@example.org", "--topics", "tnbc,trials", code=2)
    assert "no part for readers who chose trials. It has parts for: tnbc." in refusal
    assert not (site_with_topics.folder / "var/outbox/new").exists()


def test_each_reader_gets_the_mail_for_the_topics_of_the_list(site_with_topics: Site) -> None:
    site = site_with_topics
    site.run("subscribers", "import", "subscribers/sample.csv", "--apply", "--no-ask", code=1)
    site.run("approve", "2026-12", "--as", "ada", "--role", "editor", "--on", "2026-12-01")
    site.run("approve", "2026-12", "--as", "maria", "--role", "medical", "--on", "2026-12-01")
    site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    make_due(site)
    log = site.run("send", "2026-12")
    with (site.folder / "subscribers/sample.csv").open(newline="", encoding="utf-8") as file:
        chose = {as_mailed(row["email"]): "tnbc" in re.split(r"[^a-z0-9]+", row["topics"]) for row in csv.DictReader(file)}
    outbox = (site.folder / "var/outbox/new").iterdir()
    mails = dict(shown(file) for file in outbox if b"List-Unsubscribe" in file.read_bytes())
    assert len(mails) > 100
    assert sum(SENTENCE in text for text in mails.values()) > 5
    assert {address for address, text in mails.items() if (SENTENCE in text) != chose[address.lower()]} == set()
    assert "tnbc" not in log

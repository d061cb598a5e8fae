"""Bounces and unknown deliveries, by the command line alone."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

from tests.acceptance.conftest import Site, newsletters


def keys_of(site: Site) -> list[str]:
    """Give the left halves of the Message-IDs that readers got."""
    return [found[1] for mail in newsletters(site) if (found := re.match(r"<([0-9a-f]{32})@", mail["Message-ID"]))]


def lose_sight_of(site: Site, keys: list[str]) -> None:
    """Let a process have died with these mails on the wire: no command does that on purpose."""
    with sqlite3.connect(site.folder / "var/database/newsletter.sqlite3") as database:
        database.executemany(
            "UPDATE delivery_delivery SET handover = 'unknown', handed_over_at = NULL WHERE key = ?", [(key,) for key in keys]
        )
        database.commit()
    database.close()


def bounce(key: str) -> str:
    return (
        f"From: MAILER-DAEMON@mail.example.org\nTo: b@metsmatters.example\nDelivered-To: bounces+{key}@metsmatters.example\n"
        "Subject: Undelivered Mail Returned to Sender\nDate: Tue, 01 Dec 2026 10:00:07 -0500\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nI'm sorry.\n\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.org\n\n"
        "Final-Recipient: rfc822; somebody@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1\n\n"
        "--b--\n"
    )


def test_a_bounce_in_the_maildir_ends_its_reader_and_is_counted(sent_site: Site) -> None:
    maildir = sent_site.folder / "var/bounces"
    for name in ("new", "cur", "tmp"):
        (maildir / name).mkdir(parents=True)
    sent_site.environment |= {
        "NEWSLETTER_DELIVERY__BOUNCES__ADDRESS": "bounces@metsmatters.example",
        "NEWSLETTER_DELIVERY__BOUNCES__MAILDIR": "var/bounces",
    }
    assert "Nothing came back" in sent_site.run("bounces")
    (maildir / "new/1.mail").write_text(bounce(keys_of(sent_site)[0]))
    (maildir / "new/2.mail").write_text("From: ana@example.org\nSubject: Thank you\n\nfor the letter\n")
    printed = sent_site.run("bounces", "pull")
    assert "1 report taken (1 hard)" in printed
    assert "1 mail left for people" in printed
    assert "0 reports taken" in sent_site.run("bounces", "pull")
    assert json.loads(sent_site.run("bounces", "--format", "json")) == [
        {"issue": "2026-12", "kind": "hard", "status": "5.1.1", "mails": 1}
    ]
    assert json.loads(sent_site.run("report", "2026-12", "--format", "json"))["outcomes"]["bounced"] == 1


def test_without_a_mailbox_pulling_says_what_to_set(site: Site) -> None:
    assert "[delivery.bounces]" in site.run("bounces", "pull", code=3)


def test_unknown_deliveries_are_settled_by_a_log_and_by_a_word(sent_site: Site) -> None:
    logged, remembered, *_ = keys = keys_of(sent_site)
    lose_sight_of(sent_site, keys[:2])
    log = Path(sent_site.folder / "mail.log")
    log.write_text(
        f"2026-12-01T15:00:01+00:00 mail postfix/cleanup[1]: 4XyZ12: message-id=<{logged}@metsmatters.example>\n"
        "2026-12-01T15:00:01+00:00 mail postfix/qmgr[2]: 4XyZ12: from=<b@metsmatters.example>, size=6012, nrcpt=1\n"
    )
    printed = sent_site.run("reconcile", "2026-12", "--as", "ada", "--mail-log", "mail.log", code=1)
    assert "mail log" in printed
    assert f"  {remembered}" in printed
    assert "--not-in-log requeue" in printed
    assert logged not in printed
    sent_site.run("reconcile", "2026-12", "--as", "ada", "--never-left", remembered, code=2)  # how do you know?
    sent_site.run("reconcile", "2026-12", "--as", "nobody", code=2)
    arguments = ("--never-left", remembered, "--note", "its process had no connection", "--format", "json")
    done = json.loads(sent_site.run("reconcile", "2026-12", "--as", "ada", *arguments))
    assert done["settled"] == [{"by": "person", "verdict": "never left", "mails": 1}]
    assert done["unknown"] == []
    sent_site.run("send", "2026-12")
    report = json.loads(sent_site.run("report", "2026-12", "--format", "json"))
    assert report["sum_holds"]
    assert report["status"]["handovers"]["unknown"] == 0
    assert len(keys_of(sent_site)) == len(keys), "in the outbox it is the same file"
    assert "Nothing is unknown any more." in sent_site.run("reconcile", "2026-12", "--as", "ada")


def test_what_makes_no_sense_together_is_refused(sent_site: Site) -> None:
    for arguments in (
        ("--not-in-log", "requeue"),
        ("--mail-log", "nowhere.log"),
        ("--taken", "0" * 32, "--note", "I was told"),
    ):
        lose_sight_of(sent_site, keys_of(sent_site)[:1])
        sent_site.run("reconcile", "2026-12", "--as", "ada", *arguments, code=2)
    sent_site.run("reconcile", "2026-10", "--as", "ada", code=3)

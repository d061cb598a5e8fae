"""`newsletter demo`, judged from outside: by the list as a spreadsheet shows it and by the mails in the outbox."""

from __future__ import annotations

import csv
import json
import mailbox
import re
import subprocess
from collections import Counter
from email.utils import parseaddr
from pathlib import Path

from tests.acceptance.conftest import NEWSLETTER, REPOSITORY, Site


def _active_addresses() -> set[str]:
    """Read the sample list as a person would: who is active on 1 December 2026, each person once."""
    people: set[str] = set()
    with (REPOSITORY / "subscribers/sample.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            address, consent = row["email"].strip(), row["consent_date"]
            paused = row["status"] == "snoozed" and row["snoozed_until"] > "2026-12-01"
            if re.fullmatch(r"[^@\s,;]+@[^@\s,;]+", address) and consent and row["status"] != "ended" and not paused:
                people.add(_as_in_a_header(address))
    return people


def _as_in_a_header(address: str) -> str:
    """Write the domain as mail servers do (IDNA), and all in small letters."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


def _sent(folder: Path) -> Counter[str]:
    messages = mailbox.Maildir(folder / "var/demo/var/outbox", create=False)
    return Counter(parseaddr(str(message["To"]))[1].lower() for message in messages)


def test_the_demo_mails_every_active_reader_once_and_nobody_else_twice_in_a_row(tmp_path: Path, site: Site) -> None:
    for _ in range(2):
        done = subprocess.run(
            [NEWSLETTER, "demo"], cwd=tmp_path, env=site.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "0 connections left this machine" in done.stdout
        assert "the sum holds" in done.stdout
        sent = _sent(tmp_path)
        assert set(sent.values()) == {1}
        assert set(sent) == _active_addresses()


def test_the_demo_leaves_a_folder_that_it_did_not_make_alone(site: Site) -> None:
    mine = site.folder / "var/demo/mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("keep me", "utf-8")
    assert "left alone" in site.run("demo", code=3)
    assert mine.read_text("utf-8") == "keep me"


def test_the_report_of_the_demo_can_be_read_again(site: Site) -> None:
    site.run("demo")
    site.environment["NEWSLETTER_HOME"] = str(site.folder / "var/demo")
    report = json.loads(site.run("report", "2026-12", "--format", "json"))
    assert report["sum_holds"] is True
    assert report["status"]["frozen"] == sum(report["status"]["handovers"].values())

"""Keys, files, disks and dates, looked at without changing any of them."""

from __future__ import annotations

import ipaddress
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.keys import load_key_ring
from newsletter.project.examining.bounce_mailbox import examine_maildir
from newsletter.project.examining.diagnosis import CHECKS, Diagnosis, Verdict, ok
from newsletter.project.examining.key_ring import examine_key_ring
from newsletter.project.examining.spf_coverage import allows
from newsletter.project.examining.storage import examine_outbox, examine_place, examine_room, kind_of_mount, sqlite_file
from newsletter.project.examining.timing import examine_calendar, examine_clock_against, examine_clock_of_database
from newsletter.project.examining.tls import examine_certificate
from tests.project_config import config_with

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SQLITE: dict[str, object] = {"database.url": "sqlite:///var/database/newsletter.sqlite3"}


def test_looking_for_keys_makes_none(tmp_path: Path) -> None:
    config = config_with(home=tmp_path)
    assert examine_key_ring(config, stored=False, now=NOW).verdict is Verdict.SKIPPED
    assert examine_key_ring(config, stored=True, now=NOW).verdict is Verdict.PROBLEM
    assert [*tmp_path.iterdir()] == []


def test_keys_that_others_can_read_or_replace_are_a_problem(tmp_path: Path) -> None:
    config = config_with(home=tmp_path)
    load_key_ring(config)
    now = datetime.now(UTC)
    assert examine_key_ring(config, stored=True, now=now).verdict is Verdict.OK
    (tmp_path / "var").chmod(0o777)
    assert "replace the keys" in examine_key_ring(config, stored=True, now=now).said
    (tmp_path / "var/keys.json").chmod(0o644)
    assert "chmod 600" in examine_key_ring(config, stored=True, now=now).said
    (tmp_path / "var/keys.json").chmod(0o600)
    (tmp_path / "var").chmod(0o700)
    assert examine_key_ring(config, stored=True, now=now + timedelta(days=800)).verdict is Verdict.WARNING


def test_what_is_said_of_keys_holds_none(tmp_path: Path) -> None:
    config = config_with(home=tmp_path)
    ring = load_key_ring(config)
    assert ring.django not in str(examine_key_ring(config, stored=True, now=NOW))


def test_a_database_that_others_can_read_is_a_problem(tmp_path: Path) -> None:
    config = config_with(SQLITE, home=tmp_path)
    assert examine_place(config).verdict is Verdict.SKIPPED
    file = sqlite_file(config)
    assert file is not None
    file.parent.mkdir(parents=True)
    sqlite3.connect(file).close()
    file.touch(0o600)
    file.chmod(0o600)
    assert examine_place(config).verdict is Verdict.OK
    file.chmod(0o640)
    assert examine_place(config).verdict is Verdict.PROBLEM


def test_the_kind_of_a_file_system_is_read_from_the_mounts() -> None:
    lines = [
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
        "40 22 0:52 / /mnt/share rw,relatime - nfs4 server:/share rw,vers=4.2",
        "nonsense",
    ]
    assert [kind_of_mount(lines, device) for device in ("8:1", "0:52", "9:9")] == ["ext4", "nfs4", ""]


def test_room_is_wanted_for_the_whole_list(tmp_path: Path) -> None:
    config = config_with(SQLITE, home=tmp_path)
    assert examine_room(config, readers=1).verdict is Verdict.OK
    too_many = examine_room(config, readers=10**12)
    assert too_many.verdict is Verdict.WARNING
    assert "df -h" in too_many.mend[0]


def test_an_outbox_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where a folder should be")
    assert examine_outbox(config_with(home=tmp_path)).verdict is Verdict.PROBLEM


def test_looking_at_the_outbox_makes_none(tmp_path: Path) -> None:
    assert examine_outbox(config_with(home=tmp_path)).verdict is Verdict.OK
    assert [*tmp_path.iterdir()] == []


def test_the_next_dates_are_said_in_both_zones_and_follow_the_clocks() -> None:
    said = examine_calendar(config_with(), now=NOW).said
    assert "Tue 01 Dec 2026, 10:00 EST (15:00 UTC)" in said
    assert "Tue 06 Apr 2027, 10:00 EDT (14:00 UTC)" in said


@pytest.mark.parametrize("change", [{"cadence.timezone": "America/Newyork"}, {"cadence.day": "first tuesday"}])
def test_a_cadence_without_sense_is_a_problem(change: dict[str, object]) -> None:
    assert examine_calendar(config_with(change), now=NOW).verdict is Verdict.PROBLEM


@pytest.mark.parametrize(
    ("date", "verdict"),
    [
        ("Sun, 22 Nov 2026 12:00:01 GMT", Verdict.OK),
        ("Sun, 22 Nov 2026 12:00:30 GMT", Verdict.WARNING),
        ("Sun, 22 Nov 2026 11:59:30 GMT", Verdict.WARNING),
        ("Sun, 22 Nov 2026 13:00:00 GMT", Verdict.PROBLEM),
        ("Sun, 22 Nov 2026 12:00:00 -0000", Verdict.SKIPPED),
        ("yesterday", Verdict.SKIPPED),
        (None, Verdict.SKIPPED),
    ],
)
def test_a_date_header_of_whole_seconds_is_not_taken_for_more(date: str | None, verdict: Verdict) -> None:
    assert examine_clock_against(date, asked=NOW, answered=NOW + timedelta(seconds=1), whose="x").verdict is verdict


@pytest.mark.parametrize(("off", "verdict"), [(1, Verdict.OK), (-30, Verdict.WARNING), (3600, Verdict.PROBLEM)])
def test_leases_need_one_clock(off: int, verdict: Verdict) -> None:
    assert examine_clock_of_database(lambda: NOW + timedelta(seconds=off), clock=lambda: NOW).verdict is verdict


@pytest.mark.parametrize(
    ("certificate", "verdict"),
    [
        ({"notAfter": "Nov 23 12:00:00 2026 GMT"}, Verdict.PROBLEM),
        ({"notAfter": "Dec  3 12:00:00 2026 GMT"}, Verdict.WARNING),
        ({"notAfter": "Feb 22 12:00:00 2027 GMT"}, Verdict.OK),
        ({}, Verdict.SKIPPED),
    ],
)
def test_a_certificate_is_renewed_before_it_ends(certificate: dict[str, str], verdict: Verdict) -> None:
    assert examine_certificate("web.certificate", certificate, whose="x", now=NOW).verdict is verdict


PARSED: dict[str, Any] = {
    "mechanisms": [
        {"mechanism": "ip4", "action": "pass", "value": "192.0.2.0/24"},
        {"mechanism": "ip6", "action": "pass", "value": "2001:db8::/32"},
        {"mechanism": "ip4", "action": "fail", "value": "198.51.100.1"},
        {"mechanism": "a", "action": "pass", "addresses": ["203.0.113.1"]},
        {"mechanism": "mx", "action": "pass", "hosts": [{"addresses": ["203.0.113.2"]}]},
        {"mechanism": "include", "action": "pass", "parsed": None},
        {"mechanism": "exists", "action": "pass", "value": "%{i}.x.org"},
    ],
    "redirect": {"parsed": {"mechanisms": [{"mechanism": "ip4", "action": "pass", "value": "203.0.113.3"}], "redirect": None}},
}


@pytest.mark.parametrize(
    ("address", "allowed"),
    [("192.0.2.7", True), ("2001:db8::1", True), ("198.51.100.1", False)]
    + [(f"203.0.113.{number}", number <= 3) for number in range(1, 5)],
)
def test_spf_covers_what_its_passing_mechanisms_name(address: str, allowed: bool) -> None:  # noqa: FBT001 - pytest passes it
    assert allows(PARSED, ipaddress.ip_address(address)) is allowed


def test_bounces_that_nobody_reads_are_a_warning_by_smtp(tmp_path: Path) -> None:
    def look(**bounces: object) -> Diagnosis | None:
        return examine_maildir(config_with({"delivery.transport": "smtp", "delivery.bounces": bounces}, home=tmp_path))

    unread, missing = look(), look(maildir="var/bounces")
    assert unread is not None
    assert unread.verdict is Verdict.WARNING
    assert missing is not None
    assert missing.verdict is Verdict.PROBLEM
    for name in ("new", "cur", "tmp"):
        (tmp_path / "var/bounces" / name).mkdir(parents=True)
    (tmp_path / "var/bounces/new/1").touch()
    found = look(maildir="var/bounces")
    assert found is not None
    assert "1 mails are new" in found.said
    assert look(imap={"host": "imap.letter.org", "username": "x"}) is None


def test_no_check_is_unknown_to_the_list_of_checks() -> None:
    with pytest.raises(AssertionError):
        ok("no.such-check", "x")


def test_every_check_is_explained_in_the_documentation() -> None:
    page = (Path(__file__).parents[4] / "docs/doctor.md").read_text("utf-8")
    assert [check for check in CHECKS if f"### `{check}`" not in page] == []
    assert [line for line in page.splitlines() if line.startswith("### `") and line[5:-1] not in CHECKS] == []


def test_only_the_doctor_loads_what_examines_the_dns() -> None:
    house = Path(__file__).parents[4] / "newsletter"
    using = {file.parent.name for file in house.rglob("*.py") if "from checkdmarc" in file.read_text("utf-8")}
    assert using == {"examining"}
    outside = [file for file in house.rglob("*.py") if "project.examining" in file.read_text("utf-8")]
    assert {file.name for file in outside if file.parent.name != "examining"} == {"examining.py"}

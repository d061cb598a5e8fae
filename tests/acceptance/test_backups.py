"""A backup and its return, as a person types them."""

from __future__ import annotations

import json
import re
import stat

from tests.acceptance.conftest import Site, make_due, newsletters


def test_neither_a_restored_backup_nor_a_copy_put_back_by_hand_mails_anybody(approved_site: Site) -> None:
    site = approved_site
    site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    make_due(site)
    made = site.run("backup", "backup.sqlite3")
    assert re.search(r"key ring is NOT in it \(fingerprint [0-9a-f]{4}(-[0-9a-f]{4}){3}\)", made)
    assert stat.S_IMODE((site.folder / "backup.sqlite3").stat().st_mode) == 0o600
    site.run("subscribers", "end", "marcelabennett@example.org", "--as", "ada")
    last = json.loads(site.run("send", "2026-12", "--format", "json").splitlines()[-1])
    assert (last["issue"], last["state"], last["seconds_left"]) == ("2026-12", "done", None)
    reached = len(newsletters(site))
    [found] = json.loads(site.run("status", "--format", "json"))
    assert found["settled"] == found["frozen"] > 0
    assert {"rate_per_minute", "seconds_left", "since", "paused_for", "reason", "quiet_until", "next_due", "workers"} <= set(
        found
    )

    said = site.run("restore", "backup.sqlite3", "--as", "ada")
    assert "1 goodbye" in said
    assert f"2026-12 ({reached:,} accepted since)" in said
    assert "restore" in site.run("calendar", "--format", "json")
    site.run("send", "2026-12", code=3)
    site.run("unhold", "2026-12", code=2)

    database = site.folder / "var/database/newsletter.sqlite3"
    for journal in database.parent.glob("newsletter.sqlite3-*"):
        journal.unlink()
    database.write_bytes((site.folder / "backup.sqlite3").read_bytes())
    assert "older copy" in site.run("send", "2026-12", code=3)
    assert len(newsletters(site)) == reached


def test_the_folder_of_a_backup_is_made_and_only_its_owner_can_look_into_it(site: Site) -> None:
    site.run("backup", "var/backups/today")
    assert stat.S_IMODE((site.folder / "var/backups").stat().st_mode) == 0o700


def test_a_restore_says_what_is_wrong_and_a_damaged_database_is_replaced_and_kept(site: Site) -> None:
    site.run("backup", "backup.sqlite3")
    site.run("backup", "backup.sqlite3", code=3)
    (site.folder / "letter.txt").write_text("not a backup")
    assert "is not a backup" in site.run("restore", "letter.txt", "--as", "ada", code=2)
    assert "Nobody is called" in site.run("restore", "backup.sqlite3", "--as", "nobody", code=2)
    ring = site.folder / "var/keys.json"
    ring.rename(site.folder / "var/keys-of-the-backup.json")
    assert "sealed with the key ring" in site.run("restore", "backup.sqlite3", "--as", "ada", code=3)
    (site.folder / "var/keys-of-the-backup.json").replace(ring)

    database = site.folder / "var/database/newsletter.sqlite3"
    database.write_bytes(b"\0" * 5_000)
    assert "could not be read" in site.run("restore", "backup.sqlite3", "--as", "ada")
    kept = list(database.parent.glob("*before-restore*"))
    assert b"\0" * 5_000 in [one.read_bytes() for one in kept]
    site.run("status")

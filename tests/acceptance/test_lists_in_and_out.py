from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

from tests.acceptance.conftest import Site

HEADING = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,{}LEID,EUID,NOTES"
TIMES = "2,2024-02-01 10:00:00,192.0.2.1,2024-02-01 10:07:12,192.0.2.1"


def mailchimp(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "audience.zip", "w") as archive:
        people = [f'ana@clinic.test,Ana,{TIMES},1,a,"two\nlines"', f"nobody,Eva,{TIMES},2,b,", "mia@clinic.test,Mia,2,,,,,3,c,"]
        archive.writestr("subscribed_members.csv", "\n".join([HEADING.format(""), *people]))
        left = f"bea@clinic.test,Bea,{TIMES},2025-01-01 00:00:00,4,d,"
        archive.writestr("unsubscribed_members.csv", "\n".join([HEADING.format("UNSUB_TIME,"), left]))
    return folder / "audience.zip"


def counts(site: Site, file: Path, *options: str) -> dict[str, int]:
    found: dict[str, int] = json.loads(site.run("subscribers", "import", str(file), "--format", "json", *options, code=1))[
        "counts"
    ]
    return found


def test_a_list_is_looked_at_then_taken_in_and_then_known(site: Site, tmp_path: Path) -> None:
    file = mailchimp(tmp_path)
    said = site.run("subscribers", "import", str(file), code=1)
    for expected in ("Mailchimp audience export", "a•••@c•••.test", "not used: MEMBER_RATING", "subscribed_members.csv:4:"):
        assert expected in said
    assert "Nothing was stored." in said
    assert "clinic.test" not in said
    assert counts(site, file)["new"] == 1

    taken = counts(site, file, "--apply", "--report", str(tmp_path / "bad.csv"))
    assert (taken["lines"], taken["new"], taken["left"], taken["asked"], taken["invalid"]) == (4, 1, 1, 1, 1)
    with (tmp_path / "bad.csv").open(encoding="utf-8", newline="") as handle:
        assert [(row["file"], row["line"], row["address"]) for row in csv.DictReader(handle)] == [
            ("subscribed_members.csv", "4", "n•••")
        ]
    again = counts(site, file, "--apply")
    assert (again["new"], again["known"], again["suppressed"], again["without_consent"], again["asked"]) == (0, 2, 0, 1, 0)

    out = tmp_path / "out.csv"
    assert "maria is no publisher" in site.run("subscribers", "export", str(out), "--as", "maria", code=3)
    assert not out.exists()
    site.run("subscribers", "export", str(out), "--as", "ada")
    assert out.stat().st_mode & 0o777 == 0o600
    assert "ana@clinic.test" in out.read_text("utf-8")
    assert "is there already" in site.run("subscribers", "export", str(out), "--as", "ada", code=2)
    log = site.run("manage", "shell", "-c", AUDIT)
    assert "export subscribers ada 1 people, csv" in log
    assert "clinic.test" not in log


AUDIT = """
from newsletter.publishing.models import AuditEntry
for entry in AuditEntry.objects.all():
    print(entry.act, entry.subject, entry.person, entry.note)
"""


def test_what_the_publisher_vouches_for_is_complete_and_known(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("email\nana@clinic.test\n", "utf-8")
    run = ("subscribers", "import", str(file))
    assert "is no wording of subscribers/consent.toml" in site.run(*run, "--consent-wording", "1999", code=2)
    assert "names both" in site.run(*run, "--consent-source", "paper", code=2)
    word = ("--consent-wording", "2024-09", "--consent-source", "paper", "--consent-date", "2025-01-31")
    assert json.loads(site.run(*run, *word, "--format", "json"))["counts"]["new"] == 1

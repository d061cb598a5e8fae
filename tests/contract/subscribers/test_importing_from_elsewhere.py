from __future__ import annotations

import csv
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.errors import NotAllowedError, UsageError
from newsletter.postbox.models import ServiceMail
from newsletter.subscribers.audience import count_audience
from newsletter.subscribers.installation import choices, sealer
from newsletter.subscribers.lists import runs
from newsletter.subscribers.lists.importing import ImportOptions, import_list
from newsletter.subscribers.lists.report import ImportReport
from newsletter.subscribers.lists.rows import RowDefaults
from newsletter.subscribers.models import ImportRun, MailedLink, Subscriber, Subscription, Suppression
from tests.readers import NOVEMBER, is_suppressed, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]

MAILCHIMP = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,{}LEID,EUID,NOTES,TAGS"


def take_in(file: Path, *, apply: bool = True, ask: bool = True, word: RowDefaults | None = None) -> ImportReport:
    options = ImportOptions(apply=apply, ask=ask, defaults=word or RowDefaults())
    return import_list(file, choices=choices(), now=NOVEMBER, options=options)


def mailchimp_zip(folder: Path) -> Path:
    confirmed = "2,2024-02-01 10:00:00,192.0.2.1,2024-02-01 10:07:12,192.0.2.1"
    added = "2,,,2024-02-01 10:07:12,"
    files = {
        "subscribed_members_export_1.csv": (
            MAILCHIMP.format(""),
            f'ana@example.org,Ana,Pérez,{confirmed},1,a,"Called.\n\nWants, ""large"" print",',
            f'eva@example.org,Eva,Díaz,{added},2,b,,"""Caregivers"""',
            f"zoe@example.org,Zoe,Ray,{confirmed},3,c,,",
        ),
        "unsubscribed_members_export_1.csv": (
            MAILCHIMP.format("UNSUB_TIME,UNSUB_REASON,"),
            f"bea@example.org,Bea,,{added},2025-01-01 00:00:00,NORMAL,4,d,,",
            f"zoe@example.org,Zoe,Ray,{confirmed},2025-01-01 00:00:00,SPAM,5,e,,",
        ),
        "cleaned_members_export_1.csv": (
            MAILCHIMP.format("CLEAN_TIME,"),
            f"mia@example.org,Mia,,{added},2025-01-01 00:00:00,6,f,,",
        ),
    }
    with zipfile.ZipFile(folder / "audience.zip", "w") as archive:
        for name, lines in files.items():
            archive.writestr(name, "\n".join(lines))
    return folder / "audience.zip"


def reason_of(address: str) -> str:
    return Suppression.objects.get(lookup=sealer().lookup(address)).reason


def test_a_zip_of_mailchimp_is_taken_in_as_its_files_say(tmp_path: Path) -> None:
    counts = take_in(mailchimp_zip(tmp_path)).counts
    assert (counts.lines, counts.new, counts.left, counts.without_consent, counts.asked, counts.invalid) == (6, 1, 3, 1, 1, 1)
    mailed = Subscription.objects.get(ended_at__isnull=True)
    assert (mailed.consent_source, mailed.consent_wording) == ("import:mailchimp", "elsewhere")
    assert mailed.consent_at == datetime(2024, 2, 1, 10, 7, 12, tzinfo=UTC)
    assert [reason_of(f"{name}@example.org") for name in ("bea", "mia", "zoe")] == ["imported", "bounced", "complained"]
    assert count_audience(date(2026, 12, 1)).to_be_mailed == 1
    assert [bytes(mail.lookup) for mail in ServiceMail.objects.all() if mail.lookup] == [sealer().lookup("eva@example.org")]


def test_somebody_is_asked_once_however_often_the_list_comes(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("email\nana@example.org\n", "utf-8")
    assert take_in(file, apply=False).counts.asked == 1
    assert not ServiceMail.objects.exists()
    assert take_in(file).counts.asked == 1
    assert take_in(file, apply=False).counts.asked == 0
    MailedLink.objects.all().delete()
    assert take_in(file).counts.asked == 0, "the same list, also when nothing is left of the link"
    assert ServiceMail.objects.count() == 1
    assert not Subscriber.objects.exists()


def test_nobody_is_asked_where_the_publisher_said_not_to(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("email\nana@example.org\n", "utf-8")
    counts = take_in(file, ask=False).counts
    assert (counts.without_consent, counts.asked, ServiceMail.objects.count()) == (1, 0, 0)


def test_nobody_is_asked_whom_we_know_or_must_not_mail(tmp_path: Path) -> None:
    sign_up("ana@example.org")
    file = tmp_path / "list.csv"
    file.write_text("email,status\nana@example.org,active\nbea@example.org,unsubscribed\nBea@example.org,active\n", "utf-8")
    counts = take_in(file).counts
    assert (counts.known, counts.left, counts.asked, ServiceMail.objects.count()) == (1, 1, 0, 0)


def test_a_changed_list_is_another_run(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("email\nana@example.org\n", "utf-8")
    take_in(file, ask=False)
    take_in(file, ask=False)
    take_in(file)
    file.write_text("email\nana@example.org\neva@example.org\n", "utf-8")
    take_in(file)
    assert ImportRun.objects.count() == 3


def test_two_processes_do_not_take_in_the_same_list(tmp_path: Path) -> None:
    first = runs.begin(b"f" * 32, now=NOVEMBER)
    second = runs.begin(b"f" * 32, now=NOVEMBER)
    runs.checkpoint(first, first.counts, through=100)
    with pytest.raises(NotAllowedError, match="Another process"):
        runs.checkpoint(second, second.counts, through=100)


def test_every_bad_line_stands_in_the_report_with_its_address_masked(tmp_path: Path) -> None:
    file, bad = tmp_path / "list.csv", tmp_path / "bad.csv"
    file.write_text("email,first_name\nana@example.org,Ana\n=no-address,Eva\n" + "x@y@z,Mia,too much\n" * 30, "utf-8")
    options = ImportOptions(apply=False, report=bad, problems_kept=5)
    report = import_list(file, choices=choices(), now=NOVEMBER, options=options)
    assert (len(report.problems), report.counts.invalid, bad.stat().st_mode & 0o777) == (5, 31, 0o600)
    with bad.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["line"] for row in rows] == [str(number) for number in range(3, 34)]
    assert (rows[0]["address"], rows[1]["address"]) == ("'=•••", "x•••@•••")
    with pytest.raises(UsageError, match="is there already"):
        import_list(file, choices=choices(), now=NOVEMBER, options=options)


cell = st.sampled_from(
    [
        "ana@example.org",
        "eva@example.org",
        "EVA@example.org",
        '"x',
        'y"',
        "ended",
        "active",
        "2025-01-31",
        "paper",
        "2024-09",
        "é",
        "",
    ]
) | st.text(max_size=6)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(cell, max_size=7), max_size=8))
def test_whatever_stands_in_a_list_every_row_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    file = tmp_path_factory.mktemp("list") / "list.csv"
    text = "\n".join(
        [",".join(row) for row in [["email", "first_name", "status", "consent_date", "consent_source", "consent_wording"], *rows]]
    )
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    dry, real = take_in(file, apply=False), take_in(file)
    for report in (dry, real):
        counts = report.counts
        people = counts.new + counts.left + counts.known + counts.suppressed + counts.without_consent
        assert people + counts.duplicates + counts.invalid == counts.lines
        assert counts.invalid == len(report.problems)
        assert not any("@example.org" in problem.reason + problem.address for problem in report.problems)
    open_ones = Subscription.objects.filter(ended_at__isnull=True).select_related("subscriber")
    assert (
        not any(is_suppressed(bytes(one.subscriber.lookup)) for one in open_ones if one.started_at == NOVEMBER)
        or real.counts.known
    )

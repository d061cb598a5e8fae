from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from newsletter.postbox.models import ServiceMail
from newsletter.subscribers.audience import count_audience
from newsletter.subscribers.installation import choices, sealer
from newsletter.subscribers.lists.chunks import CHUNK
from newsletter.subscribers.lists.importing import ImportOptions, import_list
from newsletter.subscribers.lists.report import ImportReport, RowProblem
from newsletter.subscribers.lists.rows import RowDefaults
from newsletter.subscribers.models import EndReason, Subscriber, Subscription, Suppression, SuppressionReason
from newsletter.subscribers.subscribing import end_subscription
from newsletter.subscribers.suppressing import LIFTED, suppress
from tests.readers import NOVEMBER, is_suppressed, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]

SAMPLE = Path(__file__).parents[3] / "subscribers" / "sample.csv"
HEADING = "email,first_name,language,topics,consent_date,consent_source,consent_wording,status,snoozed_until,ended_reason"
YES = "2025-01-31,paper,2024-09"


def import_file(file: Path, *, now: datetime = NOVEMBER, apply: bool = True, ask: bool = False) -> ImportReport:
    return import_list(file, choices=choices(), now=now, options=ImportOptions(apply=apply, ask=ask))


def take_in(folder: Path, *rows: str, defaults: RowDefaults | None = None, ask: bool = False) -> ImportReport:
    (folder / "list.csv").write_text("\n".join([HEADING, *rows]), "utf-8")
    options = ImportOptions(apply=True, ask=ask, defaults=defaults or RowDefaults())
    return import_list(folder / "list.csv", choices=choices(), now=NOVEMBER, options=options)


def accounted_for(report: ImportReport) -> int:
    counts = report.counts
    people = counts.new + counts.left + counts.known + counts.suppressed + counts.without_consent
    assert counts.invalid == len(report.problems)
    return people + counts.duplicates + counts.invalid


def test_the_sample_list_is_taken_in_as_its_readme_says() -> None:
    report = import_file(SAMPLE, now=datetime(2026, 11, 22, tzinfo=UTC))
    counts = report.counts
    assert (counts.lines, counts.new, counts.left, counts.duplicates, counts.without_consent) == (261, 226, 24, 8, 1)
    assert [problem.line for problem in report.problems] == [190, 211]
    assert accounted_for(report) == counts.lines
    count = count_audience(date(2026, 12, 1))
    assert count.to_be_mailed == 211
    assert count.excluded == {"snoozed": 15}
    assert sum(count.ended.values()) == 24


def test_a_second_run_changes_nothing() -> None:
    first = import_file(SAMPLE)
    before = (
        list(Subscriber.objects.values_list("pk", "contact")),
        list(Subscription.objects.values_list()),
        Suppression.objects.count(),
    )
    second = import_file(SAMPLE)
    after = (
        list(Subscriber.objects.values_list("pk", "contact")),
        list(Subscription.objects.values_list()),
        Suppression.objects.count(),
    )
    known = first.counts.new + first.counts.left
    assert (second.counts.new, second.counts.left, second.counts.known) == (0, 0, known)
    assert (second.counts.duplicates, accounted_for(second)) == (first.counts.duplicates, second.counts.lines)
    assert after == before


def test_a_dry_run_reports_the_same_and_stores_nothing() -> None:
    dry = import_file(SAMPLE, apply=False)
    assert not Subscriber.objects.exists()
    assert not Suppression.objects.exists()
    real = import_file(SAMPLE)
    real.applied = False
    assert real == dry


def test_a_person_is_stored_as_the_list_says(tmp_path: Path) -> None:
    take_in(tmp_path, f"Ana.Perez@Example.org,Ana,es,tnbc;trials,{YES},snoozed,2027-01-01,")
    stored = Subscription.objects.get()
    person = stored.subscriber
    lookup = sealer().lookup("ana.perez@example.org")
    assert bytes(person.lookup) == lookup
    assert sealer().open_contact(person.contact, lookup=lookup).address == "Ana.Perez@example.org"
    assert sealer().open_topics(person.topics, lookup=lookup) == {"tnbc", "trials"}
    assert (person.language, person.snoozed_until, person.created_at) == ("es", date(2027, 1, 1), NOVEMBER)
    consent = (stored.consent_wording, stored.consent_language, stored.consent_source, stored.consent_at)
    assert consent == ("2024-09", "es", "paper", datetime(2025, 1, 31, tzinfo=UTC))
    assert (len(bytes(stored.public_id)), stored.started_at, stored.ended_at, stored.end_reason) == (8, NOVEMBER, None, "")


def test_the_good_lines_are_kept_and_each_bad_one_is_reported_with_its_address_masked(tmp_path: Path) -> None:
    report = take_in(
        tmp_path,
        f"ana@example.org,Ana,en,,{YES},active,,",
        f"no-address,Eva,en,,{YES},active,,",
        "mia@example.org,Mia,en,,,,,active,,",
        f'zoe@example.org,"Zoe,en,,{YES},active,,',
    )
    assert Subscriber.objects.count() == report.counts.new == 1
    assert [(problem.line, problem.address) for problem in report.problems] == [(3, "n•••"), (5, "•••")]
    assert report.counts.without_consent == 1


def test_people_who_left_are_taken_in_as_having_left_and_never_brought_back(tmp_path: Path) -> None:
    report = take_in(tmp_path, f"ana@example.org,Ana,en,,{YES},ended,,unsubscribed")
    assert (report.counts.new, report.counts.left) == (0, 1)
    assert (Subscription.objects.get().end_reason, Subscription.objects.get().ended_at) == ("unsubscribed", NOVEMBER)
    again = take_in(tmp_path, f"ana@example.org,Ana,en,,{YES},active,,")
    assert (again.counts.known, Subscription.objects.count()) == (1, 1)
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("reason", ["bounced", "complained", "died"])
def test_an_address_that_must_never_be_mailed_again_is_suppressed(tmp_path: Path, reason: str) -> None:
    take_in(tmp_path, f"ana@example.org,Ana,en,,{YES},ended,,{reason}")
    assert Suppression.objects.get().reason == reason
    assert Subscription.objects.get().end_reason == reason


def test_a_complaint_in_the_list_counts_for_somebody_whom_we_know(tmp_path: Path) -> None:
    sign_up("ana@example.org")
    report = take_in(tmp_path, "ana@example.org,,,,,,,ended,,complained")
    assert report.counts.known == 1
    assert is_suppressed(sealer().lookup("ana@example.org"))


@pytest.mark.parametrize(
    ("reason", "kept"), [("bounced", "bounced"), ("complained", "complained"), ("unsubscribed", "imported"), ("", "imported")]
)
def test_who_has_left_is_remembered_without_a_consent_by_their_hash_alone(tmp_path: Path, reason: str, kept: str) -> None:
    report = take_in(tmp_path, f"ana@example.org,,,,,,,ended,,{reason}", ask=True)
    assert (report.counts.left, report.counts.suppressions, Subscriber.objects.count()) == (1, 1, 0)
    assert Suppression.objects.get().reason == kept
    assert bytes(Suppression.objects.get().lookup) == sealer().lookup("ana@example.org")
    assert not ServiceMail.objects.exists()
    again = take_in(tmp_path, f"Ana@example.org,Ana,en,,{YES},active,,")
    assert (again.counts.suppressed, Subscriber.objects.count()) == (1, 0)


@pytest.mark.parametrize("reason", SuppressionReason)
def test_what_a_list_says_of_an_address_replaces_what_its_owner_would_lift(tmp_path: Path, reason: SuppressionReason) -> None:
    suppress(sealer().lookup("ana@example.org"), reason=reason, now=NOVEMBER)
    report = take_in(tmp_path, "ana@example.org,,,,,,,ended,,complained")
    is_replaced = reason in LIFTED
    assert Suppression.objects.get().reason == (SuppressionReason.COMPLAINED if is_replaced else reason)
    assert (report.counts.suppressions, report.counts.suppressed) == (int(is_replaced), 1)
    take_in(tmp_path, "ana@example.org,,,,,,,ended,,unsubscribed")
    assert Suppression.objects.get().reason == (SuppressionReason.COMPLAINED if is_replaced else reason)


def test_an_address_that_must_not_be_mailed_is_not_taken_in(tmp_path: Path) -> None:
    suppress(sealer().lookup("ana@example.org"), reason=SuppressionReason.STAFF, now=NOVEMBER)
    report = take_in(tmp_path, f"Ana@Example.org,Ana,en,,{YES},active,,")
    assert (report.counts.suppressed, report.counts.new, Subscriber.objects.count()) == (1, 0, 0)


def test_somebody_who_said_goodbye_to_us_stays_gone(tmp_path: Path) -> None:
    reader = sign_up("ana@example.org")
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    assert take_in(tmp_path, f"ana@example.org,Ana,en,,{YES},active,,").counts.known == 1
    assert Subscription.objects.filter(ended_at__isnull=True).count() == 0


@pytest.mark.parametrize("order", [1, -1])
def test_a_person_whom_any_line_says_to_have_left_is_not_mailed(tmp_path: Path, order: int) -> None:
    rows = [f"ana@example.org,Ana,en,,{YES},active,,", f"ANA@example.org,Ana,en,,{YES},ended,,unsubscribed"]
    report = take_in(tmp_path, *rows[::order])
    assert count_audience(date(2026, 12, 1)).to_be_mailed == 0
    assert accounted_for(report) == 2


def test_why_a_contradicted_line_was_not_taken_is_said(tmp_path: Path) -> None:
    report = take_in(
        tmp_path,
        f"ana@example.org,Ana,en,,{YES},active,,",
        f"ana@example.org,Ana,en,,{YES},ended,,unsubscribed",
        "broken,,,,,,,ended,,",
    )
    assert report.problems[0] == RowProblem(2, "another line says that this person has left", "a•••@e•••.org", "list.csv")


def test_a_reader_of_ours_who_left_elsewhere_is_reported_for_a_person_to_ask(tmp_path: Path) -> None:
    """The list does not say which wish is the later one: to leave there, or to be mailed by us."""
    reader = sign_up("bea@example.org")
    gone = sign_up("cleo@example.org")
    end_subscription(gone.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    left = [f"{name}@example.org,,en,,{YES},ended,,unsubscribed" for name in ("bea", "cleo", "dora")]
    report = take_in(tmp_path, *left)
    assert (report.counts.left, report.counts.known) == (1, 1)
    (problem,) = report.problems
    assert (problem.line, problem.address) == (2, "b•••@e•••.org")
    assert "is subscribed here" in problem.reason
    assert accounted_for(report) == report.counts.lines
    assert reader.subscription().ended_at is None


def test_languages_and_topics_that_are_not_offered_are_counted(tmp_path: Path) -> None:
    report = take_in(tmp_path, f"ana@example.org,Ana,fr,golf;tnbc,{YES},active,,", f"eva@example.org,Eva,,,{YES},active,,")
    assert (report.counts.unknown_languages, report.counts.unknown_topics) == (1, 1)
    assert set(Subscriber.objects.values_list("language", flat=True)) == {"en"}


def test_a_consent_that_the_list_shares_makes_its_lines_good(tmp_path: Path) -> None:
    defaults = RowDefaults(source="paper", wording="2021-04", at=NOVEMBER)
    assert take_in(tmp_path, "ana@example.org", defaults=defaults).counts.new == 1
    assert Subscription.objects.get().consent_wording == "2021-04"


def test_a_long_list_takes_a_few_statements_for_each_chunk(
    tmp_path: Path, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [f"reader{number}@example.org,,en,,{YES},active,," for number in range(CHUNK + 5)]
    with django_assert_max_num_queries(40):
        report = take_in(tmp_path, *rows)
    assert (report.counts.new, Subscription.objects.count()) == (CHUNK + 5, CHUNK + 5)

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from newsletter.errors import UsageError
from newsletter.subscribers.installation import choices, sealer
from newsletter.subscribers.lists.exporting import ListExportFormat, list_export
from newsletter.subscribers.lists.importing import ImportOptions, import_list
from newsletter.subscribers.models import EndReason, Subscriber, Subscription, Suppression, SuppressionReason
from newsletter.subscribers.subscribing import change_choices, end_subscription, snooze
from newsletter.subscribers.suppressing import suppress
from tests.readers import NOVEMBER, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def export(file: Path, *, with_ended: bool = True, written_as: ListExportFormat = ListExportFormat.CSV) -> int:
    with list_export(file, written_as=written_as, with_ended=with_ended) as exported:
        pass
    return exported.people


def stored() -> list[object]:
    people: list[object] = []
    for one in Subscription.objects.select_related("subscriber").order_by("pk"):
        person, lookup = one.subscriber, bytes(one.subscriber.lookup)
        contact = sealer().open_contact(person.contact, lookup=lookup)
        consent = (one.consent_wording, one.consent_language, one.consent_source, one.consent_at)
        topics = sealer().open_topics(person.topics, lookup=lookup)
        standing = (person.language, person.snoozed_until, one.started_at, one.ended_at, one.end_reason)
        people.append((contact.address, contact.first_name, topics, consent, standing))
    return [people, set(Suppression.objects.values_list("lookup", "reason"))]


def test_what_goes_out_comes_back_the_same(tmp_path: Path) -> None:
    paused = sign_up("+ana@example.org", first_name='-Ana, "la mayor"', topics=("tnbc", "trials"))
    snooze(paused.subscription_id, until=date(2027, 3, 1), today=NOVEMBER.date())
    change_choices(sign_up("eva@example.org", first_name="José").subscription_id, topics=(), language="es")
    left = sign_up("bea@example.org", first_name="'=Bea")
    end_subscription(left.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    gone = sign_up("mia@example.org", first_name="")
    end_subscription(gone.subscription_id, reason=EndReason.BOUNCED, now=NOVEMBER)
    suppress(sealer().lookup("mia@example.org"), reason=SuppressionReason.BOUNCED, now=NOVEMBER)
    before = stored()
    assert export(tmp_path / "out.csv") == 4
    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()
    report = import_list(tmp_path / "out.csv", choices=choices(), now=NOVEMBER, options=ImportOptions(apply=True, ask=True))
    assert (report.counts.new, report.counts.left, report.counts.invalid, report.counts.asked) == (2, 2, 0, 0)
    after = stored()
    assert sorted(map(repr, after[0])) == sorted(map(repr, before[0]))  # type: ignore[call-overload]
    assert after[1] == before[1]


def test_who_has_left_is_only_in_an_export_that_asks_for_them(tmp_path: Path) -> None:
    sign_up("ana@example.org")
    end_subscription(sign_up("bea@example.org").subscription_id, reason=EndReason.STAFF, now=NOVEMBER)
    sign_up("mia@example.org")
    suppress(sealer().lookup("mia@example.org"), reason=SuppressionReason.STAFF, now=NOVEMBER)
    assert export(tmp_path / "active.json", with_ended=False, written_as=ListExportFormat.JSON) == 1
    assert [one["email"] for one in json.loads((tmp_path / "active.json").read_text())] == ["ana@example.org"]
    assert export(tmp_path / "all.json", written_as=ListExportFormat.JSON) == 3
    told = {one["email"]: (one["status"], one["ended_reason"]) for one in json.loads((tmp_path / "all.json").read_text())}
    assert told["mia@example.org"] == ("ended", "staff"), "nobody who must not be mailed goes out as a reader"


def test_no_spreadsheet_takes_a_cell_for_a_formula(tmp_path: Path) -> None:
    sign_up("+ana@example.org", first_name="=HYPERLINK(0)")
    export(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as handle:
        _, row = csv.reader(handle)
    assert row[:2] == ["'+ana@example.org", "'=HYPERLINK(0)"]
    assert not any(one.startswith(("=", "+", "-", "@")) for one in row)


def test_an_export_is_for_its_owners_eyes_and_replaces_nothing(tmp_path: Path) -> None:
    sign_up("ana@example.org")
    export(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="is there already"):
        export(tmp_path / "out.csv")
    assert [file.name for file in tmp_path.iterdir()] == ["out.csv"]


def test_an_export_that_fails_leaves_no_file(tmp_path: Path) -> None:
    sign_up("ana@example.org")
    with (
        pytest.raises(ZeroDivisionError),
        list_export(tmp_path / "out.csv", written_as=ListExportFormat.CSV, with_ended=False),
    ):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_an_empty_list_is_exported_too(tmp_path: Path) -> None:
    assert export(tmp_path / "out.json", written_as=ListExportFormat.JSON) == 0
    assert json.loads((tmp_path / "out.json").read_text()) == []

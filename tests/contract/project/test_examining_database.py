"""The database, examined on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from newsletter.delivery.models import Installation
from newsletter.postbox.models import ServiceMail
from newsletter.project.examining.database import examine_database
from newsletter.project.examining.diagnosis import Diagnosis, Verdict
from newsletter.project.examining.forgetting import examine_copies
from newsletter.publishing.models import Slot
from newsletter.settings import DatabaseSettings
from newsletter.subscribers.erasing import ask_erasure
from newsletter.subscribers.models import Erasure, ErasureReason, ErasureStep, Subscriber
from tests.contract.subscribers.key_samples import rotated
from tests.project_config import config_with
from tests.readers import sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NOW = datetime.now(UTC)


def examine() -> dict[str, Diagnosis]:
    return {one.check: one for one in examine_database(clock=lambda: datetime.now(UTC))}


def test_a_database_that_is_well() -> None:
    sign_up()
    Installation.objects.update_or_create(pk=1, defaults={"backed_up_at": NOW - timedelta(days=1), "purged_at": NOW})
    found = examine()
    bad = [one for one in found.values() if one.verdict is not Verdict.OK and one.check != "database.durable"]
    assert bad == []
    assert ("clock.database" in found) == (connection.vendor == "postgresql")


def test_a_backup_that_was_never_made_or_is_old_is_a_warning() -> None:
    sign_up()
    Installation.objects.all().delete()
    assert "never a backup" in examine()["database.backup"].said
    Installation.objects.create(pk=1, backed_up_at=NOW - timedelta(days=30))
    assert "30 days old" in examine()["database.backup"].said


def test_a_purge_that_was_never_done_or_long_ago_is_a_warning() -> None:
    sign_up(now=NOW)
    Installation.objects.all().delete()
    assert examine()["readers.retention"].verdict is Verdict.SKIPPED
    Subscriber.objects.update(created_at=NOW - timedelta(days=4))
    assert "not forgotten yet" in examine()["readers.retention"].said
    Installation.objects.create(pk=1, purged_at=NOW - timedelta(days=9))
    assert "for 9 days" in examine()["readers.retention"].said


def test_an_erasure_that_waits_for_long_is_a_warning_that_names_nobody() -> None:
    ask_erasure(sign_up().subscriber().pk, reason=ErasureReason.ASKED, now=NOW - timedelta(days=4))
    assert examine()["readers.erasures"].verdict is Verdict.OK
    step = {"name": "SendGrid's lists", "problem": "SendGrid answered 500"}
    ErasureStep.objects.create(erasure=Erasure.objects.get(), key="k", content=b"", due_at=NOW, **step)
    found = examine()["readers.erasures"]
    assert found.verdict is Verdict.WARNING
    assert "1 of “SendGrid's lists” (SendGrid answered 500)" in found.said


def test_copies_that_are_older_than_they_may_be_are_named(tmp_path: Path) -> None:
    # NEWSLETTER_DATABASE__URL, where a run has it, would win over what is passed in.
    database = DatabaseSettings(url=f"sqlite:///{tmp_path}/list.sqlite3")
    config = config_with({"retention.backups": 10}, home=tmp_path).model_copy(update={"database": database})
    assert examine_copies(config, now=NOW).verdict is Verdict.SKIPPED
    aside = tmp_path / "list.before-restore-2026.sqlite3"
    kept = tmp_path / "var/backups/monday"
    kept.parent.mkdir(parents=True)
    for file in (aside, kept):
        file.write_text("")
    assert examine_copies(config, now=NOW).verdict is Verdict.OK
    found = examine_copies(config, now=NOW + timedelta(days=11))
    assert found.verdict is Verdict.WARNING
    assert found.mend == (f"rm {aside}", f"rm {kept}")


def test_keys_of_another_database_are_a_problem() -> None:
    sign_up()
    Subscriber.objects.update(contact=b"\x01" + b"x" * 60)
    assert examine()["keys.opens"].verdict is Verdict.PROBLEM


def test_a_slot_that_nobody_begins_shows_that_no_scheduler_runs() -> None:
    Slot.objects.create(at=NOW - timedelta(minutes=5), issue="2026-10")
    assert examine()["calendar.overdue"].verdict is Verdict.OK
    Slot.objects.update(at=NOW - timedelta(minutes=30))
    assert "the slot of 2026-10" in examine()["calendar.overdue"].said


def test_a_service_mail_that_nobody_takes_shows_it_too() -> None:
    ServiceMail.objects.create(
        key="0" * 32, kind="x", content=b"", created_at=NOW, due_at=NOW - timedelta(hours=1), expires_at=NOW + timedelta(hours=1)
    )
    assert "1 service mails" in examine()["calendar.overdue"].said


def test_nothing_is_written() -> None:
    written: list[str] = []

    def only_reading(execute: Callable[..., Any], sql: str, params: Any, many: Any, context: Any) -> Any:
        if not sql.lstrip().upper().startswith(("SELECT", "PRAGMA", "SHOW", "WITH")):
            written.append(sql)
        return execute(sql, params, many, context)

    sign_up()
    with connection.execute_wrapper(only_reading):
        examine()
    assert written == []


def test_values_of_an_older_key_are_a_warning_and_of_one_that_is_missing_a_problem() -> None:
    reader = sign_up().subscriber()
    with override_settings(RING_IN_USE=rotated()):
        assert examine()["keys.opens"].verdict is Verdict.WARNING
    assert examine()["keys.opens"].verdict is Verdict.OK
    Subscriber.objects.filter(pk=reader.pk).update(topics=b"\x4d" + bytes(60))
    assert "1 values are sealed with keys that the ring does not have: 77" in examine()["keys.opens"].said

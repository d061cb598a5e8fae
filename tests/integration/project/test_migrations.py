from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from newsletter.publishing.candidates import frozen_editions
from tests.contract.publishing.samples import ISSUE, TRIAL, make_edition

FROZEN_DIGEST = "4246ebc23a997d851bdc2d57f48f99f2786e731b9ee2e678d1c30eaa8c91bc44"
"""What an approval of the sample editions was a yes to, as the program that had no variants computed it."""

FROZEN_LOCK = {
    "nct_id": TRIAL,
    "brief_title": "A study of something",
    "status": "RECRUITING",
    "phases": ["PHASE2"],
    "sex": "",
    "minimum_age": "",
    "maximum_age": "",
    "lead_sponsor": "",
    "recruiting_sites": 0,
    "countries": ["United States"],
    "contact_phone": "",
    "last_update": "",
    "data_version": "",
    "alias_of": "",
}
"""The sample trial as a lock of that time had it."""

Model = Callable[[str], Any]
"""Gives a model of publishing by its name."""


@pytest.mark.django_db
def test_the_migrations_make_the_models() -> None:
    """No model was changed without a migration."""
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.fixture
def model_of_0001() -> Iterator[Model]:
    """Take the tables back to publishing's first migration; afterwards all of them are there again."""
    executor = MigrationExecutor(connection)
    executor.migrate([("publishing", "0001_initial")])
    apps = executor.loader.project_state([("publishing", "0001_initial")]).apps
    yield lambda name: apps.get_model("publishing", name)
    call_command("migrate", verbosity=0)


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_what_was_frozen_before_there_were_variants_still_verifies(model_of_0001: Model) -> None:
    editions = (make_edition("en"), make_edition("es"))
    candidate = model_of_0001("Candidate").objects.create(
        issue=ISSUE,
        digest=FROZEN_DIGEST,
        lock=(json.dumps({"version": 1, "trials": {TRIAL: FROZEN_LOCK}}, indent=2) + "\n").encode(),
        cards={TRIAL: "open"},
        review_by=date(2027, 3, 1),
        turn=1,
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    for edition in editions:
        names = ["language", "written_in", "title", "subject", "preheader", "html", "text", "web", "digest"]
        frozen = model_of_0001("FrozenEdition").objects.create(
            candidate=candidate, **{name: getattr(edition, name) for name in names}
        )
        for position, asset in enumerate(edition.assets):
            stored, _ = model_of_0001("FrozenAsset").objects.get_or_create(
                name=asset.name, media_type=asset.media_type, data=asset.data
            )
            model_of_0001("ShownAsset").objects.create(edition=frozen, asset=stored, position=position)
    call_command("migrate", verbosity=0)
    assert frozen_editions(candidate.pk) == editions

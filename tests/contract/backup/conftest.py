"""What tests of backups need around them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import DjangoDbBlocker

from newsletter.config import Config
from tests.contract.backup.programs import folder_of_programs


@pytest.fixture
def config(transactional_db: None) -> Config:
    del transactional_db
    usual: Config = settings.NEWSLETTER
    database = usual.database.model_copy(update={"programs": folder_of_programs()})
    return usual.model_copy(update={"database": database})


@pytest.fixture(autouse=True)
def database_of_before(monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker, transactional_db: None) -> None:
    """Allow a second database: the tests' guard knows only those that there were when a test began."""
    del transactional_db
    real = django_db_blocker._real_ensure_connection
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", real)


@pytest.fixture(autouse=True)
def no_copies_left() -> Iterator[None]:
    """Remove what restores keep aside."""
    yield
    if connection.vendor == "sqlite":
        for kept in Path(connection.settings_dict["NAME"]).parent.glob("*before-restore*"):
            kept.unlink()

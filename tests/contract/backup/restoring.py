"""Backing up and putting back, in the words of the tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.project.backup.making import make_backup
from newsletter.project.backup.restoring import Restored, RestoreStep, restore
from newsletter.publishing.models import Slot
from tests.contract.delivery.samples import NOW


def back_up(folder: Path, config: Config) -> Path:
    file = folder / "backup"
    make_backup(file, config, settings.KEY_RING, system_clock, replace=True)
    return file


def put_back(file: Path, config: Config, *, done: Callable[[RestoreStep], None] = lambda _: None) -> Restored:
    return restore(file, config, settings.KEY_RING, system_clock, person="ada", system_user="test", done=done)


def add_slot(issue: str = "2027-02", **values: object) -> Slot:
    return Slot.objects.create(at=NOW + timedelta(days=Slot.objects.count() + 1), issue=issue, **values)

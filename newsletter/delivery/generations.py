"""Telling an old copy of the database from the present one: a number that both the database and this machine remember.

The number grows when the first of a batch are marked and when it is given back, and is written into a file of this machine once
the database has it. A database that has a lower one than the file is an older copy, put back by hand: whoever was mailed since
would be mailed again.
"""

from __future__ import annotations

import hashlib
import os
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from django.db import connection, transaction

from newsletter.config import Config
from newsletter.delivery import statements
from newsletter.delivery.models import Installation

log = structlog.get_logger()

DIGITS: Final = 20

ROW: Final = 1


def pass_generation(config: Config) -> None:
    """Begin the next generation: first in the database, and in the file once the caller's transaction is committed.

    A file that cannot be written stays behind the database, which only makes an old copy harder to recognise.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements.NEXT_GENERATION, [ROW])
        generation = int(cursor.fetchone()[0])
        transaction.on_commit(partial(_remember, config, generation))


def _remember(config: Config, generation: int) -> None:
    try:
        _write(generation_file(config), generation)
    except OSError as error:
        log.warning("generation not remembered", problem=error.strerror)


def remembered_generation(config: Config) -> int:
    """Give the highest generation that this machine has seen of the database; 0 where it has seen none."""
    try:
        text = generation_file(config).read_text("ascii")
        return int(text)
    except (OSError, ValueError):
        return 0


def is_old_copy(config: Config) -> bool:
    """Say whether this machine has seen a later state of the database in use."""
    return remembered_generation(config) > _stored_generation()


def adopt(generation: int) -> None:
    """Let the database in use be the present one from now on, where ``generation`` is what this machine remembers."""
    Installation.objects.update_or_create(pk=ROW, defaults={"generation": max(generation, _stored_generation())})


def generation_file(config: Config) -> Path:
    """Give the file of this machine for the database in use: beside the keys, not beside the database that may be replaced."""
    settings = connection.settings_dict
    name = hashlib.sha256(f"{connection.vendor}:{settings['HOST']}:{settings['PORT']}:{settings['NAME']}".encode()).hexdigest()
    return config.path(f"var/generation-{name[:12]}")


def _stored_generation() -> int:
    stored = Installation.objects.filter(pk=ROW).values_list("generation", flat=True).first()
    return stored or 0


def _write(file: Path, generation: int) -> None:
    """Write in place, in a fixed width: two workers that overtake each other leave a number that is a little low, never half."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(handle, f"{generation:0{DIGITS}}".encode(), 0)
    finally:
        os.close(handle)

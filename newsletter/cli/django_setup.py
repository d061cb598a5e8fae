"""Starts Django for the commands that need the database, and keeps an embedded database's tables up to date."""

from __future__ import annotations

import fcntl
import logging
import os
import sys
from pathlib import Path

from newsletter.cli.acting import system_user
from newsletter.clock import system_clock
from newsletter.errors import NotAllowedError


def name_settings() -> None:
    """Tell Django where its settings are."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.project.settings")


def set_up_django() -> None:
    """Load settings and apps; apply pending migrations to SQLite, and ask a person to do so for PostgreSQL.

    Raises SettingsError when the key ring is not this database's.
    """
    name_settings()
    import django  # noqa: PLC0415 - 0.3 s that `newsletter check` does not have
    import structlog  # noqa: PLC0415 - 0.1 s

    # A command that ends speaks by itself; the long-running ones set up their logs.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

    django.setup()
    _bring_tables_up_to_date()

    from newsletter.subscribers.installation import sealer  # noqa: PLC0415 - after django.setup()
    from newsletter.subscribers.own_keys import require_own_keys  # noqa: PLC0415

    require_own_keys(sealer())
    _hold_an_old_copy()


def database_errors() -> tuple[type[Exception], ...]:
    """Give what a database raises; nothing where Django was not needed."""
    django_db = sys.modules.get("django.db")
    return (django_db.DatabaseError,) if django_db else ()


def lies_with_the_machine(error: Exception) -> bool:
    """Tell a database that is away, full, read-only or damaged from a mistake of the program's."""
    import django.db  # noqa: PLC0415 - an error of its kind is here, so it was imported

    return isinstance(error, django.db.OperationalError) or type(error) is django.db.DatabaseError


def _bring_tables_up_to_date() -> None:
    from django.core.management import call_command  # noqa: PLC0415 - after django.setup()
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    def pending() -> bool:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))

    if not pending():
        return
    if connection.vendor != "sqlite":
        raise NotAllowedError(
            "The database's tables are older than this program. Make a backup, then run: newsletter manage migrate"
        )
    lock = Path(connection.settings_dict["NAME"]).with_suffix(".migrating")
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # two processes that start together
        if pending():
            call_command("migrate", verbosity=0)


def _hold_an_old_copy() -> None:
    """Hold everything, and say so, where somebody put an older copy of the database in place by hand."""
    from django.conf import settings  # noqa: PLC0415 - after django.setup()

    from newsletter.delivery.generations import is_old_copy  # noqa: PLC0415

    if not is_old_copy(settings.NEWSLETTER):
        return
    from newsletter.project.backup.old_copies import hold_an_old_copy  # noqa: PLC0415 - hardly ever needed

    held = hold_an_old_copy(settings.NEWSLETTER, now=system_clock(), system_user=system_user())
    if held is not None:
        print(  # noqa: T201
            "The database is an older copy, put back by hand: it does not know whom this machine mailed since. So that nobody is "
            f"mailed twice, {len(held.slots)} slots are held, {len(held.sends)} sends are paused, and {held.service_mails} "
            "service mails are not sent. Look at `newsletter calendar` and `newsletter status`, and let go what is right with "
            "`newsletter unhold` and `newsletter resume`.",
            file=sys.stderr,
        )

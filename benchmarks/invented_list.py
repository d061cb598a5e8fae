"""Lists of invented readers for benchmarks, made by SQL alone or with values that open, in a site folder of their own."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import django

from tests.site_folder import make_site_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE: Final = "var/benchmark.sqlite3"

NOVEMBER: Final = "2026-11-05 15:00:00"

INSERT_SUBSCRIBERS: Final = """
    INSERT INTO subscribers_subscriber (id, lookup, contact, topics, language, snoozed_until, created_at)
    VALUES (?, ?, ?, ?, ?, NULL, ?)
"""

INVENT_SUBSCRIBERS: Final = """
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
    INSERT INTO subscribers_subscriber (id, lookup, contact, topics, language, snoozed_until, created_at)
    SELECT n, randomblob(32), randomblob(93), randomblob(93), CASE WHEN n % 5 = 0 THEN 'es' ELSE 'en' END,
           CASE WHEN n % 50 = 0 THEN '2099-01-01' END, ?
    FROM number
"""

INVENT_SUBSCRIPTIONS: Final = """
    INSERT INTO subscribers_subscription
        (id, subscriber_id, public_id, consent_wording, consent_language, consent_source, consent_at, started_at, end_reason)
    SELECT id, id, randomblob(8), 'v1', language, 'import', created_at, created_at, '' FROM subscribers_subscriber
"""

SUPPRESS_SOME: Final = """
    INSERT INTO subscribers_suppression (lookup, reason, created_at)
    SELECT lookup, 'bounced', created_at FROM subscribers_subscriber WHERE id % 100 = 1
"""


def open_site(folder: Path) -> Path:
    """Start Django in a site folder of its own, which is made where it is not there; give the file of its database."""
    site = folder / "site"
    if not site.exists():
        make_site_folder(site)
    os.environ["NEWSLETTER_HOME"] = str(site)
    os.environ["NEWSLETTER_DATABASE__URL"] = f"sqlite:///{DATABASE}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.project.settings"
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - after setup, as all of ours

    call_command("migrate", verbosity=0)
    return site / DATABASE


def invent_readers(database: Path, count: int) -> None:
    """Fill an empty database with readers whose stored values are noise: two in a hundred pause, one is suppressed."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(INVENT_SUBSCRIBERS, [count, NOVEMBER])
        connection.execute(INVENT_SUBSCRIPTIONS)
        connection.execute(SUPPRESS_SOME)


def add_readable_readers(database: Path, count: int) -> None:
    """Fill an empty database with readers whose addresses open; they are one language's."""
    from newsletter.subscribers.installation import sealer  # noqa: PLC0415 - after open_site
    from newsletter.subscribers.sealing import Contact  # noqa: PLC0415

    def rows() -> Iterator[list[object]]:
        for number in range(1, count + 1):
            address = f"reader{number}-{secrets.token_hex(4)}@example.org"
            lookup = sealer().lookup(address)
            contact = sealer().seal_contact(Contact(address, "Ana"), lookup=lookup)
            yield [number, lookup, contact, sealer().seal_topics((), lookup=lookup), "en", NOVEMBER]

    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(INSERT_SUBSCRIBERS, rows())
        connection.execute(INVENT_SUBSCRIPTIONS)


def seal_choices(database: Path) -> None:
    """Give everybody of a list an address, a name and topics that open; every third chose one topic, every third two."""
    from newsletter.subscribers.installation import choices, sealer  # noqa: PLC0415 - after open_site
    from newsletter.subscribers.sealing import Contact  # noqa: PLC0415

    seal, offered = sealer(), sorted(choices().topic_keys)

    def rows(people: list[tuple[int, bytes]]) -> Iterator[tuple[bytes, bytes, int]]:
        for number, lookup in people:
            contact = seal.seal_contact(Contact(f"reader{number}@example.org", "Ana"), lookup=lookup)
            yield contact, seal.seal_topics(offered[: number % 3], lookup=lookup), number

    with closing(sqlite3.connect(database)) as connection, connection:
        people = connection.execute("SELECT id, lookup FROM subscribers_subscriber")
        for chunk in iter(lambda: people.fetchmany(10_000), []):
            connection.executemany("UPDATE subscribers_subscriber SET contact = ?, topics = ? WHERE id = ?", rows(chunk))


def begin_send(*, transport: str = "outbox", filler: str = "") -> int:
    """Open the send of an invented issue to everybody in the database."""
    from tests.contract.delivery import samples  # noqa: PLC0415 - after open_site

    return samples.begin_send(transport=transport, filler=filler)

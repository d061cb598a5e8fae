"""Taking in a list in a process of its own, for a test that kills it.

It takes in the list that it is given, in chunks of 100 rows, and prints after each how many rows are read; at the end the counts.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.project.settings")
django.setup()

from newsletter.subscribers.installation import choices  # noqa: E402
from newsletter.subscribers.lists import chunks  # noqa: E402 - Django comes first
from newsletter.subscribers.lists.importing import ImportOptions, import_list  # noqa: E402


def main() -> None:
    """Take in the list of the first argument."""
    chunks.CHUNK = 100  # type: ignore[misc]
    report = import_list(
        Path(sys.argv[1]),
        choices=choices(),
        now=datetime(2026, 11, 5, 15, 0, tzinfo=UTC),
        options=ImportOptions(apply=True, ask=True),
        progress=lambda done, _all: print(done, flush=True),  # noqa: T201 - the test reads it
    )
    counts = dataclasses.asdict(report.counts)
    print(json.dumps([counts, [dataclasses.asdict(problem) for problem in report.problems]]))  # noqa: T201


if __name__ == "__main__":
    main()

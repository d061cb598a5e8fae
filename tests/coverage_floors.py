"""Fails when too little of the program was run by the tests: ``python -m tests.coverage_floors``, after ``make test``."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from coverage import Coverage

DATA = Path(__file__).resolve().parent.parent / "var" / "coverage" / "data"
FLOORS = {
    "the pure rooms": (["newsletter/authoring/*", "newsletter/rendering/*", "newsletter/checking/*"], 95.0),
    "everything": (["newsletter/*"], 90.0),
}


def main() -> int:
    """Print the figures, and the files that fall short of them; give 1 when a floor is missed."""
    coverage = Coverage(data_file=str(DATA), config_file="pyproject.toml")
    coverage.combine(data_paths=[str(DATA.parent)], keep=True)
    missed = False
    for name, (files, floor) in FLOORS.items():
        table = io.StringIO()
        percent = coverage.report(include=files, file=table)
        verdict = "ok" if percent >= floor else "TOO LOW"
        print(f"branch coverage of {name}: {percent:.1f} % (at least {floor:.0f} %): {verdict}")  # noqa: T201
        if percent < floor:
            missed = True
            print(table.getvalue())  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

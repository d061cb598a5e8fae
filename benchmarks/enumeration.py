"""How long the public forms take for addresses of every kind, in turn: what nobody is to tell apart by the clock.

    python -m benchmarks.enumeration [--rounds 15] [--json FILE]

That the work is the same is proved by tests, statement by statement; this prints the times. Each figure is the middle of some
posts in one process, without HTTP; every post is taken back, so that each finds the same. A ratio of 1 is no difference.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.invented_list import open_site
from benchmarks.sides import MILLISECONDS, Comparison, Report, Side, make_parser

POSTS: Final = 15

PATHS: Final = ("/subscribe", "/lost-link")


def measure(report: Report) -> None:
    """Measure every kind of address beside one that nobody has."""
    import time_machine  # noqa: PLC0415 - after open_site, as all of these

    from tests.integration.scanners import test_enumeration as forms  # noqa: PLC0415
    from tests.readers import NOVEMBER  # noqa: PLC0415

    address = "ana.perez@example.org"

    def milliseconds(path: str, who: Callable[[str], None]) -> float:
        with forms.undone():
            with time_machine.travel(NOVEMBER, tick=False):
                shown = forms.form(path, address, moved=True)
                who(address)
            with time_machine.travel(NOVEMBER + timedelta(seconds=30)):
                return statistics.median(one_post(path, shown) for _ in range(POSTS)) * 1_000

    def one_post(path: str, shown: dict[str, str]) -> float:
        with forms.undone():
            started = time.perf_counter()
            forms.answer(path, shown)
            return time.perf_counter() - started

    for path in PATHS:
        sides = [Side(who.__name__.replace("_", " "), partial(milliseconds, path, who)) for who in forms.WHO]
        report.compare(Comparison(f"a form at {path}", MILLISECONDS, sides, anchor="unknown"))


def main() -> int:
    """Measure."""
    options = make_parser(__doc__, rounds=15).parse_args()
    with tempfile.TemporaryDirectory(prefix="newsletter-enumeration-") as name:
        open_site(Path(name))
        report = Report("enumeration", title="Public forms, for addresses of every kind", rounds=options.rounds)
        measure(report)
        report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())

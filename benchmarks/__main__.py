"""``make bench``: every benchmark, each beside its anchor in the same run; then docs/benchmarks.md from what they measured.

``python -m benchmarks [--postfix DIR] [--quick]``; DIR is where Postfix's smtp-sink and smtp-source are, unless on PATH.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks import page

MEASURED: Final = Path("var/benchmarks")

BENCHMARKS: Final = (
    "compile",
    "smtp",
    "sendgrid",
    "events",
    "freeze",
    "large_send",
    "one_click",
    "enumeration",
    "importing",
    "rotating",
    "links",
    "trials",
    "feeds",
)


def main() -> int:
    """Run all, and write the page; what needs Postfix's test programs says so where they are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postfix", default="", metavar="DIR")
    parser.add_argument(
        "--rounds", type=int, default=0, help="how often each side is measured; each benchmark's own, if not given"
    )
    parser.add_argument("names", nargs="*", metavar="BENCHMARK", default=BENCHMARKS)
    options = parser.parse_args()
    MEASURED.mkdir(parents=True, exist_ok=True)
    worst = 0
    for name in options.names:
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json", str(MEASURED / f"{name}.json")]
        if options.rounds:
            command += ["--rounds", str(options.rounds)]
        if name == "smtp":
            if not (options.postfix or shutil.which("smtp-sink")):
                print("\nNOT RUN: SMTP. It needs Postfix's smtp-sink and smtp-source: see python -m benchmarks.smtp --help")
                worst = 1
                continue
            command += ["--postfix", options.postfix] if options.postfix else []
        print(f"\n{name}", flush=True)
        worst = max(worst, subprocess.run(command, check=False).returncode)
    return worst or page.main([str(MEASURED)])


if __name__ == "__main__":
    sys.exit(main())

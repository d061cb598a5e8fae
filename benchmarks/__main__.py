"""``make bench``: every benchmark, each beside its anchor in the same run where it has one."""

from __future__ import annotations

import shutil
import subprocess
import sys


def main() -> int:
    """Run all; the one that needs Postfix's test programs says so where they are missing."""
    subprocess.run([sys.executable, "-m", "benchmarks.compile"], check=True)
    if not shutil.which("smtp-sink") and len(sys.argv) == 1:
        print("\nNOT RUN: SMTP. It needs Postfix's smtp-sink and smtp-source: see python -m benchmarks.smtp --help")
        return 0
    print()
    return subprocess.run([sys.executable, "-m", "benchmarks.smtp", *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

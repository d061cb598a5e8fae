"""Nothing seals, signs or opens with the keys that a process began with: they may have changed since."""

from __future__ import annotations

import re
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[3] / "newsletter"

MAY = {
    "project/settings.py": "makes the ring in use from it",
    "cli/backing_up.py": "names the ring by its lookup key, which never changes",
    "cli/restoring.py": "compares the ring with that of a backup, in a command that ends",
}


def test_only_these_files_ask_for_the_ring_of_the_start() -> None:
    asking = {
        str(file.relative_to(PROGRAM))
        for file in PROGRAM.rglob("*.py")
        if re.search(r"\bKEY_RING\b|load_key_ring\(", file.read_text("utf-8"))
    }
    loading = {"keys/file.py", "project/examining/key_ring.py"}
    assert asking == MAY.keys() | loading

"""Lets what tests write lie in memory, where the system has such a place with room in it.

Hundreds of databases are made, and no commit of theirs needs to wait for a disk. What a killed process leaves behind is the same.
Whoever sets TMPDIR has it otherwise.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - only the parent of folders made by tempfile
ROOM = 4 * 2**30
"""Bytes; a whole run needs half of that."""


def stay_in_memory() -> None:
    """Let temporary files of this process and its children lie in memory."""
    if "TMPDIR" not in os.environ and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM:
        os.environ["TMPDIR"] = str(IN_MEMORY)
        tempfile.tempdir = None  # it is looked for anew

"""Writes a file of the site folder as a whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

ORDINARY_MODE = 0o644


def replace_file(file: Path, data: bytes) -> None:
    """Put ``data`` in the place of ``file``, which keeps its permissions; a new file can be read by everybody.

    A file that is a link stays one: what it leads to is replaced.
    """
    file = file.resolve()
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            shutil.copymode(file, temporary)
        else:
            Path(temporary).chmod(ORDINARY_MODE)
        Path(temporary).replace(file)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise

"""npm's mjml on the same MJML, in a warm process of its own, beside ours: milliseconds for one document each."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PROGRAM = Path(__file__).with_suffix(".mjs")


def find_npm_mjml() -> Path | None:
    """Give the folder whose node_modules have mjml: NPM_MJML, the present one, or that of npm's global packages."""
    if not shutil.which("node"):
        return None
    folders = [Path(os.environ["NPM_MJML"])] if "NPM_MJML" in os.environ else []
    folders.append(Path.cwd())
    if shutil.which("npm"):
        told = subprocess.run(["npm", "root", "--global"], check=False, capture_output=True, text=True)
        folders.append(Path(told.stdout.strip()).parent)
    return next((folder for folder in folders if (folder / "node_modules" / "mjml").is_dir()), None)


def time_npm_mjml(folder: Path, document: str, rounds: int) -> list[float]:
    """Compile an MJML document so many times, after five that do not count."""
    with tempfile.NamedTemporaryFile("w", suffix=".mjml", encoding="utf-8") as file:
        file.write(document)
        file.flush()
        command = ["node", str(PROGRAM), str(folder), file.name, str(rounds)]
        told = subprocess.run(command, check=True, capture_output=True, text=True)
    took: list[float] = json.loads(told.stdout)["took"]
    return took

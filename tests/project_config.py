"""Settings for the tests of what examines them: the repository's own, with some of them changed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from newsletter.config import Config
from tests.site_folder import REPOSITORY


def config_with(changes: dict[str, object] | None = None, *, home: Path = REPOSITORY) -> Config:
    """Give the settings of newsletter.toml with ``changes``, whose names are paths such as ``delivery.smtp.port``."""
    values: dict[str, Any] = tomllib.loads((REPOSITORY / "newsletter.toml").read_text("utf-8"))
    for path, value in (changes or {}).items():
        *sections, name = path.split(".")
        table = values
        for section in sections:
            table = table.setdefault(section, {})
        table[name] = value
    # NEWSLETTER_HOME, which every test run has, would win over what is passed in.
    return Config(**values).model_copy(update={"home": home})

"""TOML as the site folder's tables are written in it: blocks, glossary, topics."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=8)
def parse_toml(text: str) -> Mapping[str, Any]:
    """Parse a table that every issue is read with. It is parsed again when its text has changed.

    Parsing the three takes a tenth of the time of reading an issue. Raises tomllib.TOMLDecodeError.
    """
    return tomllib.loads(text)

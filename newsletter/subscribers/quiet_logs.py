"""A reader's link is a capability: whoever reads it in a log could use it. So no log shows its token."""

from __future__ import annotations

import logging
import re

TOKEN_IN_PATH = re.compile(r"/(m|u|unsubscribe)/[^/\s]+")


def without_tokens(record: logging.LogRecord) -> bool:
    """Take tokens out of a record's arguments; as a logging filter it lets every record pass."""
    if isinstance(record.args, tuple):
        record.args = tuple(TOKEN_IN_PATH.sub(r"/\1/…", arg) if isinstance(arg, str) else arg for arg in record.args)
    return True

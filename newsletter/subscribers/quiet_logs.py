"""A reader's or reviewer's link is a capability: whoever reads it in a log could use it. So no log shows its token."""

from __future__ import annotations

import logging
import re
from typing import Final

TOKEN_IN_PATH = re.compile(r"/(m|u|unsubscribe|relative|review|confirm|my-data|address)/[^/\s]+")

LIKE_A_TOKEN = re.compile(r"[\w%=+-]{16,}", re.ASCII)
"""So much of a token as is worth something, wherever a mail program has put it: ``/m//…``, ``/M/…``, ``/m/ …``."""

PART_OF_PATH = re.compile(r"[^/\s]+")

LOGS_WITH_PATHS: Final = ("django.request", "django.server", "gunicorn.error")
"""Who writes a request's path: Django where it refuses or fails, its own server, gunicorn where Django cannot read it."""


def keep_tokens_out_of_logs() -> None:
    """Have every log that names paths leave out tokens and addresses."""
    for name in LOGS_WITH_PATHS:
        logging.getLogger(name).addFilter(without_tokens)


def without_tokens(record: logging.LogRecord) -> bool:
    """Take tokens and addresses out of a record's message; as a logging filter it lets every record pass."""
    said = record.getMessage()
    before, slash, path = TOKEN_IN_PATH.sub(r"/\1/…", said).partition("/")
    quiet = PART_OF_PATH.sub(_without_address, before + slash + LIKE_A_TOKEN.sub("…", path))
    if quiet != said:
        record.msg, record.args = quiet, None
    return True


def _without_address(part: re.Match[str]) -> str:
    """Leave out what somebody, or their mail program, put into a path of ours."""
    return "…" if "@" in part[0] or "%40" in part[0] else part[0]

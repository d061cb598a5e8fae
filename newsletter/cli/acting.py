"""Who is at the keyboard: written into the audit log beside the person who says that they act."""

from __future__ import annotations

import getpass


def system_user() -> str:
    """Give the login that this command runs under; a number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown login"

"""Counts connections that leave this machine, as the interpreter itself reports them."""

from __future__ import annotations

import sys
from ipaddress import ip_address
from typing import Any


def watch_connections() -> list[str]:
    """Begin to watch; gives the list into which every address beyond this machine is written."""
    elsewhere: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if (
            event in {"socket.connect", "socket.sendto"}
            and isinstance(arguments[1], tuple)
            and not _is_here(str(arguments[1][0]))
        ):
            elsewhere.append(str(arguments[1][0]))

    sys.addaudithook(hook)
    return elsewhere


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""An address that a person typed."""

from __future__ import annotations

from newsletter.errors import AddressError, UsageError
from newsletter.subscribers.addresses import parse_address


def typed_address(text: str) -> str:
    """Read an address. Raises UsageError, which repeats it: whoever reads it has just typed it."""
    try:
        return parse_address(text)
    except AddressError as error:
        raise UsageError(f"“{text}”: {error}.") from None

"""Colours as style sheets and attributes write them."""

from __future__ import annotations

from types import MappingProxyType

_NAMED_COLOURS = MappingProxyType(
    {"black": "#000000", "white": "#ffffff", "red": "#ff0000", "green": "#008000", "blue": "#0000ff", "gray": "#808080"}
    | {"grey": "#808080", "silver": "#c0c0c0", "navy": "#000080", "maroon": "#800000", "purple": "#800080", "teal": "#008080"}
)

_HEX_DIGITS = frozenset("0123456789abcdef")


def colour(value: str) -> str | None:
    """Read a colour as # and six hex digits; None where it is transparent, or none that is known here."""
    value = value.strip().lower()
    if value.startswith("#"):
        digits = value[1:] if len(value) == 7 else "".join(digit * 2 for digit in value[1:])
        return f"#{digits}" if len(digits) == 6 and set(digits) <= _HEX_DIGITS else None
    if value.startswith("rgb("):
        parts = [part.strip() for part in value.removeprefix("rgb(").removesuffix(")").split(",")]
        return (
            "#" + "".join(f"{min(255, int(part)):02x}" for part in parts)
            if len(parts) == 3 and all(map(_is_number, parts))
            else None
        )
    return _NAMED_COLOURS.get(value)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3

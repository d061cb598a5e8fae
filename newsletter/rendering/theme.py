"""``templates/theme.toml``: colours, fonts and sizes, refused when a reader could not read them."""

from __future__ import annotations

import colorsys
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from newsletter.errors import TemplateError
from newsletter.mistakes import describe_mistakes, explain_toml, matching

LEAST_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3."""

TEXT_ON_GROUND = (
    *product(("ink", "heading", "quiet", "link"), ("sheet", "card", "note", "important")),
    ("ink", "example"),
    ("ink", "paper"),
    ("heading", "paper"),
    ("quiet", "paper"),
    ("link", "paper"),
    ("button_ink", "button"),
    ("band_ink", "band"),
)
"""Every pair of colours that the templates put on each other, text first. A theme may add what its own templates do."""

Colour = Annotated[str, matching(r"#[0-9a-fA-F]{6}", "# and six hex digits, such as #2f2733")]
FontStack = Annotated[str, matching(r"[A-Za-z0-9 ,'-]+", "names of fonts with commas between them")]
Pixels = Annotated[int, Field(ge=16, le=60)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fonts(_Table):
    """Font stacks of the reader's own system; nothing is fetched. Outlook on Windows has its own."""

    body: FontStack
    heading: FontStack
    code: FontStack
    outlook_body: FontStack
    outlook_heading: FontStack


class Sizes(_Table):
    """Sizes of type in pixels."""

    text: Pixels
    small: Pixels
    subheading: Pixels
    number: Pixels
    masthead: Pixels
    heading: Pixels
    title: Pixels
    title_on_phone: Pixels


class Scheme(_Table):
    """The colours of one scheme, light or dark."""

    paper: Colour
    sheet: Colour
    ink: Colour
    quiet: Colour
    heading: Colour
    link: Colour
    line: Colour
    accent: Colour
    button: Colour
    button_ink: Colour
    card: Colour
    card_line: Colour
    note: Colour
    note_line: Colour
    important: Colour
    important_line: Colour
    example: Colour
    band: Colour
    band_ink: Colour


PartName = Annotated[str, matching("|".join(Scheme.model_fields), f"one of {', '.join(Scheme.model_fields)}")]


class Measured(_Table):
    """What only this organisation's own templates put on each other: the text's part, then the ground's."""

    text_on_ground: tuple[tuple[PartName, PartName], ...] = ()


class Theme(_Table):
    """Everything about the looks that is not in a template."""

    fonts: Fonts
    sizes: Sizes
    light: Scheme
    dark: Scheme
    measured: Measured = Measured()


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def turned_over(colour: str) -> str:
    """Give what a mail program makes of a colour that turns light mails dark by itself, as Gmail does: light for dark."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(*channels)
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in colorsys.hls_to_rgb(hue, 1 - lightness, saturation))


def read_theme(file: Path) -> Theme:
    """Read a theme. Raises TemplateError with every mistake, and with every pair of colours that is too faint."""
    try:
        theme = Theme.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"{file}: {explain_toml(error)}") from error
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, place))}: {said}" for place, said in describe_mistakes(error)]
        raise TemplateError(f"{file} has mistakes:\n  " + "\n  ".join(lines)) from None
    complaints = [said for pair in (*TEXT_ON_GROUND, *theme.measured.text_on_ground) for said in _complaints(theme, *pair)]
    if complaints:
        raise TemplateError(f"{file}: text would be hard to read; change one color of each pair:\n  " + "\n  ".join(complaints))
    return theme


def _complaints(theme: Theme, text: str, ground: str) -> Iterator[str]:
    light = getattr(theme.light, text), getattr(theme.light, ground)
    dark = getattr(theme.dark, text), getattr(theme.dark, ground)
    turned = turned_over(light[0]), turned_over(light[1])
    for scheme, pair in (("light", light), ("dark", dark), ("light, where a mail program turns it dark", turned)):
        if (ratio := contrast(*pair)) < LEAST_CONTRAST:
            yield f"{scheme}: {text} on {ground} has a contrast of {ratio:.2f}, less than {LEAST_CONTRAST}"


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

"""The part of MJML that a template may use: what comes out right in Outlook, for screen readers, and without a third party.

MJML itself refuses almost nothing: of a wrong unit, an unknown attribute or a misspelt component it makes broken mail in
silence. So what is allowed stands here, and what is not comes with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from newsletter.rendering.holding import PLACEHOLDER

ROOT, HEAD, BODY, ATTRIBUTES, CLASS = "mjml", "mj-head", "mj-body", "mj-attributes", "mj-class"


class Form(NamedTuple):
    """What an attribute's value looks like: a pattern, and the same in words."""

    pattern: str
    words: str


_HELD = PLACEHOLDER.pattern
PX = Form(r"\d+(?:\.\d+)?px", "pixels, such as 24px")
TYPE_SIZE = Form(r"(?:1[6-9]|[2-9]\d)px", "16px or more")
LENGTH = Form(r"\d+(?:\.\d+)?(?:px|%)", "pixels or per cent, such as 24px or 50%")
HEIGHT = Form(r"\d+(?:\.\d+)?(?:px|%)?", "a number, pixels or per cent, such as 1.6 or 24px")
SIDES = Form(r"(?:0|\d+px)(?: (?:0|\d+px)){0,3}", "one to four lengths in pixels, such as 0 36px")
SIDE = Form(r"0|\d+px", "pixels, such as 24px")
RADIUS = Form(r"(?:0|\d+px)(?: (?:0|\d+px)){0,3}", "pixels, such as 8px")
COLOUR = Form(r"#[0-9a-fA-F]{6}", "# and six hex digits, such as #2f2733")
BORDER = Form(r"none|\d+px (?:solid|dashed|dotted) #[0-9a-fA-F]{6}", "none, or a border such as 1px solid #e4d9cf")
FONTS = Form(r"[A-Za-z0-9 ,'-]+", "names of fonts with commas between them")
WEIGHT = Form(r"normal|bold|[1-9]00", "normal, bold, or a weight such as 700")
ALIGN = Form(r"left|center|right", "left, center or right")
TEXT_ALIGN = Form(r"left|center|right|justify", "left, center, right or justify")
VERTICAL = Form(r"top|middle|bottom", "top, middle or bottom")
DIRECTION = Form(r"ltr|rtl", "ltr or rtl")
LANGUAGE = Form(r"[a-z]{2,3}(?:-[A-Za-z0-9]+)*", "a language, such as en")
NAMES = Form(r"[A-Za-z][\w-]*(?: [A-Za-z][\w-]*)*", "names of classes with spaces between them")
ADDRESS = Form(
    rf"(?:(?:https?://|mailto:|tel:|#)[^\s\"<>]+|{_HELD})", "an address that begins with https:// (or mailto: or tel:)"
)
PICTURE = Form(rf"https?://[^\s\"<>]+|{_HELD}", "an address that begins with https://")
WORDS = Form(r"[^<]*", "text")
FULL_WIDTH = Form(r"full-width", "full-width")
YES = Form(r"true", "true")
STYLE = Form(r"solid|dashed|dotted", "solid, dashed or dotted")
FONT_STYLE = Form(r"normal|italic", "normal or italic")
DECORATION = Form(r"none|underline", "none or underline")
TRANSFORM = Form(r"none|capitalize", "none or capitalize (words in capitals are hard to read)")
SPACING = Form(r"normal|-?\d+(?:\.\d+)?(?:px|em)", "pixels or em, such as 1px")
TARGET = Form(r"_blank", "_blank")

_PADDING = {"padding": SIDES} | {f"padding-{side}": SIDE for side in ("top", "right", "bottom", "left")}
_IN_BODY = {"css-class": NAMES, "mj-class": NAMES}
_BOX = {"background-color": COLOUR, "border": BORDER, "border-radius": RADIUS} | {
    f"border-{side}": BORDER for side in ("top", "right", "bottom", "left")
}
_TYPE = {
    "color": COLOUR,
    "font-family": FONTS,
    "font-size": TYPE_SIZE,
    "font-style": FONT_STYLE,
    "font-weight": WEIGHT,
    "letter-spacing": SPACING,
    "line-height": HEIGHT,
    "text-decoration": DECORATION,
    "text-transform": TRANSFORM,
}
_SECTION = _BOX | _PADDING | _IN_BODY | {"direction": DIRECTION, "full-width": FULL_WIDTH, "text-align": ALIGN}
_CONTENT = _PADDING | _IN_BODY | {"container-background-color": COLOUR}
_LINK = {"href": ADDRESS, "target": TARGET, "title": WORDS}


@dataclass(frozen=True, slots=True)
class Component:
    """One component: the components that may stand in it, its attributes, and those of them that it needs.

    ``holds`` says what else may stand in it: nothing, text, or HTML.
    """

    children: frozenset[str] = frozenset()
    attributes: Mapping[str, Form] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    holds: str = "nothing"


def _of(*names: str) -> frozenset[str]:
    return frozenset(names)


_DRAWN = {
    "mj-wrapper": Component(_of("mj-section", "mj-raw"), _SECTION),
    "mj-section": Component(_of("mj-column", "mj-group", "mj-raw"), _SECTION),
    "mj-group": Component(
        _of("mj-column", "mj-raw"),
        _IN_BODY | {"background-color": COLOUR, "direction": DIRECTION, "vertical-align": VERTICAL, "width": LENGTH},
    ),
    "mj-column": Component(
        _of("mj-text", "mj-image", "mj-button", "mj-divider", "mj-spacer", "mj-raw"),
        _BOX | _PADDING | _IN_BODY | {"inner-background-color": COLOUR, "vertical-align": VERTICAL, "width": LENGTH},
    ),
    "mj-text": Component(attributes=_CONTENT | _TYPE | {"align": TEXT_ALIGN, "height": PX}, holds="HTML"),
    "mj-button": Component(
        attributes=_CONTENT
        | _TYPE
        | _LINK
        | {"align": ALIGN, "background-color": COLOUR, "border": BORDER, "border-radius": RADIUS, "height": PX}
        | {"inner-padding": SIDES, "text-align": ALIGN, "width": LENGTH},
        needs=("href",),
        holds="HTML",
    ),
    "mj-image": Component(
        attributes=_CONTENT
        | _LINK
        | {"align": ALIGN, "alt": WORDS, "border": BORDER, "border-radius": RADIUS, "fluid-on-mobile": YES}
        | {"height": PX, "src": PICTURE, "width": PX},
        needs=("src", "alt"),
    ),
    "mj-divider": Component(
        attributes=_CONTENT | {"align": ALIGN, "border-color": COLOUR, "border-style": STYLE, "border-width": PX, "width": LENGTH}
    ),
    "mj-spacer": Component(attributes=_CONTENT | {"height": PX}),
}

ANY_ATTRIBUTE: Mapping[str, Form] = {name: form for component in _DRAWN.values() for name, form in component.attributes.items()}

COMPONENTS: Mapping[str, Component] = {
    ROOT: Component(_of(HEAD, BODY), {"lang": LANGUAGE, "dir": DIRECTION}, needs=("lang", "dir")),
    HEAD: Component(_of("mj-title", "mj-preview", ATTRIBUTES, "mj-breakpoint", "mj-style", "mj-raw")),
    "mj-title": Component(holds="text"),
    "mj-preview": Component(holds="text"),
    ATTRIBUTES: Component(_of("mj-all", CLASS, *_DRAWN)),
    "mj-all": Component(attributes=ANY_ATTRIBUTE),
    CLASS: Component(attributes={**ANY_ATTRIBUTE, "name": NAMES}, needs=("name",)),
    "mj-breakpoint": Component(attributes={"width": PX}, needs=("width",)),
    "mj-style": Component(holds="text"),
    "mj-raw": Component(holds="HTML"),
    BODY: Component(
        _of("mj-section", "mj-wrapper", "mj-raw"),
        {"background-color": COLOUR, "css-class": NAMES, "width": PX},
        needs=("width",),
    ),
    **_DRAWN,
}

ONCE = {ROOT: (HEAD, BODY), HEAD: ("mj-title", "mj-preview")}
"""What has to stand exactly once in a component."""

_HIDDEN = "mail programs without it show everything at once or nothing at all"
_VML = "Outlook draws it with VML, which screen readers cannot read"

BANNED: Mapping[str, str] = {
    "mj-hero": f"{_VML}; use mj-section with a background-color, and mj-image",
    "mj-accordion": f"{_HIDDEN}; write the text out",
    "mj-accordion-element": f"{_HIDDEN}; write the text out",
    "mj-carousel": f"{_HIDDEN}; show one picture with mj-image",
    "mj-navbar": f"its menu button needs a trick that most mail programs drop, and {_HIDDEN}; write a list of links in mj-text",
    "mj-social": "its pictures come from a third party, who learns who reads us; write links in mj-text",
    "mj-social-element": "its pictures come from a third party, who learns who reads us; write links in mj-text",
    "mj-table": "it loses its role, so that screen readers cannot tell layout from data; write a table in mj-text",
    "mj-html-attributes": "this MJML does not know it; write the attribute where it belongs",
    "mj-include": "this MJML leaves it in the mail as it stands; use {% include %}",
    "mj-font": "it is fetched from a third party, who learns who reads us; name fonts that readers have, in theme.toml",
}

BANNED_ATTRIBUTES: Mapping[str, str] = {
    "background-url": f"{_VML}; use background-color, and mj-image",
    "background-size": f"{_VML}; use background-color, and mj-image",
    "background-repeat": f"{_VML}; use background-color, and mj-image",
    "background-position": f"{_VML}; use background-color, and mj-image",
    "inline": "this MJML does not inline styles; write them in the style attribute of the element, or in elements.toml",
    "position": "this MJML ignores it; what stands in mj-raw comes out where it stands",
    "type": "this MJML does not process it; use {% include %}",
    "sizes": "this MJML drops it; a mail needs one picture of one width",
    "srcset": "mail programs do not agree on it; a mail needs one picture of one width",
    "role": "this MJML drops it",
    "inner-border": "this MJML draws the column two pixels off; put the border on the column",
    "id": "this MJML drops it; use css-class",
    "font-size": "a mail's text has 16px or more",
    "style": "MJML's own components have attributes instead; styles belong to the HTML inside mj-text",
    "class": "MJML calls it css-class",
}
"""Why an attribute that somebody may well try is not one of the component's."""

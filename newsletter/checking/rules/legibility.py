"""Whether the letter can be read by tired eyes, in light and in dark, on a phone, and where the style sheet is thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from newsletter.checking.report import MAIL_LAYOUT, Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.style_sheet import Declaration, read_declarations, read_style_sheet
from newsletter.findings import Place, Severity
from newsletter.rendering.theme import LEAST_CONTRAST, contrast

LEAST_PIXELS = 16

THEME = Place("templates/theme.toml")


@rule("contrast-too-low", Severity.ERROR, Group.ACCESSIBILITY)
def text_stands_out(draft: Draft) -> Iterator[Remark]:
    """Let all text stand out from what is behind it by at least 4.5 to 1, in light and in dark (WCAG 1.4.3).

    Treatment dries and dims eyes, and letters are read in bed and in the sun. The theme's colors are looked at when it is
    read; this looks at what the templates made of them, in the finished mail, with and without its style sheet.

    Mend: Give the text a color of the theme that belongs on this ground, and a class that the dark rules of
    `templates/email/layout.mjml.j2` know.
    """
    said = set()
    for shown in draft.shown_text:
        pair = (shown.look.ink, shown.look.ground)
        if pair in said:
            continue
        said.add(pair)
        if contrast(*pair) < LEAST_CONTRAST:
            yield Remark(
                f"{_sample(shown.element.words)} is {pair[0]} on {pair[1]} ({shown.view.name}): "
                f"a contrast of {contrast(*pair):.1f}, less than {LEAST_CONTRAST}",
                THEME,
                f"Give {shown.element.start_tag} another color, or a class that the dark rules know.",
            )


@rule("text-too-small", Severity.WARNING, Group.ACCESSIBILITY)
def text_is_large_enough(draft: Draft) -> Iterator[Remark]:
    """Write nothing smaller than 16 pixels.

    Smaller text makes a phone zoom, and a reader give up. It is advice: no law says it, and a line of small print may have to
    be small.

    Mend: Take a size of `templates/theme.toml`, or none: text is as large as what it stands in.

    Wrong:
        <p style="font-size:12px">

    Right:
        <p style="font-size:{{ theme.sizes.small }}px">
    """
    said = set()
    for shown in draft.shown_text:
        size = shown.look.size
        if size < LEAST_PIXELS and size not in said:
            said.add(size)
            yield Remark(
                f"{_sample(shown.element.words)} is {size:g} pixels high ({shown.view.name})",
                MAIL_LAYOUT,
                f"Give {shown.element.start_tag} at least {LEAST_PIXELS}px.",
            )


@rule("reading-order-changed", Severity.WARNING, Group.ACCESSIBILITY)
def the_order_of_the_source_is_the_order_on_the_screen(draft: Draft) -> Iterator[Remark]:
    """Show things in the order in which they stand in the source (WCAG 1.3.2).

    A screen reader and the keyboard follow the source. Where `position`, `float`, `order` or a reversed row or column moves
    something, two people read two letters; and Outlook ignores most of them.

    Mend: Move it in the template to where it belongs.
    """
    found: dict[str, str] = {}
    for style, element in draft.mail_facts.styles.items():
        for what in _moving(style):
            found.setdefault(what, element.start_tag)
    for sheet in draft.mail_facts.named("style"):
        for styles in read_style_sheet(sheet.words).rules:
            for one in styles.declarations:
                if _moves(one):
                    found.setdefault(f"{one.name}: {one.value}", ", ".join(styles.selectors))
    for what, where in found.items():
        yield Remark(f"“{what}” of {where} takes text out of its order", MAIL_LAYOUT, "Change the order in the template.")


@lru_cache(maxsize=4096)
def _moving(style: str) -> tuple[str, ...]:
    return tuple(f"{one.name}: {one.value}" for one in read_declarations(style) if _moves(one))


def _moves(one: Declaration) -> bool:
    value = one.value.lower()
    return (
        (one.name == "position" and value != "static")
        or (one.name in {"float", "order"} and value not in {"none", "0"})
        or (one.name in {"flex-direction", "flex-flow"} and "reverse" in value)
    )


def _sample(words: str) -> str:
    text = " ".join(words.split())
    return f"“{text[:40]}{'…' if len(text) > 40 else ''}”"

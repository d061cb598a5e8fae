"""Pictures of numbers as SVG that everybody can read: pure, from rows to markup.

Text keeps its size at any width: bars are as wide as a part of the picture, and nothing is scaled. No meaning hangs on a color
alone, since every bar stands under its own words. A picture has a title and a description for those who do not see it, and
belongs above a table of the same numbers.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

LETTERS_A_LINE: Final = 36
"""What fits at 16 px into 300 px, the inside of a card on a phone."""

LINE, BAR, GAP, TEXT = 22, 18, 14, 16
"""Heights in pixels."""

CURVE = 180

CHART_CSS: Final = """
.chart { display: block; width: 100%; height: auto; overflow: visible; font-family: inherit; }
.chart text { fill: var(--ink); font-size: 16px; }
.chart .shown { font-weight: 600; }
.chart .bar { fill: var(--bar); stroke: var(--bar); stroke-width: 1px; }
.chart .quiet-bar { fill: var(--sheet); stroke: var(--bar); stroke-width: 2px; }
.chart .ground { fill: var(--line); }
.chart .range { stroke: var(--ink); stroke-width: 2px; }
.chart .area { fill: var(--bar); fill-opacity: .2; }
.chart .curve { fill: none; stroke: var(--bar); stroke-width: 3px; vector-effect: non-scaling-stroke; }
.chart .axis { stroke: var(--quiet); stroke-width: 1px; vector-effect: non-scaling-stroke; }
"""
"""For the page that holds the pictures; its variables are the theme's colors, and ``--bar``."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is of, how long it is, and the number as people write it.

    ``low`` and ``high`` draw the range of what was measured. A ``quiet`` bar, which another is compared with, is an outline.
    """

    label: str
    value: float
    shown: str
    low: float | None = None
    high: float | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A point of a curve: how far along (0 to 1), how high, and what both are in words."""

    along: float
    value: float
    when: str
    shown: str


def bar_chart(bars: Sequence[Bar], *, ident: str, title: str, description: str) -> str:
    """Draw bars one under the other, each under its label; ``ident`` names the picture in the page and is unique there."""
    longest = max((bar.high or bar.value for bar in bars), default=0) or 1
    parts: list[str] = []
    top = 0
    for bar in bars:
        lines = textwrap.wrap(bar.label, LETTERS_A_LINE - len(bar.shown) - 1) or [""]
        parts += [_text(0, top + TEXT + number * LINE, line) for number, line in enumerate(lines)]
        parts.append(_text_at_end(top + TEXT, bar.shown))
        top += len(lines) * LINE
        parts += _bar(bar, top, longest)
        top += BAR + GAP
    return _picture(parts, height=max(top - GAP, 1) + 2, ident=ident, title=title, description=description)


def curve_chart(points: Sequence[CurvePoint], *, ident: str, title: str, description: str) -> str:
    """Draw how a number grew: the words of the first and last point stand below, those of the highest value above."""
    highest = max((point.value for point in points), default=0) or 1
    corners = " ".join(f"{point.along * 1000:.1f},{100 - point.value / highest * 100:.2f}" for point in points)
    first, last = points[0], points[-1]
    top = max(points, key=lambda point: point.value)
    drawing = (
        f'<svg x="0" y="{LINE}" width="100%" height="{CURVE}" viewBox="0 0 1000 100" preserveAspectRatio="none">'
        f'<polygon class="area" points="{first.along * 1000:.1f},100 {corners} {last.along * 1000:.1f},100"/>'
        f'<polyline class="curve" points="{corners}"/><line class="axis" x1="0" y1="100" x2="1000" y2="100"/></svg>'
    )
    parts = [
        _text(0, TEXT, top.shown, shown=True),
        drawing,
        _text(0, LINE + CURVE + LINE, first.when),
        # On a line of its own: on a phone two moments do not stand side by side.
        _text_at_end(LINE + CURVE + 2 * LINE, last.when, shown=False),
    ]
    return _picture(parts, height=CURVE + 3 * LINE + 8, ident=ident, title=title, description=description)


def standalone(picture: str, *, light: Mapping[str, str], dark: Mapping[str, str], width: int = 640) -> str:
    """Make a file of a picture: with its own style, in both schemes, ``width`` pixels wide, on its own ground."""

    def variables(colours: Mapping[str, str]) -> str:
        known = {**colours, "bar": colours.get("bar", colours["link"])}
        return " ".join(f"--{name.replace('_', '-')}: {colour};" for name, colour in known.items())

    style = (
        f"<style>svg.chart {{ {variables(light)} background: var(--sheet); padding: 16px; }}"
        f" @media (prefers-color-scheme: dark) {{ svg.chart {{ {variables(dark)} }} }}"
        f"{CHART_CSS}.chart {{ width: {width}px; font-family: sans-serif; }}</style>"
    )
    head, _, rest = picture.partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg">{style}{rest}\n'


def _bar(bar: Bar, top: int, longest: float) -> Iterable[str]:
    part = min(max(bar.value / longest * 100, 0), 100)
    yield f'<rect class="ground" x="0" y="{top + BAR - 1}" width="100%" height="1"/>'
    if bar.value > 0:
        name = "quiet-bar" if bar.quiet else "bar"
        yield f'<rect class="{name}" x="1" y="{top + 1}" width="{part:.3f}%" height="{BAR - 3}"/>'
    if bar.low is not None and bar.high is not None:
        low, high, middle = bar.low / longest * 100, bar.high / longest * 100, top + BAR // 2
        yield f'<line class="range" x1="{low:.3f}%" y1="{middle}" x2="{high:.3f}%" y2="{middle}"/>'
        for end in (low, high):
            yield f'<line class="range" x1="{end:.3f}%" y1="{middle - 5}" x2="{end:.3f}%" y2="{middle + 5}"/>'


def _text(x: int, y: int, text: str, *, shown: bool = False) -> str:
    name = ' class="shown"' if shown else ""
    return f'<text{name} x="{x}" y="{y}">{escape(text)}</text>'


def _text_at_end(y: int, text: str, *, shown: bool = True) -> str:
    name = ' class="shown"' if shown else ""
    return f'<text{name} x="100%" y="{y}" text-anchor="end">{escape(text)}</text>'


def _picture(parts: Iterable[str], *, height: int, ident: str, title: str, description: str) -> str:
    named = f'<title id="{ident}-title">{escape(title)}</title><desc id="{ident}-desc">{escape(description)}</desc>'
    return (
        f'<svg class="chart" role="img" aria-labelledby="{ident}-title {ident}-desc" width="100%" height="{height}">'
        f"{named}{''.join(parts)}</svg>"
    )

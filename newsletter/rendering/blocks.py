"""Blocks → drawn by the template of their kind. A new kind of block needs no line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from jinja2 import Environment
from markdown_it.token import Token
from markupsafe import Markup

from newsletter.authoring.issue import Block, EarlierIssue, Image, Issue, LinkItem
from newsletter.rendering.design import draw
from newsletter.rendering.encounters import Encounters
from newsletter.rendering.event_card import event_card
from newsletter.rendering.moments_in_words import moment_in_words, month_in_words, zone_in_words
from newsletter.rendering.pictures import PictureShelf
from newsletter.rendering.trial_card import trial_card
from newsletter.rendering.trial_text import TrialText, read_trial_text
from newsletter.rendering.words import Words, day

NCT_FIELD = "nct_id"
"""A block with a field of this name gets the trial's card as ``trial``, and its body in three parts (trial_text)."""

REGISTRY_LANGUAGE = "en"

START_FIELD = "start"
"""A block with a moment of this name gets the event's card as ``event``, with its calendar file."""


class Prose(Protocol):
    """What renders an editor's Markdown for one medium; ``seen`` is what the reader has come across so far."""

    seen: Encounters

    def flow(self, tokens: Sequence[Token]) -> Markup:
        """Render block tokens."""
        ...

    def inline(self, tokens: Sequence[Token]) -> Markup:
        """Render the children of an inline token."""
        ...


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """One item of a block that is a list of links, ready to print."""

    url: str
    title: Markup
    body: Markup


@dataclass(frozen=True, slots=True)
class IssueLink:
    """Another issue of the newsletter: the month that it is named after, in words, and where it stands in the archive."""

    month: str
    url: str


@dataclass(frozen=True)
class Medium:
    """One of the three things an issue becomes: ``folder`` is email, text or web, ``ending`` that of its templates."""

    folder: str
    ending: str
    environment: Environment
    prose: Prose
    pictures: PictureShelf
    common: Mapping[str, object]
    """What every template may print: words, theme, letterhead, sponsors."""


def draw_block(block: Block, issue: Issue, words: Words, medium: Medium) -> Markup:
    """Draw a block.

    Its template sees ``block`` (its fields, ready to print), ``body``, or ``items`` where that is a list of links, and what the
    medium has in common.
    """
    fields = {name: _ready(value, medium.pictures, words) for name, value in block.fields.items()}
    values: dict[str, object] = {**medium.common, "block": fields}
    if NCT_FIELD in fields:
        values |= _draw_trial(block, issue, words, medium)
    else:
        items = [_draw_item(item, medium) for item in block.items]
        values |= {"body": Markup() if items else medium.prose.flow(block.body), "items": items}
    if isinstance(block.fields.get(START_FIELD), datetime):
        values["event"] = event_card(block.fields, issue=issue.name, shelf=medium.pictures, words=words)
    return draw(medium.environment, f"{medium.folder}/blocks/{block.kind}{medium.ending}", values)


def _draw_trial(block: Block, issue: Issue, words: Words, medium: Medium) -> dict[str, object]:
    """Give what the template of a trial sees: ``trial``, ``body``, ``points``, ``involves``, and the ``anchor`` of its card.

    A card of a closed study has one text: nobody may join it. A number that an issue shows twice has one anchor.
    """
    nct_id = str(block.fields[NCT_FIELD])
    anchor = f"trial_{nct_id}"
    card = trial_card(
        nct_id,
        title=str(block.fields.get("title") or ""),
        declared_status=str(block.fields.get("status", "")),
        record=issue.lock.trials.get(nct_id),
        words=words,
        foreign=issue.language != REGISTRY_LANGUAGE,
        all_places=f"{medium.pictures.base_url}/issues/{issue.name}/{issue.language}/#{anchor}",
    )
    text = TrialText(block.body) if card.kind == "closed" else read_trial_text(block.body)
    first = next((other for other in issue.blocks if other.fields.get(NCT_FIELD) == nct_id), block)
    return {
        "trial": card,
        "body": medium.prose.flow(text.about),
        "points": medium.prose.flow(text.points),
        "involves": medium.prose.flow(text.involves),
        "items": [],
        "anchor": anchor if first is block else "",
    }


def _ready(value: object, pictures: PictureShelf, words: Words) -> object:
    if isinstance(value, Image):
        return pictures.show(value)
    if isinstance(value, datetime):
        return moment_in_words(value, words)
    if isinstance(value, date):
        return day(value.isoformat(), words)
    if isinstance(value, ZoneInfo):
        return zone_in_words(value, words)
    if isinstance(value, EarlierIssue):
        year, month = (int(part) for part in value.name.split("-")[:2])
        return IssueLink(month_in_words(year, month, words), f"{pictures.base_url}/issues/{value.name}/")
    return value


def _draw_item(item: LinkItem, medium: Medium) -> DrawnItem:
    return DrawnItem(item.url, medium.prose.inline(item.title), medium.prose.flow(item.body))

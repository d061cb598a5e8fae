"""What the archive says above the page of an old issue: which of its trials the registry no longer shows as the card does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.publishing.cadence import time_zone
from newsletter.publishing.candidates import frozen_lock, trials_of
from newsletter.publishing.models import Candidate, Slot, SlotState, TrialStanding
from newsletter.publishing.trial_standings import disappoints, standings_of
from newsletter.subscribers.installation import config, page_design
from newsletter.subscribers.web.page_design import Words

_REGISTRY_LANGUAGE: Final = "en"

_WORDS: Final = "archive_trials"


@dataclass(frozen=True, slots=True)
class ShownCard:
    """Where a trial stands on a stored page: its title as readers know it, and the section it is in, if they can be told."""

    title: str
    language: str
    anchor: str = ""
    heading: str = ""
    heading_language: str = ""


def trial_notices(name: str, language: str, web: str) -> str:
    """Give, as HTML, what stands above the page ``web`` of a released issue; "" where every card is as true as it was."""
    slot = Slot.objects.filter(issue=name, state=SlotState.RELEASED).select_related("candidate").first()
    if slot is None or slot.candidate is None or not slot.candidate.cards:
        return ""
    closed = closed_trials(slot.candidate, slot.at, standings_of(slot.candidate.cards))
    if not closed:
        return ""
    words = page_design().words_for(language, "")
    tree = LexborHTMLParser(web)
    lines = format_html_join(
        "\n", "{}", ((_line(standing, _card_on(tree, standing.nct_id, slot.candidate), words),) for standing in closed)
    )
    say = words.sections[_WORDS]
    letter = config().newsletter
    return format_html(
        '<aside class="box important" lang="{}" aria-label="{}">\n<p><strong>{}</strong></p>\n<ul>\n{}\n</ul>\n'
        '<p>{}</p>\n<p>{} <a class="unbroken" href="tel:{}">{}</a></p>\n</aside>\n',
        words.language,
        say["heading"],
        say["heading"],
        lines,
        say["ask"],
        say["helpline"],
        letter.helpline_tel,
        letter.helpline,
    )


def closed_trials(candidate: Candidate, released_at: datetime, known: Mapping[str, TrialStanding]) -> list[TrialStanding]:
    """Give what the registry says of the trials that readers were shown as open and cannot join now.

    Only what it said since the issue went out counts: before that the gate had the last word.
    """
    return [
        known[nct_id]
        for nct_id, card in trials_of(candidate).items()
        if nct_id in known and _since_release(known[nct_id], released_at) and disappoints(known[nct_id], card_status=card)
    ]


def notices_changed(candidate: Candidate, released_at: datetime, known: Mapping[str, TrialStanding]) -> list[datetime]:
    """Give when what stands above the page became something else: trials that closed, and those that opened again."""
    closed = {standing.nct_id for standing in closed_trials(candidate, released_at, known)}
    shown = [known[nct_id] for nct_id in trials_of(candidate) if nct_id in known]
    return [
        standing.since
        for standing in shown
        if standing.since and _since_release(standing, released_at) and (standing.closed_since or standing.nct_id in closed)
    ]


def _since_release(standing: TrialStanding, released_at: datetime) -> bool:
    return standing.answered_at is not None and standing.answered_at >= released_at


def _line(standing: TrialStanding, card: ShownCard, words: Words) -> SafeString:
    since = standing.since or standing.answered_at
    assert since is not None
    key = standing.status.lower()
    said = words.say(
        _WORDS,
        key if key in words.sections[_WORDS] else "closed",
        day=words.day(since.astimezone(time_zone(config().cadence)).date()),
    )
    where = format_html(
        '<br>{} <a href="#{}" lang="{}">{}</a>',
        words.sections[_WORDS]["where"],
        card.anchor,
        card.heading_language,
        card.heading,
    )
    return format_html(
        '<li>{} {}, <span lang="{}">{}</span>{}</li>',
        said,
        standing.nct_id,
        card.language,
        card.title,
        where if card.anchor else "",
    )


def _card_on(tree: LexborHTMLParser, nct_id: str, candidate: Candidate) -> ShownCard:
    """Find a trial on a stored page, however its design draws cards; where its title is not plain, the registry's is."""
    for section in tree.css("section"):
        if nct_id not in section.text():
            continue
        anchor, heading = section.attributes.get("aria-labelledby") or "", section.css_first("h2")
        where = (anchor, _text(heading), _language_of(heading)) if anchor and heading else ("", "", "")
        cards = [node.parent for node in section.css("h3") if node.parent and nct_id in node.parent.text()]
        card = min(cards, key=lambda node: len(node.text()), default=None)
        titles = card.css("h3") if card else []
        if len(titles) == 1:
            return ShownCard(_text(titles[0]), _language_of(titles[0]), *where)
        return ShownCard(_registry_title(nct_id, candidate), _REGISTRY_LANGUAGE, *where)
    return ShownCard(_registry_title(nct_id, candidate), _REGISTRY_LANGUAGE)


def _registry_title(nct_id: str, candidate: Candidate) -> str:
    try:
        trial = frozen_lock(candidate).trials.get(nct_id)
    except ValueError:
        trial = None
    return trial.brief_title if trial else nct_id


def _text(node: LexborNode) -> str:
    return " ".join(node.text().split())


def _language_of(node: LexborNode) -> str:
    while (parent := node.parent) and not node.attributes.get("lang"):
        node = parent
    return node.attributes.get("lang") or ""

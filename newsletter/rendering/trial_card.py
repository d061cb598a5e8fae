"""What a card says of a clinical trial, in a reader's words. It never says that anything works: that is what a trial asks.

A card is of one of four kinds, and never promises more than its editors and the registry both do:

* ``open``: the study takes people now; ``not_yet``: it is announced;
* ``expanded``: expanded access, which is outside a trial, and which a doctor has to ask for;
* ``closed``: nobody can join; such a card names nobody to call and no place to go.

What it says by itself stands under ``[trial]`` in ``templates/words``.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.authoring.trial import Trial
from newsletter.rendering.trial_facts import CardLine, CardWords, TrialFact, facts_of
from newsletter.rendering.trial_places import MOST_UNFOLDED, ON_ONE_SHEET
from newsletter.rendering.words import Words, day

INVENTED = "NCT0999"
"""Ids of this beginning belong to invented trials; the registry is far from them."""

DECLARED_STATUS = {
    "open": "RECRUITING",
    "not_yet": "NOT_YET_RECRUITING",
    "expanded": "AVAILABLE",
    "closed": "ACTIVE_NOT_RECRUITING",
}
"""The registry's word for what an editor wrote, for a trial whose record is not locked."""

_KINDS = {
    ("open", "RECRUITING"): "open",
    ("open", "NOT_YET_RECRUITING"): "not_yet",
    ("open", "AVAILABLE"): "expanded",
    ("not_yet", "RECRUITING"): "not_yet",
    ("not_yet", "NOT_YET_RECRUITING"): "not_yet",
    ("expanded", "AVAILABLE"): "expanded",
}
"""The kind of a card by what its editors and the registry say: the less hopeful of the two. All others are closed."""

_EXPANDED_ACCESS = frozenset({"AVAILABLE", "TEMPORARILY_NOT_AVAILABLE", "NO_LONGER_AVAILABLE", "APPROVED_FOR_MARKETING"})
_TAKES_PEOPLE = frozenset({"RECRUITING", "NOT_YET_RECRUITING", "AVAILABLE"})

REGISTRY_PAGE = "https://clinicaltrials.gov/study/"


@dataclass(frozen=True, slots=True)
class TrialCard:
    """A card, every value ready to print. ``url`` is empty for an invented trial: there is no page of it.

    ``foreign`` says that the letter is not in English, the registry's language; ``title_note``, that the title is in it all the
    same. ``who`` is for cards whose editors gave no points; on a closed card it and ``other_rules`` are empty. ``unfolded``: the
    places are few enough to be shown at once; ``long``: they are too many for one sheet of paper.
    """

    kind: str
    foreign: bool
    label: str
    title: CardLine
    title_note: str
    invented: bool
    status: str
    intro: str
    who_label: str
    who: str
    other_rules: str
    facts: tuple[TrialFact, ...]
    unfolded: bool
    long: bool
    questions: tuple[str, ...]
    source: str
    caution: str
    url: str


def trial_card(
    nct_id: str,
    *,
    title: str,
    declared_status: str,
    record: Trial | None,
    words: Words,
    foreign: bool = False,
    all_places: str = "",
) -> TrialCard:
    """Write the card of a trial from the editors' title and status and the registry's record, which may be missing.

    ``foreign`` says that the letter is not in English, the language of the registry; ``all_places`` is the address of the same
    card on the web page.
    """
    registry_status = record.status if record else DECLARED_STATUS.get(declared_status, "UNKNOWN")
    card = CardWords(_KINDS.get((declared_status, registry_status), "closed"), words, foreign=foreign)
    invented = nct_id.startswith(INVENTED)
    registry_title = record.brief_title if record and not title else ""
    sites = len(record.sites) if record else 0
    may_join = card.kind != "closed"
    return TrialCard(
        kind=card.kind,
        foreign=foreign,
        label=card.trial["label_expanded"] if registry_status in _EXPANDED_ACCESS else card.say("label"),
        title=CardLine(
            title or registry_title or card.say("untitled").format(nct_id=nct_id), foreign=foreign and bool(registry_title)
        ),
        title_note=card.say("registry_title") if foreign and registry_title else "",
        invented=invented,
        status=_status(record, card),
        intro=card.say("intro"),
        who_label=card.say("who_label"),
        who=_who(record, card.trial) if record and may_join else "",
        other_rules=card.say("other_rules") if may_join else "",
        facts=tuple(facts_of(record, card, all_places=all_places)),
        unfolded=sites <= MOST_UNFOLDED,
        long=sites > ON_ONE_SHEET,
        questions=card.questions(),
        source=_source(nct_id, record, card),
        caution=card.say("source_invented" if invented else "caution"),
        url="" if invented else REGISTRY_PAGE + nct_id,
    )


def _status(record: Trial | None, card: CardWords) -> str:
    """Say whether people can join; why not, where the registry says so."""
    said = card.trial["status"]
    if card.kind != "closed":
        status: str = said[DECLARED_STATUS[card.kind]]
    elif record is None or record.status in _TAKES_PEOPLE:
        status = card.trial["closed"]
    else:
        status = said.get(record.status, said["UNKNOWN"])
    return status


def _source(nct_id: str, record: Trial | None, card: CardWords) -> str:
    """Say whose facts these are and when they were looked up."""
    number = card.say("source_alias").format(nct_id=nct_id, now=record.alias_of) if record and record.alias_of else nct_id
    if record and record.checked_on:
        return card.say("source_checked").format(nct_id=number, date=day(record.checked_on, card.words))
    return card.say("source").format(nct_id=number)


def _who(record: Trial, said: Words) -> str:
    low, high = _age(record.minimum_age, said), _age(record.maximum_age, said)
    if low and high:
        ages = said["age_between"].format(low=low, high=high)
    elif low:
        ages = said["age_from"].format(age=low)
    elif high:
        ages = said["age_to"].format(age=high)
    else:
        ages = said["age_any"]
    who: str = said["who"].format(people=said["people"].get(record.sex, said["people"]["ALL"]), ages=ages)
    return who


def _age(age: str, said: Words) -> str:
    count, _, unit = age.partition(" ")
    if not count.isdecimal() or unit not in said["unit"]:
        return ""
    given: str = said["unit"][unit].format(count=count)
    return given

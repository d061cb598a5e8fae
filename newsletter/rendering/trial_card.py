"""What a card says of a clinical trial, in a reader's words. It never says that anything works: that is what a trial asks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.authoring.trial import Trial
from newsletter.rendering.words import Words, day

INVENTED = "NCT0999"
"""Ids of this beginning belong to invented trials; the registry is far from them."""

DECLARED_STATUS = {"open": "RECRUITING", "not_yet": "NOT_YET_RECRUITING", "closed": "ACTIVE_NOT_RECRUITING"}
"""The registry's word for what an editor wrote, for a trial whose record is not locked."""

REGISTRY_PAGE = "https://clinicaltrials.gov/study/"


@dataclass(frozen=True, slots=True)
class TrialFact:
    """One line of a card; ``link`` is empty where there is nothing to open or to call."""

    label: str
    value: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class TrialCard:
    """A card, every value ready to print. ``url`` is empty for an invented trial: there is no page of it."""

    title: str
    invented: bool
    open: bool
    facts: tuple[TrialFact, ...]
    source: str
    url: str


def trial_card(nct_id: str, *, title: str, declared_status: str, record: Trial | None, words: Words) -> TrialCard:
    """Write the card of a trial from the editor's title and status and the registry's record, which may be missing."""
    said = words["trial"]
    invented = nct_id.startswith(INVENTED)
    status = record.status if record else DECLARED_STATUS.get(declared_status, "UNKNOWN")
    facts = [TrialFact(said["status_label"], said["status"].get(status, said["status"]["UNKNOWN"]))]
    source = said["source"].format(nct_id=nct_id)
    if record:
        facts += _facts(record, said)
        if record.last_update:
            source = said["source_updated"].format(nct_id=nct_id, date=day(record.last_update, words))
    return TrialCard(
        title=title or (record.brief_title if record else "") or said["untitled"].format(nct_id=nct_id),
        invented=invented,
        open=status == "RECRUITING",
        facts=tuple(facts),
        source=said["source_invented"].format(nct_id=nct_id) if invented else source,
        url="" if invented else REGISTRY_PAGE + nct_id,
    )


def phone_link(phone: str) -> str:
    """Give the tel: link of a number as people write it, without its extension; empty when it holds no number."""
    number = re.split(r"(?i)\s*(?:ext|x|#)", phone, maxsplit=1)[0]
    digits = re.sub(r"\D", "", number)
    if not 7 <= len(digits) <= 15:
        return ""
    return f"tel:{'+' if number.lstrip().startswith('+') else ''}{digits}"


def _facts(record: Trial, said: Words) -> list[TrialFact]:
    facts = []
    if record.phases:
        facts.append(TrialFact(said["phase_label"], "; ".join(said["phase"].get(phase, phase) for phase in record.phases)))
    facts += [
        TrialFact(said["who_label"], f"{_who(record, said)} {said['other_rules']}"),
        TrialFact(said["where_label"], _where(record, said)),
    ]
    if record.lead_sponsor:
        facts.append(TrialFact(said["sponsor_label"], record.lead_sponsor))
    if phone := next((contact.phone for contact in record.contacts if contact.phone), ""):
        facts.append(TrialFact(said["phone_label"], phone, phone_link(phone)))
    return facts


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


def _where(record: Trial, said: Words) -> str:
    count = len(record.sites)
    countries = _enumerated([said["country"].get(country, country) for country in record.countries], said["and"])
    if not count:
        where: str = said["no_site"]
    elif countries:
        where = said["one_site" if count == 1 else "sites"].format(count=count, countries=countries)
    else:
        where = said["site_somewhere" if count == 1 else "sites_somewhere"].format(count=count)
    return where


def _enumerated(names: Sequence[str], conjunction: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {conjunction} {names[-1]}"

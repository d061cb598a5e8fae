"""What differs between two trial locks, in words for editors, and how a lock is made anew from the registry's answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from newsletter.authoring.lock import TrialLock, hash_trial
from newsletter.authoring.trial import Trial, TrialContact, TrialSite
from newsletter.checking.trials import STATUS_LABELS, TrialAnswer

MOST_SITES_NAMED: Final = 8
"""Sites that came, or went, named one by one; some trials have more than a thousand (NCT04267848: 1,148)."""


def renew_lock(lock: TrialLock, answers: Sequence[TrialAnswer], *, date_anew: bool = False) -> TrialLock:
    """Make the lock anew from what the registry answered; only trials that were asked about stay in it.

    A trial that could not be checked, or of which the registry said nothing new, keeps its entry as it is, so that a refresh that
    finds nothing new leaves the file byte-identical; with ``date_anew`` those that were answered get the day of the answer. A
    trial that the registry does not have loses its entry.
    """
    trials = {answer.nct_id: _entry(lock.trials.get(answer.nct_id), answer, date_anew=date_anew) for answer in answers}
    return TrialLock(MappingProxyType({nct_id: trial for nct_id, trial in trials.items() if trial is not None}))


def renew_entry(lock: TrialLock, answer: TrialAnswer) -> TrialLock:
    """Make the entry of one trial anew and leave the others; one that was not found keeps what it has."""
    if answer.found is None:
        return lock
    return TrialLock(MappingProxyType({**lock.trials, answer.nct_id: answer.found}))


def without_trial(lock: TrialLock, nct_id: str) -> TrialLock:
    """Give the lock without a trial."""
    return TrialLock(MappingProxyType({key: trial for key, trial in lock.trials.items() if key != nct_id}))


def _entry(old: Trial | None, answer: TrialAnswer, *, date_anew: bool) -> Trial | None:
    if answer.problem:
        return old
    nothing_new = old is not None and answer.found is not None and _in_order(old) == _in_order(answer.found)
    return old if nothing_new and not date_anew else answer.found


def _in_order(trial: Trial) -> str:
    """Say by a hash what the registry said, whichever order it gives the sites in."""
    return hash_trial(replace(trial, sites=tuple(sorted(trial.sites, key=repr))))


def describe_changes(old: TrialLock, new: TrialLock) -> list[str]:
    """Say in words what differs between two locks, trial by trial; nothing when only the date of the data is another."""
    lines = []
    for nct_id in sorted({*old.trials, *new.trials}):
        before, after = old.trials.get(nct_id), new.trials.get(nct_id)
        if after is None:
            lines.append(f"{nct_id} is no longer in the lock.")
        elif before is None:
            lines.append(f"{nct_id} is new: {label(after.status)}.")
        else:
            lines += [f"{nct_id}: {change}" for change in changes_of(before, after)]
    return lines


def changes_of(before: Trial, after: Trial) -> list[str]:
    """Say what the registry says otherwise of one trial, a sentence for each fact, what decides over it first."""
    changes = [f"{words} was {_said(before, name)}, is now {_said(after, name)}." for name, words in _changed(before, after)]
    return [*changes, *_site_changes(before, after), *_contact_changes(before, after)]


def label(status: str) -> str:
    """Give the registry's own label of a status."""
    return STATUS_LABELS.get(status, status)


_FIELD_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "status": "the status",
        "why_stopped": "the reason for stopping",
        "brief_title": "the title",
        "study_type": "the kind of study",
        "phases": "the phase",
        "sex": "who may join",
        "minimum_age": "the lowest age",
        "maximum_age": "the highest age",
        "lead_sponsor": "the sponsor",
        "sponsor_class": "the kind of sponsor",
        "collaborators": "who helps to pay",
        "expanded_access": "the number of its expanded access",
        "verified": "when its sponsor last verified it",
        "last_update": "the record's last update",
        "alias_of": "the registry's own number for it",
    }
)
"""Every field of a locked trial but its number, its sites, its contacts and when it was asked about."""


def _changed(before: Trial, after: Trial) -> list[tuple[str, str]]:
    return [(name, words) for name, words in _FIELD_WORDS.items() if getattr(before, name) != getattr(after, name)]


def _said(trial: Trial, name: str) -> str:
    value = getattr(trial, name)
    if name == "status":
        return f'"{label(trial.status)}"'
    if isinstance(value, tuple):
        return ", ".join(value) or "not given"
    return "not given" if value == "" else str(value)


def _site_changes(before: Trial, after: Trial) -> Iterator[str]:
    """Name the sites that came and went, unless all of them went at once."""
    old, new = Counter(before.sites), Counter(after.sites)
    gone, come = list((old - new).elements()), list((new - old).elements())
    if gone and not after.sites:
        yield f"none of its {len(gone)} sites takes people any longer." if len(gone) > 1 else _gone(gone[0])
        return
    yield from _some([f"a new site: {site_in_words(site)}." for site in come], "new sites")
    yield from _some([_gone(site) for site in gone], "sites that no longer take people")


def _gone(site: TrialSite) -> str:
    return f"no longer takes people: {site_in_words(site)}."


def _some(lines: Sequence[str], what: str) -> list[str]:
    """Give the first lines, and how many more there are."""
    if len(lines) <= MOST_SITES_NAMED:
        return list(lines)
    return [*lines[:MOST_SITES_NAMED], f"and {len(lines) - MOST_SITES_NAMED} more {what}."]


def site_in_words(site: TrialSite) -> str:
    """Say where a site is: city, state, the country where there is no state, and the house."""
    place = ", ".join(part for part in (site.city, site.state or site.country) if part) or "a place that is not named"
    return f"{place} ({site.facility})" if site.facility else place


def _contact_changes(before: Trial, after: Trial) -> Iterator[str]:
    """Say of each contact by name what is new; one alone is taken for the same whatever its name is."""
    if len(before.contacts) == len(after.contacts) == 1:
        yield from _one_contact("the contact's", before.contacts[0], after.contacts[0])
        return
    old, new = _by_name(before.contacts), _by_name(after.contacts)
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield f"no longer a contact: {_contact(old[name])}."
        elif name not in old:
            yield f"a new contact: {_contact(new[name])}."
        else:
            yield from _one_contact(f"{old[name].name}'s", old[name], new[name])
    if before.contacts != after.contacts and old == new:
        yield "the contacts stand in another order."


def _by_name(contacts: Sequence[TrialContact]) -> dict[str, TrialContact]:
    """Give contacts by name; those that share one, or have none, by all that is known of them."""
    names = Counter(contact.name for contact in contacts)
    return {contact.name if contact.name and names[contact.name] == 1 else repr(contact): contact for contact in contacts}


def _one_contact(whose: str, before: TrialContact, after: TrialContact) -> Iterator[str]:
    for name, words in (("name", "name"), ("phone", "phone"), ("phone_ext", "phone extension"), ("email", "e-mail address")):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield f"{whose} {words} was {was or 'not given'}, is now {now or 'not given'}."


def _contact(contact: TrialContact) -> str:
    reached = [part for part in (contact.phone, contact.phone_ext and f"ext. {contact.phone_ext}", contact.email) if part]
    return ", ".join([contact.name or "somebody without a name", *reached])
